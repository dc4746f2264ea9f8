"""Signing in with Pro Santé Connect, against the sandbox over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from maison.foundations.accounts.models import ProviderSession, Session, User
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Situation, Structure
from maison_region.people import professional
from tests.foundations.accounts.visitor import Visitor, query_of
from tests.sandbox.process import text_of

pytestmark = pytest.mark.django_db


def traces(code: str) -> list[Entry]:
    return list(Entry.objects.filter(code=code).order_by("id"))


def test_the_request_to_the_provider_asks_for_level_nonce_state_and_pkce(visitor: Visitor) -> None:
    asked = query_of(visitor.start())
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid scope_all"
    assert asked["acr_values"] == "eidas1"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) >= 32
    assert len(asked["state"]) >= 32
    assert asked["redirect_uri"] == "http://testserver/connexion/psc/retour/"


def test_a_first_visit_makes_the_account_silently_and_asks_for_the_terms_once(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    response = visitor.browser.get(visitor.pick("Romarin", "/connexion/situation/"), follow=True)
    assert response.request["PATH_INFO"] == "/connexion/conditions/"
    user = User.objects.get()
    assert (user.subject, user.kind) == (professional("Romarin").idnat, "psc")
    assert (user.given_name, user.family_name) == ("Léonie", "ROMARIN")
    assert user.rpps == professional("Romarin").rpps

    response = visitor.accept_terms()
    assert response.request["PATH_INFO"] == "/connexion/situation/"
    assert "CHU de Toulouse – Rangueil" in text_of(response)

    again = Visitor(Client(), visitor.sandbox)
    response = again.browser.get(again.pick("Romarin", "/connexion/situation/"), follow=True)
    assert response.request["PATH_INFO"] == "/connexion/situation/"
    assert User.objects.count() == 1


def test_nothing_opens_before_the_terms_are_accepted(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    visitor.browser.get(visitor.pick("Romarin"), follow=True)
    response = visitor.browser.post("/connexion/prolonger/")
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/?")
    assert visitor.browser.get(response["Location"], follow=True).request["PATH_INFO"] == "/connexion/conditions/"


def test_a_new_version_of_the_terms_stops_a_session_under_way(
    visitor: Visitor, hospital: dict[str, Structure], settings: Any
) -> None:
    visitor.sign_in("Romarin", "/connexion/situation/")
    assert visitor.browser.post("/connexion/prolonger/").status_code == 204
    settings.TERMS_VERSION = "2027-01"
    assert visitor.browser.post("/connexion/prolonger/").status_code == 302
    visitor.accept_terms()
    assert visitor.browser.post("/connexion/prolonger/").status_code == 204
    assert [it.details["version"] for it in traces("accounts.terms_accepted")] == ["2026-11", "2027-01"]


def test_terms_are_not_accepted_without_ticking_the_box(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    visitor.browser.get(visitor.pick("Romarin"), follow=True)
    response = visitor.browser.post("/connexion/conditions/", {})
    assert response.status_code == 422
    assert "Cochez la case" in text_of(response)
    assert User.objects.get().terms_version == ""


def test_several_activities_lead_to_a_choice_that_the_trace_keeps(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.browser.get(visitor.pick("Églantine", "/connexion/situation/"), follow=True)
    response = visitor.accept_terms()
    assert response.request["PATH_INFO"] == "/connexion/situation/"
    assert {it.structure for it in Situation.objects.all()} == {hospital["samu"], hospital["rangueil"]}
    assert visitor.browser.post("/connexion/prolonger/").status_code == 302, "nobody acts before choosing"

    chosen = Situation.objects.get(structure=hospital["samu"])
    before = visitor.browser.session.session_key
    visitor.browser.post("/connexion/situation/", {"situation": str(chosen.id)})
    assert visitor.browser.session.session_key != before
    assert visitor.browser.post("/connexion/prolonger/").status_code == 204
    trace = traces("accounts.situation_chosen")[-1]
    assert (trace.situation_id, trace.structure_id) == (chosen.id, hospital["samu"].id)


def test_changing_situation_changes_the_rights_and_the_session_key(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Églantine")
    first, second = Situation.objects.order_by("organisation_name")
    visitor.browser.post("/connexion/situation/", {"situation": str(first.id)})
    key = visitor.browser.session.session_key
    visitor.browser.post("/connexion/situation/", {"situation": str(second.id)})
    assert visitor.browser.session["situation_id"] == str(second.id)
    assert visitor.browser.session.session_key != key
    assert not Session.objects.filter(session_key=key).exists()


def test_the_situation_of_someone_else_cannot_be_chosen(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    visitor.sign_in("Galet")
    other = Situation.objects.get()
    visitor.browser.logout()
    visitor.sign_in("Églantine")
    response = visitor.browser.post("/connexion/situation/", {"situation": str(other.id)})
    assert response.status_code == 422
    assert "situation_id" not in visitor.browser.session


def test_a_situation_no_longer_declared_has_ended_and_is_not_offered(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    visitor.browser.logout()
    visitor.sandbox.play("no_activity")
    visitor.sign_in("Romarin")
    ended = Situation.objects.get(structure=hospital["rangueil"])
    assert not ended.is_open
    assert visitor.browser.session["situation_id"] != str(ended.id)
    visitor.browser.logout()
    visitor.sandbox.play()
    visitor.sign_in("Romarin")
    ended.refresh_from_db()
    assert ended.is_open, "declared again, it is open again"


def test_an_unknown_structure_gives_a_situation_without_rights(visitor: Visitor) -> None:
    visitor.sign_in("Romarin", "/connexion/situation/")
    assert Situation.objects.get().structure is None
    assert visitor.browser.session["entered"]
    assert "droits réduits" in text_of(visitor.browser.get("/connexion/situation/"))


def test_the_person_lands_where_they_wanted_to_go_and_never_outside(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    for wanted, reached in [
        ("/connexion/situation/?x=1", "/connexion/situation/?x=1"),
        ("https://ailleurs.invalid/", "/"),
        ("//ailleurs.invalid/", "/"),
        ("/\\ailleurs.invalid", "/"),
        ("javascript:alert(1)", "/"),
        ("/connexion/?next=/connexion/", "/"),
    ]:
        again = Visitor(Client(), visitor.sandbox)
        again.browser.get(again.pick("Romarin", wanted))
        response = again.browser.get("/connexion/entree/")
        assert (response.status_code, response["Location"]) == (303, reached), wanted


def test_the_session_key_changes_when_someone_signs_in(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    back = visitor.pick("Romarin")
    before = visitor.browser.session.session_key
    visitor.come_back(back)
    after = visitor.browser.session.session_key
    assert before != after
    assert not Session.objects.filter(session_key=before).exists()


def test_signing_in_as_someone_else_leaves_nothing_of_the_first(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    visitor.browser.get(visitor.pick("Galet"), follow=True)
    assert "situation_id" not in visitor.browser.session
    assert visitor.browser.session["_auth_user_id"] == str(User.objects.get(family_name="GALET").id)


def test_a_closed_account_stays_out(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    visitor.sign_in("Romarin")
    visitor.browser.logout()
    User.objects.update(is_active=False)
    response = visitor.come_back(visitor.pick("Romarin"))
    assert response.status_code == 403
    assert "désactivé" in text_of(response)
    assert "_auth_user_id" not in visitor.browser.session


def test_signing_out_ends_the_session_of_the_provider_too(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    visitor.sign_in("Romarin")
    kept = ProviderSession.objects.get()
    key = visitor.browser.session.session_key
    response = visitor.browser.post("/connexion/sortie/")
    assert response.status_code == 200
    assert not Session.objects.filter(session_key=key).exists()
    assert not ProviderSession.objects.exists()
    url = response.context["provider_url"]
    assert query_of(url)["id_token_hint"] == kept.id_token
    back = visitor.sandbox.browser.get(url).headers["Location"]
    assert query_of(back)["state"] == query_of(url)["state"]
    landed = visitor.browser.get(back.removeprefix("http://testserver"))
    assert "Pro Santé Connect aussi" in text_of(landed)
    assert [it.code for it in traces("accounts.signed_out")] == ["accounts.signed_out"]


def test_signing_out_needs_a_form_of_the_house(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.get("/connexion/sortie/").status_code == 405
    assert browser.post("/connexion/sortie/").status_code == 403


def test_refusing_at_the_provider_brings_back_to_the_door(visitor: Visitor) -> None:
    asked = visitor.start("/connexion/situation/")
    answer = visitor.sandbox.browser.post(f"{visitor.sandbox.issuer}/auth", data={**query_of(asked), "identite": ""})
    response = visitor.browser.get(answer.headers["Location"].removeprefix("http://testserver"), follow=True)
    assert response.request["PATH_INFO"] == "/connexion/"
    assert "Vous avez renoncé" in text_of(response)
    assert User.objects.count() == 0


def test_the_trace_of_a_sign_in_names_the_person_by_number_only(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    codes = [it.code for it in Entry.objects.filter(code__startswith="accounts.").order_by("id")]
    assert codes == [
        "accounts.created",
        "accounts.situation_opened",
        "accounts.signed_in",
        "accounts.terms_accepted",
        "accounts.situation_chosen",
    ]
    for entry in Entry.objects.all():
        assert "Romarin".casefold() not in f"{entry.details}{entry.reason}".casefold()
        assert entry.subject == professional("Romarin").idnat
