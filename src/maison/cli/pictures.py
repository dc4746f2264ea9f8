"""`./maison pictures`: makes the pictures of the documentation again, from a house of its own and a real browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

from maison.cli.console import say, warn
from maison.cli.house import ROOT, mllp_port, python
from maison.cli.throwaway import open_house

FOLDER = ROOT / "docs" / "images"
NURSE, REGULATOR = "Léonie Romarin", "Amina Tramontane"
BED_MANAGER, INTEGRATOR = "Suzon Olivier", "Maëlle Boussole"
# (file, who is signed in, address, link to follow, width, height, theme)
PICTURES = [
    ("accueil", NURSE, "/", "", 1440, 900, "light"),
    ("tableau", NURSE, "/urgences/tableau/", "Urgences adultes Rangueil", 1440, 900, "light"),
    ("mur", NURSE, "/urgences/tableau/", "Urgences adultes Rangueil>Ouvrir en mode mur", 1920, 1080, "dark"),
    ("tableau-telephone", NURSE, "/urgences/tableau/", "Urgences adultes Rangueil", 390, 844, "light"),
    ("regulation", REGULATOR, "/urgences/regulation/", "", 1440, 900, "light"),
    ("presents", BED_MANAGER, "/sejours/", "", 1440, 900, "light"),
    ("flux", INTEGRATOR, "/echanges/flux/", "", 1440, 900, "light"),
    ("maison", "", "/maison/", "", 1440, 900, "light"),
]


def main(words: list[str]) -> int:
    browser_path = shutil.which("chromium")
    if browser_path is None:
        warn("Chromium est nécessaire : apt-get install chromium")
        return 1
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from tests.browsers import ARGUMENTS
    from tests.journeys.signing_in import sign_in

    FOLDER.mkdir(parents=True, exist_ok=True)
    with open_house() as house, sync_playwright() as playwright:
        say("la région vit quelques heures…")
        for command in (
            (
                "simulate",
                "--warmup",
                "--share",
                "1",
                "--departments",
                "31",
                "--mllp",
                f"127.0.0.1:{mllp_port(house.port)}",
            ),
            ("story", "--until", "transport", "--speed", "100000"),
        ):
            subprocess.run(
                python("-m", "maison_region", *command, "--url", house.url), check=True, stdout=subprocess.DEVNULL
            )
        time.sleep(5)  # the last messages reach the walls
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        for name, who, address, links, width, height, theme in PICTURES:
            context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", color_scheme=theme)  # type: ignore[arg-type]
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": height})
            if who:
                sign_in(page, house.url, who)
            page.goto(house.url + address)
            for link in filter(None, links.split(">")):
                page.get_by_role("link", name=link).first.click()
                page.wait_for_load_state()
            page.wait_for_timeout(800)
            page.screenshot(path=FOLDER / f"{name}.png")
            say(f"docs/images/{name}.png")
            context.close()
        browser.close()
    return 0
