"""EcoIndex of the house's pages, read in a real browser with an empty cache. `./maison bench ecoindex` writes nothing: see docs/benchmarks.md.

Formula of the GreenIT collective: the rank of nodes, requests and kilobytes among public quantiles, weighted 3, 2 and 1.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benches._lived_in import live
from benches._measures import measure, use_django
from maison.cli.throwaway import OpenHouse, open_house

NODES = [0, 47, 75, 159, 233, 298, 358, 417, 476, 537, 603, 674, 753, 843, 949, 1076, 1237, 1459, 1801, 2479, 594601]
REQUESTS = [0, 2, 15, 25, 34, 42, 49, 56, 63, 70, 78, 86, 95, 105, 117, 130, 147, 170, 205, 281, 3920]
KILOBYTES = [0, 1.37, 144.7, 319.53, 479.46, 631.97, 783.38, 937.91, 1098.62, 1265.47, 1448.32, 1648.27, 1876.08, 2142.06, 2465.37, 2866.31, 3401.59, 4155.73, 5400.08, 8037.54, 223212.26]  # fmt: skip

NURSE, REGULATOR, INTEGRATOR = "Léonie Romarin", "Amina Tramontane", "Maëlle Boussole"
ADMINISTRATOR, LOCAL = "Célestin Micocoulier", "Sidonie Millet"
BED_MANAGER, PRODUCT_OWNER = "Suzon Olivier", "Joséphine Gouvernail"
STEWARD, REGION = "Clarisse Sureau", "Ysaline Repère"
PAGES = [
    ("", "Accueil public", "/"),
    ("", "Connexion", "/connexion/"),
    ("", "Connexion locale", "/connexion/locale/"),
    ("", "La maison, étage par étage", "/maison/"),
    ("", "Recherche d'un service", "/recherche/"),
    ("", "Un service, vu du public", "/services/tableau-urgences/"),
    ("", "Mentions légales", "/mentions/"),
    ("", "Accessibilité", "/ui/accessibilite/"),
    ("", "Style", "/ui/"),
    (NURSE, "Accueil d'une infirmière", "/"),
    (NURSE, "Recherche d'un service, résultats", "/recherche/?q=urgences"),
    (NURSE, "Choix de la situation", "/connexion/situation/"),
    (NURSE, "Choix du tableau", "/urgences/tableau/"),
    (NURSE, "Tableau de vingt lignes", "/urgences/tableau/{wall}/"),
    (NURSE, "Mode mur, douze lignes", "/urgences/tableau/{wall}/mur/"),
    (NURSE, "Fiche d'une arrivée", "/urgences/arrivees/{arrival}/"),
    (NURSE, "Notifications", "/notifications/"),
    (NURSE, "Demandes d'accès", "/demandes/"),
    (NURSE, "Une demande d'accès", "/demandes/{request}/"),
    (NURSE, "Niveau de crise", "/supervision/crise/"),
    (REGULATOR, "Dossiers de régulation", "/urgences/regulation/"),
    (REGULATOR, "Fiche d'un dossier", "/urgences/regulation/{case}/"),
    (REGULATOR, "Ouvrir un dossier", "/urgences/regulation/nouveau/"),
    (ADMINISTRATOR, "Accueil d'un administrateur de structure", "/"),
    (ADMINISTRATOR, "Demandes à décider", "/demandes/"),
    (ADMINISTRATOR, "Comptes locaux", "/connexion/comptes/"),
    (ADMINISTRATOR, "Plans blancs", "/referentiels/lits/plans-blancs/"),
    (REGULATOR, "Lits de réanimation", "/referentiels/lits/?lits=reanimation"),
    (BED_MANAGER, "Offres", "/referentiels/offres/"),
    (BED_MANAGER, "Décrire une offre", "/referentiels/offres/decrire/"),
    (INTEGRATOR, "Journal des échanges", "/echanges/"),
    (INTEGRATOR, "Un échange", "/echanges/{exchange}/"),
    (INTEGRATOR, "Logiciels raccordés", "/echanges/logiciels/"),
    (INTEGRATOR, "Déclarer un émetteur HL7v2", "/echanges/logiciels/hl7v2/emetteurs/nouveau/"),
    (INTEGRATOR, "Déclarer une cible HL7v2", "/echanges/logiciels/hl7v2/cibles/nouvelle/"),
    (INTEGRATOR, "Supervision", "/supervision/"),
    (INTEGRATOR, "Alertes", "/supervision/alertes/"),
    (INTEGRATOR, "Messages d'un patient", "/echanges/patient/"),
    (INTEGRATOR, "Canaux d'échange", "/echanges/canaux/"),
    (INTEGRATOR, "Créer un canal", "/echanges/canaux/nouveau/"),
    (INTEGRATOR, "Carte des flux", "/echanges/flux/"),
    (INTEGRATOR, "Tables de correspondance", "/echanges/canaux/tables/"),
    (INTEGRATOR, "Abonnements FHIR", "/echanges/abonnements/"),
    (INTEGRATOR, "Courriers", "/courriers/"),
    (INTEGRATOR, "Banc de conformité", "/echanges/conformite/"),
    (BED_MANAGER, "Patients présents par unité", "/sejours/"),
    (BED_MANAGER, "Patients d'une unité", "/sejours/unites/{unit}/"),
    (BED_MANAGER, "Une venue", "/sejours/{stay}/"),
    (NURSE, "Recherche d'un patient", "/identites/"),
    (STEWARD, "Identités à traiter", "/identites/a-traiter/"),
    (REGION, "Domaines d'identification", "/identites/domaines/"),
    (PRODUCT_OWNER, "Catalogue des services", "/catalogue/"),
    (PRODUCT_OWNER, "Ajouter un service", "/catalogue/ajouter/"),
    (LOCAL, "Sécurité de mon compte", "/connexion/compte/"),
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
    """`house` is open and this process uses its base. Everyone comes in first, then the day passes, then pages are weighed."""
    from playwright.sync_api import sync_playwright

    from tests.browsers import ARGUMENTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        people = {who: signed_in(browser, house.url, who) for who in {who for who, _, _ in PAGES}}
        browser.close()
    ids = live(house)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for who, name, path in PAGES:
            yield weighed(browser, people[who], name, house.url + path.format(**ids))
        browser.close()


def signed_in(browser: Any, url: str, who: str) -> Any:
    """The cookies of a person who has just come in, by Pro Santé Connect or by a local account; of nobody for an empty name."""
    from maison_region.people import local_people
    from tests.journeys.signing_in import sign_in, sign_in_locally

    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    if who == LOCAL:
        person = local_people()[0]
        sign_in_locally(page, url, person.email, person.password, person.totp_secret)
    elif who:
        sign_in(page, url, who)
    state = context.storage_state()
    context.close()
    return state


def weighed(browser: Any, state: Any, name: str, address: str) -> PageWeight:
    context = browser.new_context(locale="fr-FR", storage_state=state)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    answer = page.goto(address)
    if answer.status != 200 or page.url.rstrip("/") != address.rstrip("/"):
        raise RuntimeError(f"{name}: {answer.status} at {page.url}")
    page.wait_for_load_state("load")
    page.wait_for_timeout(700)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    context.close()
    return PageWeight(name, nodes, len(sizes), sum(sizes) / 1024)


def run(*, quick: bool) -> list[dict[str, object]]:
    del quick
    with open_house() as house:
        use_django(house)
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
