"""The portal in real Chromium: axe at three widths, the desk that moves by itself, search by keyboard, a request asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from maison.services.portal import actions
from maison.services.portal.models import AccessRequest
from tests.browsers import faults_at_every_width
from tests.services.portal.conftest import Person, Story
from tests.services.portal.factories import ServiceFactory
from tests.services.portal.test_portal_pages import something_waits
from tests.ui.conftest import Line, _Quiet, _Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

type Open = Callable[..., Page]
MOST_NODES, MOST_REQUESTS, MOST_BYTES = 360, 12, 160_000


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def served(line: Line, story: Story) -> Iterator[str]:
    """The house served for real, with the live line in the hand of the test."""
    pages = StaticFilesHandler(WSGIHandler())

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/flux/":
            return line.application(environ, start_response)
        answer = pages(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()
            connections.close_all()

    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    line.cut()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_page(served: str, chromium: Browser) -> Iterator[Open]:
    """`open_page("/", who)`: a browser of this person, or of nobody; an error of script or policy fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_(path: str = "/", who: Person | None = None, theme: str = "light") -> Page:
        context = chromium.new_context(locale="fr-FR", color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        contexts.append(context)
        if who is not None:
            cookie = who.browser.cookies["maison_session"]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": served}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda it: faults.append(it.text) if "Content Security Policy" in it.text else None)
        page.goto(served + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults


def asked_of(story: Story) -> AccessRequest:
    service = ServiceFactory(journal=True, code="journal", name="Journal fictif")
    return actions.submit_request(
        actor=story.physician.actor, code=service.code, role_code="support", justification="Je rejoins l'équipe."
    )


def test_axe_finds_nothing_and_nothing_overflows_on_any_page(open_page: Open, story: Story) -> None:
    actions.load_catalogue()
    actions.change_service(actor=story.owner.actor, code="acces", seen=0, fields={"name": "Vos accès"})
    asked = asked_of(story)
    for urgency in range(4):
        something_waits(story.site, urgency=urgency)
    everywhere = [
        ("/", None), ("/maison/", None), ("/recherche/?q=sante", None), ("/mentions/", None),
        ("/services/mon-espace-sante/", None), ("/", story.administrator), ("/", story.owner),
        ("/recherche/?q=urgences", story.administrator), ("/recherche/?q=zzzzqx", story.administrator),
        ("/services/orientation/", story.physician), ("/services/journal/", story.owner),
        ("/demandes/", story.administrator), ("/demandes/?liste=miennes", story.physician),
        ("/catalogue/", story.owner), ("/catalogue/ajouter/", story.owner), ("/catalogue/services/acces/", story.owner),
        ("/catalogue/services/acces/modifier/", story.owner), ("/catalogue/services/acces/regles/0/", story.owner),
        (f"/demandes/{asked.id}/", story.administrator), (f"/demandes/{asked.id}/", story.physician),
    ]  # fmt: skip
    found = {}
    for path, who in everywhere:
        page = open_page(path, who)
        assert page.locator("h1").count() == 1, path
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            if faults := faults_at_every_width(page):
                found[f"{path} {theme}"] = faults
        page.context.close()
    assert found == {}


def test_every_page_stays_frugal_even_when_the_desk_is_full(open_page: Open, story: Story) -> None:
    actions.load_catalogue()
    for number in range(25):
        something_waits(story.site, urgency=number % 4)
    actor = story.administrator.actor
    for code in ("acces", "orientation", "telesante", "documents", "cyber", "offre"):
        actions.set_favourite(actor=actor, code=code, kept=True)
    for path, who in (("/", story.administrator), ("/", None), ("/maison/", None), ("/maison/", story.owner)):
        page = open_page(path, who)
        page.wait_for_load_state("load")
        loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.encodedBodySize)")
        assert page.locator("*").count() <= MOST_NODES, path
        assert len(loaded) + 1 <= MOST_REQUESTS, path
        assert sum(loaded) <= MOST_BYTES, path


def test_what_arrives_shows_on_the_desk_by_itself_and_the_focus_stays(
    open_page: Open, story: Story, line: Line
) -> None:
    first = something_waits(story.site, urgency=2)
    page = open_page("/", story.administrator)
    expect(page.locator("#attente-compte")).to_have_text("1 élément vous attend.")
    page.locator(f"#attente-{first.id}").focus()
    expect(page.locator("#maison-waiting")).to_contain_text("1")

    something_waits(story.site, urgency=0)
    line.hint(f"relay.waiting:{story.site.id}")

    expect(page.locator("#attente-compte")).to_have_text("2 éléments vous attendent.")
    expect(page.get_by_role("heading", name="Immédiat")).to_be_visible()
    expect(page.locator("#maison-waiting")).to_contain_text("2")
    expect(page.locator(f"#attente-{first.id}")).to_be_focused()


def test_the_desk_says_that_the_line_is_lost(open_page: Open, story: Story, line: Line) -> None:
    something_waits(story.site)
    page = open_page("/", story.administrator)
    expect(page.locator("[data-maison-connection]")).to_be_hidden()
    line.cut()
    expect(page.locator("[data-maison-connection]")).to_be_visible(timeout=8000)


def test_search_answers_as_one_types_and_is_walked_by_keyboard(open_page: Open, story: Story) -> None:
    actions.load_catalogue()
    page = open_page("/maison/", story.physician)
    page.keyboard.press("/")
    page.keyboard.type("messagrie")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rechercher un service")
    field = page.get_by_label("Un service, un sigle, un mot de votre métier")
    expect(field).to_be_focused()
    expect(page.get_by_role("link", name="Messagerie sécurisée de santé")).to_be_visible()

    field.fill("")
    field.press_sequentially("carnet")
    expect(page.get_by_role("link", name="Mon espace santé")).to_be_visible()
    expect(page).to_have_url(re.compile("q=carnet$"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Mon espace santé")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()


def test_filtering_the_kiosk_changes_the_address_and_survives_a_reload(open_page: Open, story: Story) -> None:
    actions.load_catalogue()
    page = open_page("/", story.physician)
    kiosk = page.locator("#kiosque")
    expect(kiosk.get_by_role("heading", name="Outils et services métiers")).to_be_visible()
    page.get_by_label("Étage").select_option("fondations")
    page.get_by_role("button", name="Filtrer").click()
    expect(kiosk.get_by_role("heading", name="Outils et services métiers")).to_be_hidden()
    expect(kiosk.get_by_role("heading", name="Fondations")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Étage")).to_have_value("fondations")
    expect(kiosk.get_by_role("heading", name="Outils et services métiers")).to_be_hidden()


def test_an_access_is_asked_approved_and_opened_by_two_people_at_once(open_page: Open, story: Story) -> None:
    ServiceFactory(journal=True, code="journal", name="Journal fictif")
    physician, administrator = open_page("/", story.physician), open_page("/", story.administrator)

    physician.get_by_role("link", name="Demander l'accès à Journal fictif").click()
    physician.get_by_role("button", name="Envoyer la demande").click()
    expect(physician.locator("#demande").get_by_role("alert")).to_contain_text("à corriger")
    physician.get_by_label("Pourquoi en avez-vous besoin").fill("Je rejoins l'équipe d'astreinte.")
    physician.get_by_role("button", name="Envoyer la demande").click()
    expect(physician.get_by_role("heading", level=1)).to_have_text("Accès à « Journal fictif »")

    administrator.reload()
    administrator.get_by_role("link", name="Lou Exemple, pour « Journal fictif »").click()
    administrator.get_by_role("button", name="Approuver et ouvrir l'accès").click()
    expect(administrator.get_by_text("Accès ouvert").first).to_be_visible()

    physician.reload()
    expect(physician.get_by_role("list", name="Suivi de la demande")).to_contain_text("Alix Exemple")
    physician.goto(physician.url.split("/demandes/")[0] + "/")
    expect(physician.get_by_role("link", name="Journal fictif", exact=True)).to_be_visible()


def test_the_house_is_walked_from_its_windows_to_its_words(open_page: Open, story: Story) -> None:
    actions.load_catalogue()
    page = open_page("/maison/")
    plan = page.get_by_role("navigation", name="Plan de la maison")
    plan.get_by_role("link", name="Tableau des urgences").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#tableau-urgences$"))
    expect(page.locator("#tableau-urgences")).to_be_in_viewport()
