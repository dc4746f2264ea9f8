"""« Follow the letter »: a hospital sends a discharge letter, a person watches each hop, the admissions desk mends the one that is
held, and the letter leaves again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from maison.cli.house import mllp_port
from maison.cli.throwaway import OpenHouse
from maison_region import letters
from maison_region.chance import dice
from maison_region.facilities import RANGUEIL
from maison_region.geography import COMMUNES
from maison_region.letters import Letter, correction_of, message_of
from maison_region.patients import patient_living_in
from tests.browsers import faults_at_every_width

pytestmark = pytest.mark.browser

type Person = Callable[..., Page]
ADMISSIONS, SECRETARY = "Lison Guichet", "Anselme Plume"


def way(page: Page, kind: str) -> object:
    return page.locator(f"#vers-{kind}")


def test_a_discharge_letter_is_followed_held_mended_and_leaves_again(
    house: OpenHouse, person: Person, now: datetime
) -> None:
    patient = patient_living_in(dice(31, "letter"), COMMUNES[RANGUEIL.insee], age_years=77, day=date(2026, 1, 1))
    letter = Letter(
        site=RANGUEIL, patient=patient, ipp="SUIVI-1", visit="SUIVI-1", entered=now - timedelta(days=5), left=now - timedelta(hours=1),
        at=now - timedelta(minutes=2), extension="77001", qualified=False,
    )  # fmt: skip
    port = mllp_port(house.port)
    assert letters.tell("127.0.0.1", port, [message_of(letter)]) == ["AA"]

    page = person(ADMISSIONS)
    page.goto(f"{house.url}/courriers/?etat=a-reparer")
    link = page.locator("main tbody a").first
    expect(link).to_be_visible()  # the list hears of letters by itself
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Suivre un courrier")
    expect(page.locator("main")).to_contain_text(patient.family_name.upper().replace("É", "E"))
    expect(page.locator("#recu + ol")).to_contain_text("accepté (AA)")
    expect(page.locator("#recu + ol")).to_contain_text("Lu : lettre de liaison")
    expect(way(page, "mssante")).to_contain_text("gaspard.verveine@medecin.mssante.fr")
    expect(way(page, "dmp")).to_contain_text("Retenu")
    expect(way(page, "dmp")).to_contain_text("Bureau des admissions")
    assert faults_at_every_width(page) == []
    address = page.url

    page.get_by_role("link", name="voir la tâche").click()
    page.get_by_role("button", name="Je m'en occupe").click()
    page.goto(address)
    expect(way(page, "dmp")).to_contain_text("Lison GUICHET")
    page.get_by_role("link", name="Lire le courrier").click()
    expect(page.locator(".maison-cda")).to_contain_text("Évolution favorable")
    assert faults_at_every_width(page) == []
    page.goto(address)

    assert letters.tell("127.0.0.1", port, [correction_of(replace(letter, qualified=True), now)]) == ["AA"]
    expect(way(page, "dmp")).to_contain_text("Reçu par le DMP")  # the page hears of it by itself
    expect(way(page, "dmp")).to_contain_text("l'identité ayant été mise à jour")
    expect(way(page, "dmp")).not_to_contain_text("Une personne doit agir")
    expect(way(page, "mssante")).to_contain_text(re.compile("Remis"))


def test_people_of_another_place_see_nothing_of_it(house: OpenHouse, person: Person) -> None:
    page = person("Amina Tramontane")
    answer = page.goto(f"{house.url}/courriers/")
    assert answer is not None
    assert answer.status == 403
