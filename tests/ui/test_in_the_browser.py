"""The floor in real Chromium: axe on every style page, the clocks, the live line, the alarm, the keys."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from maison.ui import french
from maison.ui.showcase import COMPONENTS
from maison.ui.templatetags.maison_ui import clock_text
from tests.browsers import axe_faults
from tests.ui.conftest import Line, OpenPage
from tests.ui.urls import ANSWERED, BEDS, MAY_LEAVE

pytestmark = pytest.mark.browser

PAGES = ["/ui/", "/ui/accessibilite/", "/ui/pannes/409/", "/ui/pannes/500/"] + [
    f"/ui/composants/{name}/" for name in COMPONENTS
]


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_and_nothing_overflows(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width in (1440, 768, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert axe_faults(page) == [], (theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (theme, width)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_stays_frugal(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.wait_for_load_state("networkidle")
    weights = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert page.locator("*").count() <= 360
    assert len(weights) + 1 <= 12


def test_the_browser_says_the_same_words_as_the_server(open_page: OpenPage) -> None:
    page = open_page("/ui/accessibilite/")
    now = french.now()
    a_month_of_days = range(61, 93)  # the first and the days of one figure are among them, whenever this runs
    seconds = [0, 12, 45, 75, 400, 3700, 7500, 90_000, *(days * 86_400 for days in a_month_of_days)]
    wanted: list[str] = []
    markup: list[str] = []
    limits = {"warn": 5, "danger": 0, "warn_word": "proche", "danger_word": "à vérifier"}
    data = 'data-warn="5" data-danger="{}" data-warn-word="proche" data-danger-word="à vérifier"'
    for sign in (1, -1):
        for passed in seconds:
            # Half a second from every border, so that the time a test takes never changes a word.
            at = now - dt.timedelta(seconds=sign * (passed + 0.5))
            wanted.append(french.age(at, now))
            markup.append(f'<time data-maison-clock="age" datetime="{at.isoformat()}"></time>')
            wanted.append(clock_text(at, "countdown", now=now, **limits)[0])  # type: ignore[arg-type]
            markup.append(f'<time data-maison-clock="countdown" {data.format(0)} datetime="{at.isoformat()}"></time>')
            if sign == 1:
                wanted.append(clock_text(at, "elapsed", now=now, **(limits | {"danger": 20}))[0])  # type: ignore[arg-type]
                markup.append(
                    f'<time data-maison-clock="elapsed" {data.format(20)} datetime="{at.isoformat()}"></time>'
                )
    said = page.evaluate(
        """async ([markup, now]) => {
            const real = Date.now;
            document.documentElement.dataset.maisonNow = "";
            document.querySelector("main").innerHTML = markup;
            Date.now = () => now;
            await import(document.querySelector("script[src*='clock.js']").src + "?again");
            Date.now = real;
            return [...document.querySelectorAll("main time")].map((one) => one.textContent);
        }""",
        ["".join(markup), now.timestamp() * 1000],
    )
    assert said == wanted


def test_a_chip_that_ages_on_the_screen_says_so(open_page: OpenPage) -> None:
    page = open_page("/ui/composants/etats/")
    chip = page.locator(".maison-fresh[data-state=fresh]")
    chip.evaluate("chip => { chip.id = 'one'; chip.dataset.fresh = 60; chip.dataset.stale = 120; }")
    expect(page.locator("#one")).to_contain_text("périmé")
    expect(page.locator("#one")).to_have_attribute("data-state", "stale")


def test_a_clock_counts_from_the_server_even_when_the_ward_computer_is_wrong(open_page: OpenPage) -> None:
    page = open_page("/ui/accessibilite/")
    page.add_init_script(
        """const [now, origin, wrong] = [Date.now, performance.timeOrigin, 3 * 3600 * 1000];
        Date.now = () => now() + wrong;
        Object.defineProperty(performance, "timeOrigin", { value: origin + wrong });"""
    )
    page.goto(page.url.replace("accessibilite", "composants/mur"))
    page.locator(".maison-wall-clock").evaluate("clock => (clock.textContent = '')")
    now = french.now()
    expect(page.locator(".maison-wall-clock")).to_have_text(
        re.compile(f"{french.hour(now)}|{french.hour(now + dt.timedelta(minutes=1))}")
    )


# -- keys and dialogs


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_the_search_is_one_key_away(open_page: OpenPage, keys: str) -> None:
    page = open_page("/lits/")
    page.keyboard.press(keys)
    expect(page.locator("[data-maison-search]")).to_be_focused()


def test_a_slash_typed_in_a_field_stays_a_slash(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.locator("#id_name").focus()
    page.keyboard.type("a/b?")
    expect(page.locator("#id_name")).to_have_value("a/b?")


def test_the_question_mark_opens_and_closes_the_help(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.keyboard.press("?")
    expect(page.locator("#maison-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#maison-help")).to_be_hidden()


def test_arrows_go_from_row_to_row_on_a_board(open_page: OpenPage) -> None:
    page = open_page("/mur/")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#a")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#b")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#a")).to_be_focused()


def test_the_first_tab_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.keyboard.press("Tab")
    expect(page.locator(".maison-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()


def test_a_dialog_opens_takes_the_focus_and_gives_it_back(open_page: OpenPage) -> None:
    page = open_page("/ui/composants/cadre/")
    page.get_by_role("button", name="Réorienter l'arrivée").click()
    expect(page.locator("#exemple-motif")).to_be_focused()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Réorienter l'arrivée")).to_be_focused()


# -- forms and answers


def test_an_invalid_form_is_swapped_and_its_summary_read_first(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.locator("#id_name").evaluate("field => field.required = false")
    page.locator("#rename button").click()
    expect(page.locator(".maison-errors")).to_be_focused()
    page.locator(".maison-errors a").click()
    expect(page.locator("#id_name")).to_be_focused()
    assert axe_faults(page) == []


def test_a_message_offers_to_undo_and_the_counter_stays_in_the_bar(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.locator("#id_name").fill("Lit 12")
    page.locator("#rename button").click()
    expect(page.get_by_role("status").get_by_text("Lit renommé.")).to_be_visible()
    expect(page.get_by_role("button", name="Annuler")).to_be_visible()
    expect(page.locator("#maison-waiting")).to_have_count(1)
    page.get_by_role("button", name="Fermer ce message").click()
    expect(page.get_by_text("Lit renommé.")).to_have_count(0)


def test_a_refusal_is_said_at_once_and_the_page_does_not_move(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.locator("#refuse").click()
    expect(page.locator("#maison-alarmed")).to_contain_text("Ce lit est déjà fermé")
    expect(page.locator("#refuse")).to_be_visible()
    expect(page.locator("[data-maison-failure]")).to_have_count(0)
    assert axe_faults(page) == []


def test_a_board_that_reads_itself_again_leaves_its_buttons_alone(open_page: OpenPage) -> None:
    page = open_page("/ui/accessibilite/")
    opacities = page.evaluate(
        """() => {
            const button = "<button type='submit' class='maison-button'>Confirmer</button>";
            document.querySelector("main").innerHTML =
                `<section class="htmx-request"><form>${button}</form></section><form class="htmx-request">${button}</form>`;
            return [...document.querySelectorAll("main button")].map((one) => getComputedStyle(one).opacity);
        }"""
    )
    assert opacities == ["1", "0.7"]


def test_when_the_house_does_not_answer_it_is_said_beside_the_button(open_page: OpenPage) -> None:
    page = open_page("/lits/")
    page.locator("#break").click()
    expect(page.locator("form:has(#break)").locator("xpath=preceding-sibling::*[1]")).to_contain_text(
        "La maison n'a pas répondu."
    )
    page.context.set_offline(True)
    page.locator("#refuse").click()
    expect(page.locator("[data-maison-failure]")).to_have_count(2)


# -- the live line


def test_a_hint_makes_the_page_read_again(open_page: OpenPage, line: Line) -> None:
    page = open_page("/lits/")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    page.evaluate("document.getElementById('rows').dataset.old = 'yes'")
    line.hint("beds.board:1")
    expect(page.locator("#rows[data-old]")).to_have_count(0)
    expect(page.locator("#rows li")).to_have_count(2)


def test_what_is_told_while_the_page_reads_is_read_after(open_page: OpenPage, line: Line) -> None:
    page = open_page("/lits/")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    MAY_LEAVE.clear()
    ANSWERED.clear()
    try:
        line.hint("beds.board:1")
        assert ANSWERED.wait(20)
        BEDS.append("Lit 3")  # after the answer under way was made
        line.hint("beds.board:1")
        MAY_LEAVE.set()
        expect(page.locator("#rows li")).to_have_count(3)
    finally:
        MAY_LEAVE.set()
        BEDS[:] = BEDS[:2]


def test_all_the_tabs_of_a_browser_share_one_stream(open_page: OpenPage, line: Line) -> None:
    page = open_page("/lits/")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    other = page.context.new_page()
    page.context.add_init_script(
        "document.addEventListener('maison:emergency.board', e => (document.body.dataset.heard = e.detail.topic))"
    )
    other.goto(page.url.replace("/lits/", "/mur/"))
    eventually(other, lambda: set(line.topics) == {"beds.board:1", "emergency.board:1"})
    expect(other.locator("body")).to_have_attribute("data-heard", "emergency.board:1")  # told once when it joined
    page.evaluate("document.body.addEventListener('maison:beds.board', () => (document.body.dataset.heard = 'yes'))")
    line.hint("beds.board:1")
    expect(page.locator("body")).to_have_attribute("data-heard", "yes")
    other.close()
    eventually(page, lambda: line.topics == ["beds.board:1"])


def test_a_line_that_is_cut_is_said_and_everything_greys_then_it_comes_back(open_page: OpenPage, line: Line) -> None:
    page = open_page("/mur/")
    band = page.locator("[data-maison-connection]")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    title = page.locator("#b h2")
    before = title.evaluate("e => getComputedStyle(e).color")
    line.cut()
    expect(band).to_contain_text("Hors ligne depuis")
    assert title.evaluate("e => getComputedStyle(e).color") != before
    expect(page.locator("[data-maison-connection-said]")).to_have_text("Connexion perdue.")
    assert axe_faults(page) == []
    page.evaluate(
        "document.body.addEventListener('maison:emergency.board', () => document.body.dataset.read = 'again')"
    )
    line.answering = True
    expect(band).to_be_hidden(timeout=20_000)
    expect(page.locator("body")).to_have_attribute("data-read", "again")


def test_a_silent_line_is_a_lost_line_within_five_seconds(open_page: OpenPage, line: Line) -> None:
    page = open_page("/mur/")
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    eventually(page, lambda: line.pings > 1)  # the page knows the rhythm: one a second here
    line.pinging = False
    line.answering = False
    expect(page.locator("[data-maison-connection]")).to_contain_text("Hors ligne depuis")


def test_without_shared_workers_a_page_listens_by_itself(open_page: OpenPage, line: Line) -> None:
    page = open_page("/ui/accessibilite/")
    page.add_init_script("delete window.SharedWorker")
    page.goto(page.url.replace("/ui/accessibilite/", "/lits/"))
    expect(page.locator("html")).to_have_attribute("data-maison-connection-state", "online")
    page.evaluate("document.getElementById('rows').dataset.old = 'yes'")
    line.hint("beds.board:1")
    expect(page.locator("#rows[data-old]")).to_have_count(0)


# -- the alarm


def test_an_unconfirmed_arrival_calls_until_someone_confirms(open_page: OpenPage) -> None:
    page = open_page("/mur/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-maison-alarm", "on")
    expect(page.locator("p[role=alert]")).to_have_text("À confirmer : Chute au domicile.")
    assert html.get_attribute("data-maison-rings") is None  # no gesture, no sound
    page.get_by_role("button", name="Activer le son").click()
    expect(html).to_have_attribute("data-maison-rings", "2")  # and again
    expect(page.get_by_role("button", name="Couper le son")).to_be_visible()
    page.locator("#a").evaluate("row => row.removeAttribute('data-maison-unconfirmed')")
    expect(html).to_have_attribute("data-maison-alarm", "off")
    expect(page).to_have_title("Urgences · Maison e-santé")


def test_the_title_of_the_tab_calls_too_and_does_not_blink_for_those_who_ask(open_page: OpenPage) -> None:
    page = open_page("/mur/", reduced_motion="reduce")
    titles = page.evaluate(
        """async () => {
            const seen = new Set();
            for (let i = 0; i < 30; i++) { seen.add(document.title); await new Promise(requestAnimationFrame); }
            return [...seen];
        }"""
    )
    assert titles == ["(1) À confirmer · Urgences · Maison e-santé"]


def eventually(page: Page, condition: Any, seconds: float = 10) -> None:
    """Waits on something the browser cannot see, without blocking it."""
    deadline = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    while not condition():
        assert dt.datetime.now(dt.UTC) < deadline, "it never came"
        page.wait_for_timeout(20)
