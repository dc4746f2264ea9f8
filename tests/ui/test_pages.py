from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

HTMX = {"HX-Request": "true"}
HISTORY = HTMX | {"HX-History-Restore-Request": "true"}


@pytest.fixture
def browser() -> Client:
    return Client()


def test_htmx_gets_the_fragment_and_everyone_else_the_page(browser: Client) -> None:
    whole, part = browser.get("/lits/"), browser.get("/lits/", headers=HTMX)
    assert "<!DOCTYPE html>" in whole.text
    assert part.text.startswith('<ul id="rows"')
    assert "Lit 2" in part.text
    assert part.text.strip() in whole.text


def test_a_history_restore_gets_the_whole_page(browser: Client) -> None:
    assert "<!DOCTYPE html>" in browser.get("/lits/", headers=HISTORY).text


@pytest.mark.parametrize("address", ["/lits/", "/ui/", "/ui/pannes/404/", "/lits/rien/", "/lits/ailleurs/"])
def test_no_answer_is_kept_anywhere(browser: Client, address: str) -> None:
    assert browser.get(address)["Cache-Control"] == "no-store"


def test_an_action_answers_htmx_with_the_fragment_the_message_and_the_counter(browser: Client) -> None:
    response = browser.post("/lits/renommer/", {"name": "Lit 12"}, headers=HTMX)
    assert response.status_code == 200
    assert response.text.startswith('<ul id="rows"')
    assert '<div id="maison-said" hx-swap-oob="beforeend">' in response.text
    assert "Lit renommé." in response.text
    assert 'action="/lits/annuler/"' in response.text  # Annuler
    assert 'id="maison-waiting"' in response.text
    assert 'hx-swap-oob="true"' in response.text


def test_without_javascript_an_action_redirects_and_the_next_page_says_it_once(browser: Client) -> None:
    response = browser.post("/lits/renommer/", {"name": "Lit 12"})
    assert (response.status_code, response["Location"]) == (303, "/lits/")
    assert "Lit renommé." in browser.get("/lits/").text
    assert "Lit renommé." not in browser.get("/lits/").text


def test_an_invalid_form_comes_back_with_its_errors_tied_to_its_fields(browser: Client) -> None:
    response = browser.post("/lits/renommer/", {"name": ""}, headers=HTMX)
    assert response.status_code == 422
    assert 'href="#id_name"' in response.text
    assert 'aria-describedby="id_name_error"' in response.text
    assert 'id="id_name_error">Écrivez le nom du lit.' in response.text


def test_a_refusal_leaves_the_page_as_it_is_and_says_the_condition(browser: Client) -> None:
    response = browser.post("/lits/refus/", headers=HTMX)
    assert (response.status_code, response["HX-Reswap"]) == (409, "none")
    assert 'id="maison-alarmed"' in response.text
    assert "Ce lit est déjà fermé" in response.text
    assert "Référence EMG-003" in response.text


def test_a_refusal_without_javascript_is_a_page_with_a_way_out(browser: Client) -> None:
    response = browser.post("/lits/refus/")
    assert response.status_code == 409
    assert "<h1>Ce lit est déjà fermé</h1>" in response.text
    assert 'href="/"' in response.text


def test_an_ended_session_sends_the_whole_page_elsewhere(browser: Client) -> None:
    inside, outside = browser.get("/lits/ailleurs/", headers=HTMX), browser.get("/lits/ailleurs/")
    assert (inside.status_code, inside["HX-Redirect"]) == (200, "/lits/")
    assert (outside.status_code, outside["Location"]) == (303, "/lits/")


def test_nothing_changed_is_204(browser: Client) -> None:
    assert browser.get("/lits/rien/", headers=HTMX).status_code == 204


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_a_failure_says_what_to_do_and_never_a_code_alone(browser: Client, status: int) -> None:
    browser.raise_request_exception = False
    response = browser.get(f"/ui/pannes/{status}/")
    assert response.status_code == status
    assert "<h1>" in response.text
    assert "maison-lead" in response.text
    assert "Revenir" in response.text


def test_an_unknown_address_is_answered_in_the_words_of_the_house(browser: Client) -> None:
    response = browser.get("/nulle-part/")
    assert response.status_code == 404
    assert "Cette page n'est pas ici".replace("'", "&#x27;") in response.text


def test_the_outage_page_needs_neither_actor_nor_database(settings: Any) -> None:
    from maison.ui.errors import server_error

    settings.TEMPLATES[0]["OPTIONS"]["context_processors"] = ["maison.ui.nothing_like_this"]
    assert server_error(None).status_code == 500  # type: ignore[arg-type]
