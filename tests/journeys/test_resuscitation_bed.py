"""J2: a full night. A doctor in Cahors looks for a resuscitation bed; one is promised, expires, is promised again; a crisis adds its step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from maison.cli.throwaway import OpenHouse
from tests.browsers import faults_at_every_width

pytestmark = pytest.mark.browser

type Person = Callable[..., Page]
RANGUEIL, PURPAN = "310783055", "310783048"
FIGURE_OF = """
UPDATE offer_capacity c SET at = now() - %(age)s::interval, number = %(number)s, source = 'telephone'
FROM offer_offer o JOIN structures_structure s ON s.id = o.site_id
WHERE c.offer_id = o.id AND s.finess = %(finess)s AND o.bed_kind = 'reanimation' AND c.status = '02'
"""
DELAY = """
INSERT INTO clock_delaysetting (code, seconds, changed_by, changed_at) VALUES ('offer.hold', %s, 'journey', now())
ON CONFLICT (code) DO UPDATE SET seconds = EXCLUDED.seconds
"""


@pytest.fixture
def owner(house: OpenHouse) -> Iterator[psycopg.Connection]:
    """Whoever owns the delays, and the passing of hours: no page sets a delay yet and no test waits three hours."""
    with psycopg.connect(house.database_url, autocommit=True) as link:
        yield link
        link.execute("DELETE FROM clock_delaysetting WHERE code = 'offer.hold'")


@contextmanager
def crisis(ars: Page, house: OpenHouse) -> Iterator[None]:
    level(ars, house, "Situation sanitaire exceptionnelle")
    try:
        yield
    finally:
        level(ars, house, "Situation ordinaire")


def level(ars: Page, house: OpenHouse, name: str) -> None:
    ars.goto(f"{house.url}/supervision/crise/")
    ars.get_by_label("Territoire", exact=True).select_option(label="Haute-Garonne")
    ars.get_by_label("Niveau", exact=True).select_option(label=name)
    ars.get_by_label("Motif de la décision").fill("Exercice de nuit")
    ars.locator("main form button[type=submit]").click()
    expect(ars.get_by_text("Niveau de crise enregistré.")).to_be_visible()


def ask(doctor: Page, house: OpenHouse) -> None:
    doctor.goto(f"{house.url}/referentiels/lits/?lits=reanimation&departement=31")
    unit(doctor, "Rangueil").get_by_role("link").first.click()
    doctor.get_by_label("Assistance respiratoire").check()
    doctor.get_by_role("button", name="Demander ce lit").click()
    expect(doctor.get_by_role("heading", name="Demandes de lits de votre structure")).to_be_visible()


def unit(page: Page, place: str) -> Locator:
    return page.get_by_role("article", name=re.compile(f"^{place}, Réanimation"))


def test_a_resuscitation_bed_on_a_full_night(house: OpenHouse, person: Person, owner: psycopg.Connection) -> None:
    owner.execute(FIGURE_OF, {"age": "3 hours", "number": 3, "finess": PURPAN})
    owner.execute(FIGURE_OF, {"age": "5 minutes", "number": 1, "finess": RANGUEIL})
    doctor, icu = person("Barnabé Safran"), person("Yanis Marjolaine")
    faults: dict[str, list[str]] = {}

    # Stale units are grey and not counted.
    doctor.goto(f"{house.url}/referentiels/lits/?lits=reanimation&departement=31")
    stale = unit(doctor, "Purpan")
    expect(stale).to_have_attribute("data-stale", "")
    expect(stale).to_contain_text("non compté")
    here = unit(doctor, "Rangueil")
    expect(here).to_contain_text("Libre")
    expect(here).to_contain_text("environ")
    expect(here.get_by_role("link", name=re.compile(r"^0[1-9]"))).to_be_visible()
    faults["board"] = faults_at_every_width(doctor)
    here.get_by_role("link").first.click()
    expect(doctor.get_by_role("heading", name="Demander un lit")).to_be_visible()
    faults["unit"] = faults_at_every_width(doctor)

    # The unit hears, the promise expires in front of both.
    icu.goto(f"{house.url}/referentiels/lits/demandes/")
    expect(icu.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    owner.execute(DELAY, [6])
    ask(doctor, house)
    called = icu.locator("[data-maison-unconfirmed]").first
    expect(called).to_be_visible()
    expect(icu.locator("html")).to_have_attribute("data-maison-alarm", "on")
    icu.get_by_role("button", name="Activer le son").click()
    expect(icu.locator("html")).to_have_attribute("data-maison-rings", re.compile(r"^[1-9]"))
    mine = doctor.get_by_role("article", name=re.compile("^Rangueil")).first
    expect(mine).to_contain_text("Promesse expirée")
    expect(called).to_contain_text("Promesse expirée")
    icu.get_by_role("button", name="J'ai vu").first.click()
    expect(icu.locator("html")).to_have_attribute("data-maison-alarm", "off")

    # Promised again, and kept.
    owner.execute(DELAY, [1800])
    ask(doctor, house)
    mine = doctor.get_by_role("article", name=re.compile("^Rangueil")).first
    expect(mine).to_contain_text("Reçue par l'unité")
    faults["requests"] = faults_at_every_width(icu)
    icu.get_by_role("button", name="Promettre le lit").click()
    expect(mine).to_contain_text("Lit promis")
    expect(mine).to_contain_text("MARJOLAINE")
    faults["asked"] = faults_at_every_width(doctor)
    doctor.goto(f"{house.url}/referentiels/lits/?lits=reanimation&departement=31")
    expect(unit(doctor, "Rangueil")).to_contain_text("Complet")

    # Two taps: one more bed. Then the crisis adds its step to what is new, and only to that.
    icu.goto(f"{house.url}/referentiels/lits/?lits=reanimation&departement=31")
    unit(icu, "Rangueil").get_by_role("link").first.click()
    icu.get_by_role("button", name=re.compile("^2 lits")).click()
    expect(icu.get_by_text("Lits notés.")).to_be_visible()
    expect(unit(doctor, "Rangueil")).to_contain_text("Libre")
    ars = person("Ombeline Sirocco")
    with crisis(ars, house):
        ask(doctor, house)
        waiting, kept = doctor.get_by_role("article", name=re.compile("^Rangueil")).all()[:2]
        expect(waiting).to_contain_text("À approuver")
        expect(kept).to_contain_text("Lit promis")
        icu.goto(f"{house.url}/referentiels/lits/demandes/")
        expect(icu.get_by_role("button", name="Promettre le lit")).to_have_count(0)
        icu.get_by_role("button", name="Patient arrivé").click()
        expect(icu.get_by_role("button", name="Patient arrivé")).to_have_count(0)
        expect(icu.locator("#demandes article", has_text="Patient arrivé")).to_have_count(1)
        ars.goto(f"{house.url}/referentiels/lits/demandes/a-approuver/")
        faults["approvals"] = faults_at_every_width(ars)
    # Peace again: what waited still waits for its approval; a new request has none.
    ars.goto(f"{house.url}/referentiels/lits/demandes/a-approuver/")
    ars.get_by_role("button", name="Approuver", exact=True).click()
    expect(icu.get_by_role("button", name="Promettre le lit")).to_be_visible()
    icu.get_by_role("button", name="Promettre le lit").click()
    doctor.goto(f"{house.url}/referentiels/lits/demandes/miennes/")
    first = doctor.get_by_role("article", name=re.compile("^Rangueil")).first
    expect(first).to_contain_text("avec approbation")
    first.get_by_label("Pourquoi rendre le lit").select_option(label="Le patient va ailleurs")
    first.get_by_role("button", name="Rendre le lit").click()
    expect(icu.get_by_text("Le patient va ailleurs").first).to_be_visible()
    ask(doctor, house)
    expect(doctor.get_by_role("article", name=re.compile("^Rangueil")).first).to_contain_text("Lit tenu")
    assert {name: found for name, found in faults.items() if found} == {}
