"""J1, its beginning: Claude, 82, has fallen near Revel. Rangueil is told, confirms; then he is sent to Purpan."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from maison.cli.throwaway import OpenHouse
from maison_region.facilities import EMERGENCY_SITES, PURPAN, RANGUEIL, EmergencySite
from maison_region.stories import StoryMessage, claude_falls, only, until
from tests.browsers import faults_at_every_width
from tests.journeys.wire import Wire

pytestmark = pytest.mark.browser

type Person = Callable[..., Page]
type Tell = Callable[[list[StoryMessage]], None]
CLAUDE = re.compile("Homme, 82")
LAPEYRONIE = next(site for site in EMERGENCY_SITES.values() if "Lapeyronie" in site.name)
CAREMEAU = next(site for site in EMERGENCY_SITES.values() if "Carémeau" in site.name)


def elsewhere(messages: list[StoryMessage], site: EmergencySite) -> list[StoryMessage]:
    """The same story towards another hospital, so that tests of one house do not share a wall."""
    places = {RANGUEIL.finess_eg.encode(), PURPAN.finess_eg.encode()}
    moved = []
    for message in messages:
        body = message.body
        for place in places:
            body = body.replace(place, site.finess_eg.encode())
        moved.append(replace(message, body=body))
    return moved


def open_board(page: Page, house: OpenHouse, service: str) -> None:
    page.goto(f"{house.url}/urgences/tableau/")
    if page.get_by_role("heading", name="Tableaux des urgences").is_visible():
        page.get_by_role("link", name=service).click()
    expect(page.get_by_role("button", name=re.compile("son"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")


def test_claude_is_announced_confirmed_redirected_and_everyone_knows(
    house: OpenHouse, person: Person, tell: Tell, now: datetime
) -> None:
    story = claude_falls(now)
    rangueil, purpan, samu = person("Léonie Romarin"), person("Moussa Galet"), person("Amina Tramontane")
    open_board(rangueil, house, "Urgences adultes Rangueil")
    open_board(purpan, house, "Urgences adultes Purpan")
    samu.goto(f"{house.url}/urgences/regulation/")

    tell(until(story, "engaged"))
    line = rangueil.get_by_role("article", name=CLAUDE)
    expect(line).to_be_visible()
    expect(line).to_have_attribute("data-maison-unconfirmed", "")
    expect(rangueil.locator("html")).to_have_attribute("data-maison-alarm", "on")
    expect(line).to_contain_text("au sol depuis deux heures")
    expect(line).to_contain_text("Médicalisé")
    expect(purpan.get_by_role("article", name=CLAUDE)).to_have_count(0)
    case = samu.locator(".maison-case", has_text=CLAUDE).first
    expect(case).to_contain_text("À confirmer")

    rangueil.get_by_role("button", name="Activer le son").click()
    expect(rangueil.locator("html")).to_have_attribute("data-maison-sound", "on")
    expect(rangueil.locator("html")).to_have_attribute("data-maison-rings", re.compile(r"^[1-9]"))

    line.get_by_role("button", name="Confirmer").click()
    expect(line).not_to_have_attribute("data-maison-unconfirmed", "")
    expect(rangueil.locator("html")).to_have_attribute("data-maison-alarm", "off")
    expect(case).to_contain_text("Léonie ROMARIN")

    tell([*only(story, "departure"), *only(story, "on_scene"), *only(story, "assessment"), *only(story, "transport")])
    expect(line).to_contain_text("En route")
    expect(line).to_contain_text("Bilan SMUR")
    expect(line).to_contain_text("départ des lieux")

    tell(only(story, "redirection"))
    expect(line).to_contain_text("Ne vient plus ici")
    expect(line).to_contain_text("Purpan")
    expect(line).to_have_attribute("data-maison-unconfirmed", "")
    arriving = purpan.get_by_role("article", name=CLAUDE)
    expect(arriving).to_have_attribute("data-maison-unconfirmed", "")
    expect(case).to_contain_text("Réorienté")

    line.get_by_role("button", name="J'ai vu").click()
    expect(rangueil.get_by_role("article", name=CLAUDE)).to_have_count(0)
    arriving.get_by_role("button", name="Confirmer").click()
    expect(case).to_contain_text("Moussa GALET")

    case.get_by_role("link").first.click()
    expect(samu.get_by_label("Qui a confirmé quoi").first).to_contain_text("Confirmé")
    assert faults_at_every_width(samu) == []

    tell(only(story, "cancellation"))
    expect(arriving).to_contain_text("Ne vient plus")
    arriving.get_by_role("button", name="J'ai vu").click()
    expect(purpan.get_by_role("article", name=CLAUDE)).to_have_count(0)


def test_a_wall_says_within_seconds_that_it_is_cut_off_and_catches_up_when_it_is_back(
    house: OpenHouse, person: Person, tell: Tell, now: datetime, request: pytest.FixtureRequest
) -> None:
    page = person("Marius Lavandin")
    open_board(page, house, "Urgences adultes Lapeyronie")
    wire = Wire(house.port)
    request.addfinalizer(wire.end)
    page.goto(f"http://localhost:{wire.port}{urlsplit(page.url).path}mur/")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    wire.cut()
    expect(page.get_by_text("Hors ligne")).to_be_visible()
    tell(elsewhere(until(claude_falls(now, rank=777), "engaged"), LAPEYRONIE))
    wire.mend()
    expect(page.get_by_text("Hors ligne")).to_be_hidden()
    line = page.get_by_role("article", name=CLAUDE).first
    expect(line).to_be_visible()
    line.get_by_role("button", name="Confirmer").click()
    expect(line).not_to_have_attribute("data-maison-unconfirmed", "")


def test_the_boards_are_open_to_all_at_every_width(house: OpenHouse, person: Person, tell: Tell, now: datetime) -> None:
    tell(elsewhere(until(claude_falls(now, rank=888), "engaged"), CAREMEAU))
    page = person("Awa Tamaris")
    faults: dict[str, list[str]] = {}
    page.goto(f"{house.url}/urgences/tableau/")
    faults["choose a board"] = faults_at_every_width(page)
    page.get_by_role("link", name="Urgences adultes").first.click()
    expect(page.get_by_role("article", name=CLAUDE).first).to_be_visible()
    faults["board"] = faults_at_every_width(page)
    board = page.url
    page.get_by_role("article", name=CLAUDE).first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Observations du SAMU")).to_be_visible()
    faults["sheet"] = faults_at_every_width(page)
    page.goto(f"{board}mur/")
    faults["wall"] = faults_at_every_width(page)
    samu = person("Amina Tramontane")
    for name, path in (("cases", "/urgences/regulation/"), ("new case", "/urgences/regulation/nouveau/")):
        samu.goto(house.url + path)
        faults[name] = faults_at_every_width(samu)
    assert {name: found for name, found in faults.items() if found} == {}
