"""EcoIndex of the house's pages, read in a real browser with an empty cache. `./maison bench ecoindex` writes nothing: see docs/benchmarks.md.

Formula of the GreenIT collective: the rank of nodes, requests and kilobytes among public quantiles, weighted 3, 2 and 1.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from benches._measures import measure
from maison.cli.throwaway import OpenHouse, open_house

NODES = [0, 47, 75, 159, 233, 298, 358, 417, 476, 537, 603, 674, 753, 843, 949, 1076, 1237, 1459, 1801, 2479, 594601]
REQUESTS = [0, 2, 15, 25, 34, 42, 49, 56, 63, 70, 78, 86, 95, 105, 117, 130, 147, 170, 205, 281, 3920]
KILOBYTES = [0, 1.37, 144.7, 319.53, 479.46, 631.97, 783.38, 937.91, 1098.62, 1265.47, 1448.32, 1648.27, 1876.08, 2142.06, 2465.37, 2866.31, 3401.59, 4155.73, 5400.08, 8037.54, 223212.26]  # fmt: skip

BOARD = "/urgences/tableau/"
PAGES = [
    ("", "Accueil public", "/"),
    ("", "Connexion", "/connexion/"),
    ("", "La maison, étage par étage", "/maison/"),
    ("", "Style", "/ui/"),
    ("Léonie Romarin", "Accueil d'une infirmière", "/"),
    ("Léonie Romarin", "Choix du tableau", BOARD),
    ("Amina Tramontane", "Dossiers de régulation", "/urgences/regulation/"),
    ("Amina Tramontane", "Ouvrir un dossier", "/urgences/regulation/nouveau/"),
    ("Maëlle Boussole", "Journal des échanges", "/echanges/"),
    ("Maëlle Boussole", "Supervision", "/supervision/"),
]


@dataclass(frozen=True, slots=True)
class PageWeight:
    name: str
    nodes: int
    requests: int
    kilobytes: float

    @property
    def index(self) -> float:
        """0 to 100; above 80 the grade is A."""
        rank = 3 * _rank(NODES, self.nodes) + 2 * _rank(REQUESTS, self.requests) + _rank(KILOBYTES, self.kilobytes)
        return 100 - 5 * rank / 6


def _rank(quantiles: list[float] | list[int], value: float) -> float:
    for index in range(1, len(quantiles)):
        if value < quantiles[index]:
            return index - 1 + (value - quantiles[index - 1]) / (quantiles[index] - quantiles[index - 1])
    return len(quantiles) - 1


def pages_of(house: OpenHouse) -> Iterator[PageWeight]:
    from playwright.sync_api import sync_playwright

    from tests.browsers import ARGUMENTS
    from tests.journeys.signing_in import sign_in

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for who, name, path in PAGES:
            context = browser.new_context(locale="fr-FR")
            if who:
                sign_in(context.new_page(), house.url, who)
            page = context.new_page()
            client = context.new_cdp_session(page)
            client.send("Network.enable")
            client.send("Network.setCacheDisabled", {"cacheDisabled": True})
            sizes: list[float] = []
            client.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.goto(house.url + path)
            page.wait_for_load_state("load")
            page.wait_for_timeout(700)
            nodes = page.evaluate("document.querySelectorAll('*').length")
            yield PageWeight(name, nodes, len(sizes), sum(sizes) / 1024)
            context.close()
        browser.close()


def run(*, quick: bool) -> list[dict[str, object]]:
    del quick
    with open_house() as house:
        return [
            measure(
                f"{page.name}: {page.nodes} nodes, {page.requests} requests, {page.kilobytes:.0f} kB",
                page.index,
                "points",
                aim="> 80 (A)",
                holds=page.index > 80,
            )
            for page in pages_of(house)
        ]
