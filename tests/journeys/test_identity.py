"""A walk-in patient from provisional to qualified, then known to be the one another hospital speaks of; and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from maison.cli.house import mllp_port
from maison.cli.throwaway import OpenHouse
from maison_region.facilities import PURPAN
from maison_region.hospitals import APPLICATION, DOMAIN_ROOT
from maison_region.identities import messages_of
from tests.browsers import faults_at_every_width
from tests.interop.mllp import Line, code

pytestmark = pytest.mark.browser

type Person = Callable[..., Page]


def test_a_walk_in_is_qualified_then_linked_by_a_person_and_unlinked(
    house: OpenHouse, person: Person, now: datetime
) -> None:
    faults: dict[str, list[str]] = {}

    def look(page: Page, name: str) -> None:
        faults[name] = faults_at_every_width(page)

    nurse = person("Romarin")
    nurse.goto(f"{house.url}/identites/")
    nurse.get_by_label("Date de naissance").fill("14/07/1958")
    nurse.get_by_label("Nom de naissance ou utilisé, ou prénom").fill("abricot")
    nurse.get_by_role("button", name="Rechercher", exact=True).first.click()
    nurse.get_by_role("link", name="nouveau patient").click()
    look(nurse, "registration")
    nurse.get_by_label("Nom de naissance").fill("Abricot")
    nurse.get_by_label("Prénoms de naissance").fill("Claude René")
    nurse.get_by_label("Masculin").check()
    nurse.get_by_label("Lieu de naissance").fill("31555")
    nurse.get_by_role("button", name="Enregistrer le patient").click()
    expect(nurse.locator(".maison-patient")).to_contain_text("identité provisoire")
    look(nurse, "provisional")

    nurse.get_by_role("button", name="Interroger INSi").click()
    expect(nurse.locator("#fiche")).to_contain_text("INSi trouve plusieurs personnes")
    nurse.get_by_role("button", name="avec tous les prénoms").click()
    nurse.get_by_role("link", name="Comparer et reprendre").click()
    look(nurse, "comparison")
    nurse.get_by_role("button", name="reprendre les traits").click()
    expect(nurse.locator(".maison-patient")).to_contain_text("identité récupérée")
    nurse.get_by_role("link", name="Contrôler une pièce").click()
    look(nurse, "document")
    nurse.get_by_label("Passeport").check()
    nurse.get_by_label("J'ai comparé").check()
    nurse.get_by_role("button", name="Enregistrer le contrôle").click()
    expect(nurse.locator(".maison-patient")).to_contain_text("identité qualifiée")
    sheet = nurse.url

    line = Line(mllp_port(house.port))
    told = next(
        message for _, message in messages_of([PURPAN], now, APPLICATION, DOMAIN_ROOT) if b"P-810002" in message
    )
    assert code(line.ask(told.replace(b"ABRICOT^", b"ABRICOTT^"))) == "AA"
    line.close()

    cell = person("Repère")
    # Another story may have told the house of a namesake: the pair is the one that leads to the nurse's patient.
    links = cell.get_by_role("link", name="ABRICOTT CLAUDE")
    mine = cell.locator(f'a[href="{urlsplit(sheet).path}"]')
    for _ in range(20):
        cell.goto(f"{house.url}/identites/a-traiter/")
        for address in [link.get_attribute("href") for link in links.all()]:
            cell.goto(f"{house.url}{address}")
            if mine.count():
                break
        if mine.count():
            break
    pair = cell.url
    cell.goto(f"{house.url}/identites/a-traiter/")
    look(cell, "work")
    cell.goto(pair)
    expect(cell.locator("main table")).to_contain_text("ABRICOTT")
    look(cell, "pair")
    cell.get_by_label("C'est la même personne").check()
    cell.get_by_label("Motif").fill("Même carte d'identité, faute de frappe à Purpan")
    cell.get_by_role("button", name="Enregistrer la décision").click()
    expect(cell).to_have_url(f"{house.url}/identites/a-traiter/")
    cell.goto(sheet)
    expect(cell.locator("#fiche")).to_contain_text("Purpan")
    look(cell, "linked")
    cell.get_by_text("Rompre ce rapprochement").click()
    cell.get_by_label("Motif").first.fill("Deux personnes")
    cell.get_by_role("button", name="Rompre", exact=True).click()
    expect(cell.locator("#fiche")).to_contain_text("Aucune autre identité rapprochée")
    assert {name: found for name, found in faults.items() if found} == {}
