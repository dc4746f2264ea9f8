"""Local accounts: invited, protected by a second factor, and never a way to health data."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from maison.foundations.access import Actor, Permission
from maison.foundations.access.actor import actor_of
from maison.foundations.accounts import actions
from maison.foundations.accounts.models import Invitation, Session, User
from maison.foundations.audit.models import Entry
from maison.foundations.errors import NotFound
from maison.foundations.structures.models import Structure
from tests.factories import HabilitationFactory, StructureFactory
from tests.sandbox.process import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "Garrigue-et-cigales-31"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def no_attempt_from_another_test(db: None) -> None:
    cache.clear()


def code_of(secret: str, periods: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def invitation_path(structure: Structure, email: str = "sidonie.millet@maison.example") -> str:
    _, secret = actions.invite(
        actor=Actor.system("test"),
        structure_id=structure.id,
        email=email,
        family_name="Millet",
        given_name="Sidonie",
    )
    return f"/connexion/invitation/{secret}/"


def accept(client: Client, path: str, password: str = PASSWORD) -> Any:
    return client.post(path, {"password": password, "again": password}, follow=True)


@pytest.fixture
def structure(db: None) -> Structure:
    return StructureFactory()


@pytest.fixture
def sidonie(structure: Structure) -> User:
    """A local account with an application of codes, terms accepted."""
    user = actions.accept_invitation(invitation_path(structure).split("/")[3], PASSWORD)
    actions.enrol_known_totp(actor=Actor.system("test"), user_id=user.id, secret=SECRET)
    actions.accept_terms(user.id)
    return user


def password(client: Client, email: str = "sidonie.millet@maison.example", value: str = PASSWORD, **query: str) -> Any:
    return client.post("/connexion/locale/", {"login": email, "password": value}, query_params=query)


def sign_in(client: Client, *, code: str = "") -> Any:
    password(client)
    return client.post("/connexion/locale/second-facteur/", {"code": code or code_of(SECRET)})


def actor_in(client: Client) -> Actor:
    request = type("Request", (), {"session": client.session})()
    return actor_of(request)


# -- the invitation


def test_an_invited_person_opens_an_account_then_a_second_factor_then_enters(
    client: Client, structure: Structure, django_capture_on_commit_callbacks: Any
) -> None:
    path = invitation_path(structure)
    assert "Sidonie Millet" in text_of(client.get(path))
    response = accept(client, path)
    assert response.request["PATH_INFO"] == "/connexion/compte/"
    assert "Protéger votre compte" in text_of(response)
    assert actor_in(client).is_anonymous

    page = client.get("/connexion/compte/application/")
    secret = page.context["form"].secret
    assert "data:image/svg+xml" in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/connexion/compte/application/", {"code": code_of(secret)}, follow=True)
    assert response.request["PATH_INFO"] == "/connexion/compte/codes/"
    assert len(response.context["unused_codes"]) == 10
    assert "ont déjà été affichés" in text_of(client.get("/connexion/compte/codes/"))

    response = client.get("/connexion/entree/", follow=True)
    assert response.request["PATH_INFO"] == "/connexion/conditions/"
    client.post("/connexion/conditions/", {"accepted": "on"}, follow=True)
    actor = actor_in(client)
    assert (actor.auth, actor.structure_id) == ("local", structure.id)
    assert actor.subject.startswith("local:")
    codes = set(Entry.objects.filter(subject=actor.subject).values_list("code", flat=True))
    assert {"accounts.created", "accounts.second_factor_added", "accounts.signed_in"} <= codes


def test_an_invitation_serves_once(client: Client, structure: Structure) -> None:
    path = invitation_path(structure)
    accept(client, path)
    response = Client().get(path)
    assert response.status_code == 404
    assert "n'est plus utilisable" in text_of(response)
    assert accept(Client(), path).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.parametrize("change", [{"expires_at": "2026-01-01T00:00:00Z"}, {"withdrawn_at": "2026-01-01T00:00:00Z"}])
def test_an_expired_or_withdrawn_invitation_opens_nothing(
    client: Client, structure: Structure, change: dict[str, str]
) -> None:
    path = invitation_path(structure)
    Invitation.objects.update(**change)
    assert client.get(path).status_code == 404
    assert accept(client, path).status_code == 404


def test_the_secret_of_an_invitation_is_kept_nowhere(structure: Structure) -> None:
    secret = invitation_path(structure).split("/")[3]
    kept = " ".join(str(value) for value in Invitation.objects.values().get().values())
    traced = " ".join(str(it) for it in Entry.objects.values_list("details", "reason", "target_id"))
    assert secret not in kept + traced


@pytest.mark.parametrize("weak", ["court", "202611220031", "sidonie.millet@maison"])
def test_a_weak_password_is_refused_in_words(client: Client, structure: Structure, weak: str) -> None:
    response = accept(client, invitation_path(structure), weak)
    assert response.status_code == 422
    assert "mot de passe" in text_of(response).lower()
    assert User.objects.count() == 0


def test_nobody_signs_up_alone() -> None:
    for name in ("account_signup", "account_reset_password", "account_email", "account_set_password", "mfa_trust"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


# -- signing in


def test_password_then_code_opens_the_house(client: Client, sidonie: User) -> None:
    response = password(client, next="/connexion/situation/")
    assert response["Location"] == "/connexion/locale/second-facteur/"
    assert actor_in(client).is_anonymous
    assert "_auth_user_id" not in client.session
    before = client.session.session_key
    response = client.post("/connexion/locale/second-facteur/", {"code": code_of(SECRET)}, follow=True)
    assert response.request["PATH_INFO"] == "/connexion/situation/"
    assert actor_in(client).subject == sidonie.subject
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(client: Client, sidonie: User) -> None:
    wrong = text_of(password(client, value="pas-le-bon-mot"))
    unknown = text_of(password(client, email="personne@maison.example"))
    assert "ne correspondent pas" in wrong
    assert wrong.replace(sidonie.email, "") == unknown.replace("personne@maison.example", "")
    assert [it.target_id for it in Entry.objects.filter(code="accounts.sign_in_refused").order_by("id")] == [
        str(sidonie.id),
        "",
    ]


def test_a_code_serves_once_even_in_another_browser(client: Client, sidonie: User) -> None:
    code = code_of(SECRET)
    assert sign_in(client, code=code).status_code == 302
    thief = Client()
    response = sign_in(thief, code=code)
    assert response.status_code == 200
    assert "a déjà servi" in text_of(response)
    assert "_auth_user_id" not in thief.session


def test_the_code_that_activated_the_application_does_not_sign_in(client: Client, structure: Structure) -> None:
    accept(client, invitation_path(structure))
    secret = client.get("/connexion/compte/application/").context["form"].secret
    code = code_of(secret)
    client.post("/connexion/compte/application/", {"code": code})
    other = Client()
    password(other)
    response = other.post("/connexion/locale/second-facteur/", {"code": code})
    assert "a déjà servi" in text_of(response)


def test_a_code_is_not_forgotten_while_a_slow_clock_still_accepts_it(
    client: Client, sidonie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_of(SECRET)
    sign_in(client, code=code)
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now + 31)
    cache.delete_many([f"allauth.mfa.totp.used?user={sidonie.pk}&code={code}"])  # what allauth itself forgets by then
    assert "a déjà servi" in text_of(sign_in(Client(), code=code))


def test_a_recovery_code_serves_once(client: Client, structure: Structure) -> None:
    accept(client, invitation_path(structure))
    secret = client.get("/connexion/compte/application/").context["form"].secret
    page = client.post("/connexion/compte/application/", {"code": code_of(secret)}, follow=True)
    code = page.context["unused_codes"][0]
    first, second = Client(), Client()
    assert sign_in(first, code=code)["Location"] == "/connexion/entree/"
    assert "Ce code n'est pas le bon" in text_of(sign_in(second, code=code))


def test_too_many_wrong_codes_are_stopped(client: Client, sidonie: User) -> None:
    password(client)
    for _ in range(5):
        client.post("/connexion/locale/second-facteur/", {"code": "000000"})
    response = client.post("/connexion/locale/second-facteur/", {"code": code_of(SECRET)})
    assert "Trop d'essais" in text_of(response)
    assert "_auth_user_id" not in client.session


def test_too_many_wrong_passwords_are_stopped_for_the_account(client: Client, sidonie: User) -> None:
    for _ in range(5):
        password(client, value="pas-le-bon-mot")
    assert "Trop d'essais" in text_of(password(Client()))


def test_a_closed_account_is_answered_like_an_unknown_one(client: Client, sidonie: User) -> None:
    actions.close_local_account(actor=Actor.system("test"), user_id=sidonie.id, reason="départ")
    password(client)
    assert client.get("/connexion/locale/second-facteur/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_local_account_never_opens_health_data(client: Client, sidonie: User, structure: Structure) -> None:
    from maison.foundations.access import grant

    health = Permission("tests.local_health", "Données de santé de test", health=True)
    plain = Permission("tests.local_plain", "Sans données de santé")
    grant("coordonnateur", health, plain)
    HabilitationFactory(subject=sidonie.subject, structure=structure, role="coordonnateur")
    sign_in(client)
    client.get("/connexion/entree/")
    actor = actor_in(client)
    assert actor.can(plain, structure.id)
    assert not actor.can(health, structure.id)


# -- keeping the account safe


def test_the_last_second_factor_cannot_be_removed(client: Client, sidonie: User) -> None:
    sign_in(client)
    client.post("/connexion/compte/confirmer/", {"password": PASSWORD})
    response = client.post("/connexion/compte/application/retirer/")
    assert "seul second facteur" in text_of(response)
    assert Authenticator.objects.filter(user=sidonie, type="totp").exists()


def test_changing_the_second_factor_asks_for_the_password_again(client: Client, sidonie: User) -> None:
    sign_in(client)
    response = client.get("/connexion/compte/cles/ajouter/")
    assert urlsplit(response["Location"]).path == "/connexion/compte/confirmer/"
    assert client.post("/connexion/compte/confirmer/", {"password": "pas-le-bon"}).status_code == 200
    client.post("/connexion/compte/confirmer/", {"password": PASSWORD})
    assert client.get("/connexion/compte/cles/ajouter/").status_code == 200


def test_changing_the_password_ends_the_other_sessions(client: Client, sidonie: User) -> None:
    sign_in(client)
    other = Client()
    sign_in(other, code=code_of(SECRET, 1))
    assert Session.objects.filter(user_id=sidonie.id).count() == 2
    new = "Tramontane-et-garrigue-66"
    client.post("/connexion/compte/mot-de-passe/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    sidonie.refresh_from_db()
    assert sidonie.check_password(new)
    assert client.get("/connexion/compte/").status_code == 200
    assert other.get("/connexion/compte/").status_code == 303


def test_the_secret_of_the_application_is_sealed_in_the_database(sidonie: User) -> None:
    assert SECRET not in str(Authenticator.objects.get(user=sidonie, type="totp").data)


def test_pages_of_a_local_account_are_closed_to_others(client: Client, signed_in_client: Callable[..., Client]) -> None:
    paths = ["compte/", "compte/application/", "compte/cles/ajouter/", "compte/codes/", "compte/mot-de-passe/"]
    professional = signed_in_client()
    for path in paths:
        for browser in (client, professional):
            response = browser.get(f"/connexion/{path}")
            assert response.status_code == 303, path
            assert response["Location"] == "/connexion/"


# -- the administrator


def test_an_administrator_invites_into_his_structures_only(
    structure: Structure, signed_in_client: Callable[..., Client]
) -> None:
    elsewhere = StructureFactory()
    administrator = signed_in_client("admin_structure", structure)
    form = {"given_name": "Sidonie", "family_name": "Millet", "email": "sidonie.millet@maison.example"}
    refused = administrator.post("/connexion/comptes/inviter/", {**form, "structure": str(elsewhere.id)})
    assert refused.status_code == 422
    response = administrator.post("/connexion/comptes/inviter/", {**form, "structure": str(structure.id)})
    path = urlsplit(response.context["url"]).path
    assert "Sidonie Millet" in text_of(administrator.get("/connexion/comptes/"))
    accept(Client(), path)
    assert "Second facteur à ajouter" in text_of(administrator.get("/connexion/comptes/"))
    assert User.objects.filter(kind="local").get().situations.get().structure == structure


def test_an_administrator_sees_and_touches_no_account_of_elsewhere(
    sidonie: User, signed_in_client: Callable[..., Client]
) -> None:
    stranger = signed_in_client("admin_structure", StructureFactory())
    assert "Millet" not in text_of(stranger.get("/connexion/comptes/"))
    for action in ("fermer", "rouvrir", "inviter"):
        assert stranger.post(f"/connexion/comptes/{sidonie.id}/{action}/").status_code == 404
    sidonie.refresh_from_db()
    assert sidonie.is_active


def test_inviting_again_replaces_the_password_and_the_second_factor(
    client: Client, sidonie: User, structure: Structure, signed_in_client: Callable[..., Client]
) -> None:
    sign_in(client)
    administrator = signed_in_client("admin_structure", structure)
    response = administrator.post(f"/connexion/comptes/{sidonie.id}/inviter/")
    path = urlsplit(response.context["url"]).path
    assert client.get("/connexion/compte/").status_code == 200, "until the link is used, nothing changes"
    accept(Client(), path, "Tramontane-et-garrigue-66")
    assert client.get("/connexion/compte/").status_code == 303
    assert not Authenticator.objects.filter(user=sidonie).exists()
    assert User.objects.filter(kind="local").count() == 1


def test_closing_an_account_ends_its_sessions(
    client: Client, sidonie: User, structure: Structure, signed_in_client: Callable[..., Client]
) -> None:
    sign_in(client)
    administrator = signed_in_client("admin_structure", structure)
    administrator.post(f"/connexion/comptes/{sidonie.id}/fermer/")
    assert client.get("/connexion/compte/").status_code == 303
    administrator.post(f"/connexion/comptes/{sidonie.id}/rouvrir/")
    assert sign_in(Client(), code=code_of(SECRET, 1))["Location"] == "/connexion/entree/"


def test_an_address_has_one_local_account(
    sidonie: User, structure: Structure, signed_in_client: Callable[..., Client]
) -> None:
    administrator = signed_in_client("admin_structure", structure)
    form = {"given_name": "S", "family_name": "M", "email": sidonie.email.upper(), "structure": str(structure.id)}
    assert administrator.post("/connexion/comptes/inviter/", form).status_code == 409


def test_a_known_second_factor_is_refused_in_production(sidonie: User, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(NotFound):
        actions.enrol_known_totp(actor=Actor.system("test"), user_id=sidonie.id, secret=SECRET)
