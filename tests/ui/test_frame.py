from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from maison.ui import frame
from maison.ui.frame import Notice, Place
from tests.ui.actor import NOBODY, ActorByShape

NB = "\u00a0"


def shown(address: str = "/lits/") -> str:
    return Client().get(address).text


def test_the_bar_says_who_acts_and_what_waits() -> None:
    text = shown()
    assert f"Vous agissez comme{NB}:" in text
    assert "Dr Léa Martin, médecin, CHU de Toulouse – Rangueil" in text
    assert "<b>3</b> <span>en attente</span>" in text


def test_nobody_is_offered_to_sign_in_and_sees_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ActorByShape, "actor", NOBODY)
    text = shown()
    assert "Se connecter" in text
    assert "en attente" not in text
    assert "Se déconnecter" not in text


def test_counters_add_up() -> None:
    frame.register_waiting(lambda request: 4)
    assert "<b>7</b>" in shown()


def test_a_fragment_counts_nothing() -> None:
    def count(request: Any) -> int:
        raise AssertionError("a fragment draws no bar")

    frame.register_waiting(count)
    assert Client().get("/lits/", headers={"HX-Request": "true"}).status_code == 200


@pytest.mark.parametrize(("environment", "word"), [("demonstration", "démonstration"), ("test", "test")])
def test_an_environment_that_is_not_production_says_so_on_every_page(
    settings: Any, environment: str, word: str
) -> None:
    settings.ENVIRONMENT = environment
    banner = f"Environnement de {word}{NB}: personnes et données fictives."
    assert banner in shown()
    assert banner in shown("/mur/")
    settings.ENVIRONMENT = "production"
    assert "maison-environment" not in shown()


def test_the_crisis_level_stands_under_the_bar() -> None:
    since = dt.datetime(2026, 11, 21, 22, 6, tzinfo=dt.UTC)
    frame.register_crisis(lambda request: Notice("Hôpital en tension.", kind="danger", since=since))
    text = shown()
    assert "maison-notice--crisis" in text
    assert "sam. 21 nov. 2026, 23:06" in text


def test_a_room_shows_the_places_this_person_may_see_and_where_one_is(rf: Any) -> None:
    from django.template import Context, Template

    frame.register_room(
        "beds",
        "Lits",
        [Place("Tableau", "board"), Place("Réservé", "home", visible=lambda request: False), Place("Mur", "wall")],
    )
    text = Template('{% room_nav "beds" %}').render(Context({"request": rf.get("/lits/")}))
    assert '<a href="/lits/" aria-current="page">Tableau</a>' in text
    assert '<a href="/mur/">Mur</a>' in text
    assert "Réservé" not in text


def test_an_entry_that_changes_something_is_a_form() -> None:
    frame.register_menu(Place("Fermer les autres sessions", "undo", post=True))
    assert '<form method="post" action="/lits/annuler/">' in shown()


def test_two_sessions_of_one_browser_never_share_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    def mark() -> str:
        return shown().split('data-maison-session="')[1].split('"')[0]

    first = mark()
    other = SimpleNamespace(label="Nora Témoin", is_anonymous=False, session_key="session-of-nora")
    monkeypatch.setattr(ActorByShape, "actor", other)
    assert mark() != first
    monkeypatch.setattr(ActorByShape, "actor", NOBODY)
    assert mark() == "public"


def test_the_foot_leads_to_the_accessibility_statement() -> None:
    assert 'href="/ui/accessibilite/"' in shown()
    assert "Déclaration d'accessibilité" in shown("/ui/accessibilite/")
