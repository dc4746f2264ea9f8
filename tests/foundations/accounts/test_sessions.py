"""A session lives while someone is at work, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maison.foundations.accounts.actions import purge
from maison.foundations.accounts.models import ProviderSession, Session
from maison.foundations.accounts.sessions import SessionStore
from tests.sandbox.process import text_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def idle_for(browser: Client, **since: float) -> None:
    """As if the last activity were that long ago."""
    left = timedelta(minutes=django_settings.IDLE_MINUTES) - timedelta(**since)
    Session.objects.filter(session_key=browser.session.session_key).update(expire_date=timezone.now() + left)


def minutes_left(browser: Client) -> float:
    row = Session.objects.get(session_key=browser.cookies[django_settings.SESSION_COOKIE_NAME].value)
    return (row.expire_date - timezone.now()).total_seconds() / 60


def test_half_an_hour_without_activity_ends_the_session(signed_in_client: SignIn) -> None:
    browser = signed_in_client()
    assert django_settings.IDLE_MINUTES == 30
    idle_for(browser, minutes=29, seconds=50)
    assert browser.get("/connexion/situation/").status_code == 200
    idle_for(browser, minutes=30, seconds=1)
    response = browser.post("/connexion/prolonger/")
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/?")


def test_the_sign_in_page_says_that_the_session_ended_and_keeps_the_way_back(signed_in_client: SignIn) -> None:
    browser = signed_in_client("admin_structure")
    idle_for(browser, minutes=31)
    response = browser.get("/connexion/comptes/?page=1", follow=True)
    assert response.request["PATH_INFO"] == "/connexion/"
    assert "Votre session est terminée" in text_of(response)
    assert response.context["next"] == "/connexion/comptes/?page=1"
    assert "Votre session est terminée" not in text_of(browser.get("/connexion/"))


def test_an_ended_session_inside_a_swap_leads_the_whole_page_to_the_door(signed_in_client: SignIn) -> None:
    browser = signed_in_client("admin_structure")
    idle_for(browser, minutes=31)
    response = browser.get(
        "/connexion/comptes/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/connexion/comptes/?page=1"},
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/connexion/?next=%2Fconnexion%2Fcomptes%2F%3Fpage%3D1"


def test_activity_pushes_the_end_back(signed_in_client: SignIn) -> None:
    browser = signed_in_client()
    idle_for(browser, minutes=20)
    browser.get("/connexion/situation/")
    assert minutes_left(browser) > 29


def test_what_the_page_asks_by_itself_does_not_push_the_end_back(signed_in_client: SignIn) -> None:
    browser = signed_in_client()
    idle_for(browser, minutes=20)
    browser.get("/connexion/situation/", headers={"X-Maison-Passive": "1"})
    assert minutes_left(browser) < 11


def test_a_passive_request_that_saves_the_session_does_not_push_the_end_back_either(signed_in_client: SignIn) -> None:
    browser = signed_in_client()
    idle_for(browser, minutes=20)
    store = SessionStore(browser.session.session_key)
    store.passive = True
    store["seen"] = True
    store.save()
    assert minutes_left(browser) < 11


def test_a_session_ended_meanwhile_is_not_brought_back(signed_in_client: SignIn) -> None:
    browser = signed_in_client()
    idle_for(browser, minutes=5)
    store = SessionStore(browser.session.session_key)
    store.load()
    Session.objects.all().delete()
    store.touch()
    assert not Session.objects.exists()


def test_signed_in_state_costs_two_queries_and_a_write_from_time_to_time(signed_in_client: SignIn) -> None:
    browser = signed_in_client()

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            browser.post("/connexion/prolonger/")
        return [it["sql"].split()[0] for it in seen.captured_queries if "SAVEPOINT" not in it["sql"]]

    assert queries() == ["SELECT", "SELECT"]
    idle_for(browser, minutes=5)
    assert queries() == ["SELECT", "SELECT", "UPDATE"]
    assert queries() == ["SELECT", "SELECT"]


def test_the_cookie_ends_with_the_browser_and_is_out_of_reach_of_scripts(client: Client) -> None:
    session = SessionStore()
    session["x"] = 1
    session.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key
    cookies = client.get("/connexion/locale/", {"next": "/connexion/situation/"}).cookies
    cookie = cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""


def test_a_withdrawn_account_is_out_at_the_next_request(signed_in_client: SignIn) -> None:
    browser: Any = signed_in_client()
    browser.user.is_active = False
    browser.user.save()
    assert browser.post("/connexion/prolonger/").status_code == 302


def test_a_session_without_the_last_step_is_nobody(signed_in_client: SignIn) -> None:
    browser = signed_in_client("admin_structure")
    session = browser.session
    del session["entered"]
    session.save()
    response = browser.get("/connexion/comptes/")
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/?next=")


def test_the_page_of_a_signed_in_person_brings_the_warning_before_the_end(signed_in_client: SignIn) -> None:
    shown = signed_in_client("admin_structure").get("/connexion/comptes/").content.decode()
    assert 'id="maison-session"' in shown
    assert 'data-minutes="30"' in shown
    assert 'id="maison-session"' not in Client().get("/connexion/").content.decode()


def test_what_has_ended_is_forgotten_and_what_lives_is_kept(signed_in_client: SignIn) -> None:
    living, ended = signed_in_client(), signed_in_client()
    idle_for(ended, minutes=31)
    long_ago = timezone.now() - timedelta(days=1)
    kept = [
        ProviderSession.objects.create(user=it.user, issuer="i", subject="s", id_token="t", started_at=long_ago)  # type: ignore[attr-defined]
        for it in (living, ended)
    ]
    session = living.session
    session["provider_session"] = str(kept[0].id)
    session.save()
    assert purge() == 1
    assert ProviderSession.objects.get() == kept[0]
    assert living.post("/connexion/prolonger/").status_code == 204
