"""What comes back from the provider and must not be believed: nobody comes in, and the trace says why."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client

from maison.foundations.accounts import psc_attempt, psc_client
from maison.foundations.accounts.errors import ProviderDown, SignInRefused
from maison.foundations.accounts.models import ProviderSession, Session, User
from maison.foundations.accounts.psc_client import Registration, level_reaches, provider
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Structure
from maison_region.people import professional
from maison_sandbox.psc import Signing
from tests.foundations.accounts.visitor import Visitor
from tests.sandbox.process import CLIENT, Sandbox, text_of

pytestmark = pytest.mark.django_db


def assert_nobody_came_in(visitor: Visitor, response: Any, status: int, reason: str) -> None:
    assert response.status_code == status, text_of(response)
    assert "_auth_user_id" not in visitor.browser.session
    assert User.objects.count() == 0
    entry = Entry.objects.get(code="accounts.sign_in_refused")
    assert entry.details["reason"] == reason
    assert entry.subject == "anonymous"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("nonce", "nonce"),
        ("signature", "signature"),
        ("alg_none", "algorithm"),
        ("hs256", "algorithm"),
        ("expired", "expired"),
        ("future", "issued_in_the_future"),
        ("audience", "audience"),
        ("azp", "authorised_party"),
        ("issuer", "issuer"),
        ("acr_low", "acr"),
        ("acr_missing", "acr"),
        ("subject", "userinfo_subject"),
        ("userinfo_forged", "signature"),
    ],
)
def test_a_token_that_is_not_right_in_every_way_lets_nobody_in(visitor: Visitor, fault: str, reason: str) -> None:
    visitor.sandbox.play(fault)
    response = visitor.come_back(visitor.pick("Romarin"))
    assert_nobody_came_in(visitor, response, 403, reason)
    assert "Connexion refusée" in text_of(response) or "e-CPS" in text_of(response)


@pytest.mark.parametrize("fault", ["skew", "userinfo_jwt", "new_key"])
def test_what_the_standard_allows_is_accepted(visitor: Visitor, hospital: dict[str, Structure], fault: str) -> None:
    visitor.sign_in("Galet")
    visitor.browser.logout()
    provider()._keys = (time.monotonic() - psc_client.KEYS_REFRESH_SECONDS, provider()._keys[1])  # type: ignore[index]
    visitor.sandbox.play(fault)
    visitor.sign_in("Romarin")
    assert visitor.browser.session["entered"]


def test_an_unknown_key_does_not_make_the_house_hammer_the_provider(visitor: Visitor) -> None:
    visitor.sign_in("Galet")
    client = provider()
    read_at = client._keys[0]  # type: ignore[index]
    forged = Signing().sign({"iss": client.registration.issuer})
    for _ in range(3):
        with pytest.raises(SignInRefused, match="refusée") as refusal:
            client.verified_id_token(forged, nonce="")
        assert refusal.value.reason == "unknown_key"
    assert client._keys[0] == read_at  # type: ignore[index]


def test_a_state_serves_once(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    back = visitor.pick("Romarin")
    visitor.come_back(back)
    visitor.browser.logout()
    response = visitor.come_back(back)
    assert response.status_code == 409
    assert "a déjà servi" in text_of(response)
    assert "_auth_user_id" not in visitor.browser.session


def test_an_answer_nobody_asked_for_is_refused(visitor: Visitor) -> None:
    response = visitor.come_back("/connexion/psc/retour/?code=x&state=y")
    assert_nobody_came_in(visitor, response, 409, "unknown_state")


def test_the_answer_made_for_one_browser_opens_no_other(visitor: Visitor) -> None:
    back = visitor.pick("Romarin")
    victim = Visitor(Client(), visitor.sandbox)
    victim.start()
    assert_nobody_came_in(victim, victim.come_back(back), 409, "unknown_state")


def test_a_code_serves_once(visitor: Visitor, hospital: dict[str, Structure]) -> None:
    """The thief of an answer comes second, with the right state and verifier: the provider refuses the code."""
    back = visitor.pick("Romarin")
    attempts = dict(visitor.browser.session["psc_attempts"])
    visitor.come_back(back)
    visitor.browser.logout()
    visitor.start()
    session = visitor.browser.session
    session["psc_attempts"] = attempts
    session.save()
    assert visitor.come_back(back).status_code == 409
    assert Entry.objects.get(code="accounts.sign_in_refused").details["reason"] == "invalid_grant"


def test_a_code_taken_without_its_verifier_is_worth_nothing(visitor: Visitor) -> None:
    back = visitor.pick("Romarin")
    session = visitor.browser.session
    attempts = session["psc_attempts"]
    next(iter(attempts.values()))["verifier"] = "x" * 64
    session["psc_attempts"] = attempts
    session.save()
    assert_nobody_came_in(visitor, visitor.come_back(back), 409, "invalid_grant")


def test_an_attempt_left_too_long_is_begun_again(visitor: Visitor) -> None:
    back = visitor.pick("Romarin")
    session = visitor.browser.session
    attempts = session["psc_attempts"]
    next(iter(attempts.values()))["started_at"] -= psc_attempt.ATTEMPT_SECONDS + 1
    session["psc_attempts"] = attempts
    session.save()
    assert_nobody_came_in(visitor, visitor.come_back(back), 409, "attempt_too_old")


def test_an_answer_in_the_name_of_another_issuer_is_refused(visitor: Visitor) -> None:
    back = visitor.pick("Romarin").replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128")
    assert_nobody_came_in(visitor, visitor.come_back(back), 403, "response_issuer")


def test_a_wrong_client_secret_lets_nobody_in(visitor: Visitor, settings: Any) -> None:
    settings.PSC = {**settings.PSC, "client_secret": "un-autre"}
    response = visitor.come_back(visitor.pick("Romarin"))
    assert_nobody_came_in(visitor, response, 403, "token:invalid_client")
    provider().close()


def test_a_discovery_that_names_another_issuer_is_refused(visitor: Visitor, settings: Any) -> None:
    issuer = settings.PSC["issuer"].replace("127.0.0.1", "localhost")
    settings.PSC = {**settings.PSC, "issuer": issuer}
    response = visitor.browser.get("/connexion/psc/")
    assert_nobody_came_in(visitor, response, 403, "discovery_issuer")
    provider().close()


def test_no_more_than_a_few_attempts_are_kept(visitor: Visitor) -> None:
    for _ in range(9):
        visitor.start()
    assert len(visitor.browser.session["psc_attempts"]) == 4


@pytest.mark.parametrize(
    ("returned", "asked", "enough"),
    [
        ("eidas1", "eidas1", True),
        ("eidas2", "eidas1", True),
        ("eidas1", "eidas2", False),
        ("eidas0", "eidas1", False),
        ("", "eidas1", False),
        (None, "eidas1", False),
        ("eidas1 ", "eidas1", False),
        ("EIDAS1", "eidas1", False),
        (["eidas1"], "eidas1", False),
    ],
)
def test_a_level_reaches_another(returned: object, asked: str, enough: bool) -> None:
    assert level_reaches(returned, asked) is enough


# -- the provider is down


@pytest.mark.parametrize("fault", ["down", "token_down", "userinfo_down"])
def test_when_the_provider_is_down_the_house_says_so_and_opens_no_other_way(visitor: Visitor, fault: str) -> None:
    if fault == "down":
        visitor.sandbox.play(fault)
        response = visitor.browser.get("/connexion/psc/")
    else:
        back = visitor.pick("Romarin")
        visitor.sandbox.play(fault)
        response = visitor.come_back(back)
    assert response.status_code == 503
    assert "mode dégradé" in text_of(response)
    assert "_auth_user_id" not in visitor.browser.session
    shown = text_of(visitor.browser.get("/connexion/"))
    assert "Pro Santé Connect ne répond pas." in shown


def test_a_slow_provider_is_given_up_in_time(visitor: Visitor, settings: Any) -> None:
    settings.PSC = {**settings.PSC, "read_seconds": 0.2}
    visitor.sandbox.play("slow")
    assert visitor.browser.get("/connexion/psc/").status_code == 503
    assert visitor.browser.get("/connexion/psc/").status_code == 503, "and the next person does not wait again"
    provider().close()


def test_an_open_session_goes_on_while_the_provider_is_down_and_can_still_be_closed(
    visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    visitor.sandbox.play("down")
    provider()._discovery = None
    assert Visitor(Client(), visitor.sandbox).browser.get("/connexion/psc/").status_code == 503
    assert visitor.browser.post("/connexion/prolonger/").status_code == 204
    response = visitor.browser.post("/connexion/sortie/")
    assert "peut-être encore ouverte" in text_of(response)
    assert visitor.browser.post("/connexion/prolonger/").status_code == 302


def test_the_band_goes_when_the_provider_comes_back(visitor: Visitor) -> None:
    visitor.sandbox.play("down")
    visitor.browser.get("/connexion/psc/")
    visitor.sandbox.play()
    client = provider()
    client._retry_at = 0.0  # the delay before asking again has passed
    visitor.start()
    assert "ne répond pas" not in text_of(visitor.browser.get("/connexion/"))


def test_an_unreachable_provider_is_a_provider_that_is_down(db: None) -> None:
    client = psc_client.ProviderClient(Registration(issuer="http://127.0.0.1:9/psc", **CLIENT))
    with pytest.raises(ProviderDown):
        client._document()
    assert client.is_down
    assert client.end_session_url(id_token="x", return_to="http://testserver/", state="y") == ""
    client.close()


# -- back-channel logout


def logout_claims(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    kept = ProviderSession.objects.get()
    claims = {
        "iss": sandbox.issuer,
        "sub": kept.subject,
        "aud": CLIENT["client_id"],
        "iat": now,
        "exp": now + 60,
        "jti": "1",
        "sid": kept.sid,
        "events": {psc_client.LOGOUT_EVENT: {}},
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def test_a_withdrawn_card_ends_the_session_at_once(
    visitor: Visitor, hospital: dict[str, Structure], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real call of the provider is in tests/sandbox; here its token, signed with its key."""
    visitor.sign_in("Romarin")
    signing = Signing()
    monkeypatch.setattr(provider(), "_keys", (time.monotonic(), {signing.kid: jwt.PyJWK.from_dict(signing.public())}))
    outsider = Client()

    def call(claims: dict[str, Any], signed: Signing = signing) -> int:
        return outsider.post("/connexion/psc/deconnexion/", {"logout_token": signed.sign(claims)}).status_code

    sandbox = visitor.sandbox
    refused: list[dict[str, Any]] = [
        {"events": {}},
        {"events": None},
        {"nonce": "x"},
        {"aud": "un-autre"},
        {"iss": "https://ailleurs.invalid"},
        {"exp": int(time.time()) - 3600},
        {"exp": None, "iat": int(time.time()) - 3600},
        {"jti": None},
        {"sub": None, "sid": None},
    ]
    for changes in refused:
        assert call(logout_claims(sandbox, **changes)) == 400, changes
    assert call(logout_claims(sandbox), Signing(kid=signing.kid)) == 400
    assert outsider.post("/connexion/psc/deconnexion/").status_code == 400
    assert call(logout_claims(sandbox, sid="un-autre")) == 200, "true, but about no session of ours"
    assert visitor.browser.post("/connexion/prolonger/").status_code == 204

    assert call(logout_claims(sandbox)) == 200
    assert Session.objects.filter(user_id=User.objects.get().id).count() == 0
    assert visitor.browser.post("/connexion/prolonger/").status_code == 302
    assert Entry.objects.filter(code="accounts.session_ended_by_provider").count() == 1


def test_a_logout_without_sid_ends_every_session_of_the_person_and_no_other(
    visitor: Visitor, hospital: dict[str, Structure], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.sign_in("Romarin")
    claims = logout_claims(visitor.sandbox, sid=None)
    elsewhere, other = Visitor(Client(), visitor.sandbox), Visitor(Client(), visitor.sandbox)
    elsewhere.sign_in("Romarin")
    other.sign_in("Galet")
    signing = Signing()
    monkeypatch.setattr(provider(), "_keys", (time.monotonic(), {signing.kid: jwt.PyJWK.from_dict(signing.public())}))
    assert Client().post("/connexion/psc/deconnexion/", {"logout_token": signing.sign(claims)}).status_code == 200
    assert visitor.browser.post("/connexion/prolonger/").status_code == 302
    assert elsewhere.browser.post("/connexion/prolonger/").status_code == 302
    assert other.browser.post("/connexion/prolonger/").status_code == 204
    assert professional("Galet").idnat == User.objects.get(family_name="GALET").subject


def test_a_registration_with_a_key_signs_its_requests_and_sends_no_secret(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    client = psc_client.ProviderClient(
        Registration(issuer=sandbox.issuer, client_id="maison-esante", private_key=pem, private_key_id="k1")
    )
    attempt = psc_attempt.Attempt.start(redirect_uri="http://testserver/", next_url="/")
    token_endpoint = client._endpoint("token_endpoint")
    sent: dict[str, Any] = {}

    def call(method: str, url: str, **options: Any) -> httpx.Response:
        sent.update(options)
        return httpx.Response(400, json={"error": "invalid_grant"})

    monkeypatch.setattr(client, "_call", call)
    with pytest.raises(SignInRefused):
        client.authenticate(attempt, code="x")
    client.close()
    assert "Authorization" not in sent["headers"]
    assertion = sent["data"]["client_assertion"]
    assert jwt.get_unverified_header(assertion)["kid"] == "k1"
    claims = jwt.decode(assertion, key.public_key(), algorithms=["RS256"], audience=token_endpoint)
    assert claims["iss"] == claims["sub"] == "maison-esante"


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "RS512", "EdDSA", "HS384", "nOnE"])
def test_a_token_under_another_algorithm_than_its_key_is_refused(sandbox: Sandbox, algorithm: str) -> None:
    """The header is the forger's to write: only the published key decides."""
    kid = sandbox.browser.get(f"{sandbox.issuer}/certs").json()["keys"][0]["kid"]
    header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    parts = [json.dumps(header), json.dumps({"iss": sandbox.issuer}), "signature"]
    token = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
    with pytest.raises(SignInRefused):
        provider().verified_id_token(token, nonce="")


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "é.é.é", "." * 3, "eyJhbGciOiJSUzI1NiJ9..", "{}.{}.{}"])
def test_what_is_no_token_is_refused(sandbox: Sandbox, token: str) -> None:
    with pytest.raises(SignInRefused):
        provider().verified_id_token(token, nonce="")
