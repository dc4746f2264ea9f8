"""axe-core finds nothing and nothing scrolls sideways, at 320, 768 and 1440 pixels, on the pages each person of the house opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from benches.ecoindex import BED_MANAGER, INTEGRATOR, LOCAL, PAGES
from maison.cli.house import mllp_port
from maison.cli.throwaway import OpenHouse
from maison_region import hospitals
from maison_region.facilities import RANGUEIL
from tests.browsers import faults_at_every_width

pytestmark = pytest.mark.browser

type Person = Callable[..., Page]

ADDRESSES: dict[str, list[str]] = defaultdict(list)
for who, _, address in PAGES:
    if (
        "{" not in address and who != LOCAL
    ):  # the others are reached by their links, or looked at by the tests of their room
        ADDRESSES[who].append(address)


@pytest.mark.parametrize("who", sorted(ADDRESSES), ids=lambda who: who or "un visiteur")
def test_axe_finds_nothing_on_the_pages_of(who: str, house: OpenHouse, person: Person, chromium: object) -> None:
    page = person(who) if who else chromium.new_context(locale="fr-FR").new_page()  # type: ignore[attr-defined]
    faults = {}
    for address in ADDRESSES[who]:
        page.goto(house.url + address)
        if found := faults_at_every_width(page):
            faults[address] = found
    page.context.close()
    assert faults == {}


def test_axe_finds_nothing_on_what_lists_lead_to(house: OpenHouse, person: Person, now: datetime) -> None:
    hospitals.tell("127.0.0.1", mllp_port(house.port), now, seed=7, sites=[RANGUEIL])
    faults = {}
    page = person(BED_MANAGER)
    page.goto(f"{house.url}/sejours/")
    for name in ("unit", "stay"):
        link = page.locator("main table a").first
        expect(link).to_be_visible()
        link.click()
        page.wait_for_load_state()
        faults[name] = faults_at_every_width(page)
    page = person(INTEGRATOR)
    page.goto(f"{house.url}/echanges/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()
    faults["exchange"] = faults_at_every_width(page)
    page.goto(f"{house.url}/echanges/logiciels/")
    page.locator("main tbody a[href*='/hl7v2/emetteurs/']").first.click()
    page.wait_for_load_state()
    faults["sender"] = faults_at_every_width(page)
    assert {name: found for name, found in faults.items() if found} == {}
