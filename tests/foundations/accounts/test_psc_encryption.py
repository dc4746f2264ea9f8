"""Tokens encrypted for the house: opened with its own key, then believed no more than if they had come in the clear."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from django.test import Client
from joserfc import jwe
from joserfc.jwk import OctKey, RSAKey

from maison.config.environment import SettingsError
from maison.config.sign_in import provider_from
from maison.foundations.accounts import psc_client, psc_encryption
from maison.foundations.accounts.errors import SignInRefused
from maison.foundations.accounts.models import ProviderSession, User
from maison.foundations.accounts.psc_client import provider
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Structure
from maison_sandbox.psc import Signing
from tests.foundations.accounts.visitor import Visitor, query_of
from tests.sandbox.process import Sandbox, text_of

pytestmark = pytest.mark.django_db


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY, OTHER_KEY = (pem_of(rsa.generate_private_key(65537, 2048)) for _ in range(2))


def published(*pems: str) -> dict[str, Any]:
    return psc_encryption.published(pems, {})


@pytest.fixture
def encrypted(sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """Both sides agree: the provider encrypts, the house demands it."""
    settings.PSC = {**settings.PSC, "encryption_keys": (KEY,), "encrypted": True}
    psc_client._client.cache_clear()
    sandbox.register(published(KEY))
    yield sandbox
    sandbox.register()


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "RSA-OAEP"])
@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_a_professional_comes_in_with_encrypted_tokens(
    encrypted: Sandbox, visitor: Visitor, hospital: dict[str, Structure], alg: str, enc: str
) -> None:
    encrypted.register(visitor.browser.get("/connexion/psc/cles/").json(), alg=alg, enc=enc)
    visitor.sign_in("Romarin")
    assert visitor.browser.session["entered"]
    assert User.objects.get().family_name == "ROMARIN"


def test_signing_out_gives_the_provider_the_token_it_signed(
    encrypted: Sandbox, visitor: Visitor, hospital: dict[str, Structure]
) -> None:
    visitor.sign_in("Romarin")
    assert ProviderSession.objects.get().id_token.count(".") == 2
    url = text_link(visitor.browser.post("/connexion/sortie/"), encrypted.issuer)
    answer = encrypted.browser.get(url)
    assert answer.status_code == 303, answer.text
    assert query_of(answer.headers["Location"])["state"] == query_of(url)["state"]


def text_link(response: Any, issuer: str) -> str:
    address = response.context["provider_url"]
    assert address.startswith(issuer)
    return str(address)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (["jwe_other_key"], "decryption"),
        (["jwe_changed"], "decryption"),
        (["jwe_rsa15"], "encryption_algorithm"),
        (["jwe_twice"], "token_unreadable"),
        (["jwe_absent"], "token_not_encrypted"),
        (["userinfo_in_clear"], "token_not_encrypted"),
        (["userinfo_in_clear", "userinfo_jwt"], "token_not_encrypted"),
        (["alg_none"], "algorithm"),
        (["hs256"], "algorithm"),
        (["signature"], "signature"),
        (["userinfo_forged"], "signature"),
        (["nonce"], "nonce"),
        (["subject"], "userinfo_subject"),
    ],
)
def test_an_encrypted_token_that_is_not_right_in_every_way_lets_nobody_in(
    encrypted: Sandbox, visitor: Visitor, faults: list[str], reason: str
) -> None:
    encrypted.play(*faults)
    response = visitor.come_back(visitor.pick("Romarin"))
    assert response.status_code == 403
    assert "Connexion refusée" in text_of(response)
    assert User.objects.count() == 0
    entry = Entry.objects.get(code="accounts.sign_in_refused")
    assert (entry.details["reason"], entry.subject, entry.outcome) == (reason, "anonymous", "refused")


def test_a_house_registered_without_encryption_refuses_an_encrypted_token(sandbox: Sandbox, visitor: Visitor) -> None:
    sandbox.register(published(KEY))
    try:
        assert visitor.come_back(visitor.pick("Romarin")).status_code == 403
    finally:
        sandbox.register()
    assert Entry.objects.get(code="accounts.sign_in_refused").details["reason"] == "encrypted_token"


def test_while_the_registration_changes_both_forms_are_accepted(
    sandbox: Sandbox, visitor: Visitor, hospital: dict[str, Structure], settings: Any
) -> None:
    """The key is set and not yet demanded: the ANS may switch at any hour."""
    settings.PSC = {**settings.PSC, "encryption_keys": (KEY,)}
    visitor.sign_in("Galet")
    assert visitor.browser.session["entered"]
    sandbox.register(published(KEY))
    try:
        other = Visitor(Client(), sandbox)
        other.sign_in("Romarin")
    finally:
        sandbox.register()
    assert other.browser.session["entered"]
    provider().close()


def test_a_retired_key_still_opens_and_is_no_longer_published(sandbox: Sandbox, settings: Any) -> None:
    sealed = sealed_for(KEY, "jeton")
    assert psc_encryption.opened(sealed, (OTHER_KEY, KEY)) == "jeton"
    (entry,) = published(OTHER_KEY, KEY)["keys"]
    assert entry["kid"] == published(OTHER_KEY)["keys"][0]["kid"]


def sealed_for(pem: str, text: str, **header: Any) -> str:
    return sealed_for_jwk(RSAKey.import_key(pem).as_dict(private=False), text, **header)


def sealed_for_jwk(jwk: dict[str, Any], text: str, **header: Any) -> str:
    key = RSAKey.import_key(jwk)
    protected = {"alg": "RSA-OAEP-256", "enc": "A256GCM", **header}
    registry = jwe.JWERegistry(algorithms=[protected["alg"], protected["enc"], "DEF"], strict_check_header=False)
    return jwe.encrypt_compact(protected, text, key, registry=registry)


def test_what_is_published_holds_nothing_private_and_serves_both_ways(
    client: Client, sandbox: Sandbox, settings: Any
) -> None:
    settings.PSC = {**settings.PSC, "encryption_keys": (KEY,), "private_key": OTHER_KEY, "private_key_id": "sig-1"}
    response = client.get("/connexion/psc/cles/")
    assert response.headers["Content-Type"] == "application/jwk-set+json"
    encryption, signing = response.json()["keys"]
    assert encryption.keys() == signing.keys() == {"kty", "n", "e", "use", "alg", "kid"}
    assert (encryption["use"], encryption["alg"]) == ("enc", "RSA-OAEP-256")
    assert (signing["use"], signing["kid"]) == ("sig", "sig-1")
    assert psc_encryption.opened(sealed_for_jwk(encryption, "jeton"), (KEY,)) == "jeton"
    provider().close()


def test_a_house_without_key_publishes_an_empty_set(client: Client, sandbox: Sandbox) -> None:
    assert client.get("/connexion/psc/cles/").json() == {"keys": []}


def forged(header: dict[str, Any]) -> str:
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return ".".join([head, *sealed_for(KEY, "jeton").split(".")[1:]])


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (sealed_for(KEY, "jeton" * 1000, zip="DEF"), "encryption_header"),
        (sealed_for(KEY, "jeton", jku="https://ailleurs.invalid"), "encryption_header"),
        (forged({"alg": "RSA-OAEP-256", "enc": "A256GCM", "crit": ["exp"], "exp": 1}), "encryption_header"),
        (forged({"alg": "RSA-OAEP-256", "enc": "A256GCM", "typ": "autre"}), "decryption"),
        (forged({"alg": "RSA-OAEP", "enc": "A256GCM"}), "decryption"),
        (forged({"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256"}), "decryption"),
        (forged({"alg": "none", "enc": "A256GCM"}), "encryption_algorithm"),
        (forged({"alg": ["RSA-OAEP-256"], "enc": "A256GCM"}), "encryption_algorithm"),
        (forged({"alg": "RSA-OAEP-256", "enc": "none"}), "encryption_algorithm"),
        (forged({"alg": "RSA-OAEP-256"}), "token_unreadable"),
        (sealed_for(OTHER_KEY, "jeton"), "decryption"),
        ("a.b.c.d.e", "token_unreadable"),
        ("....", "token_unreadable"),
        ("é.é.é.é.é", "token_unreadable"),
        (sealed_for(KEY, "jeton") + "A" * 100_000, "token_unreadable"),
    ],
    ids=[f"seal-{rank}" for rank in range(15)],  # sealed anew in each worker: a token cannot name a test
)
def test_what_is_not_sealed_as_agreed_is_not_opened(token: str, reason: str) -> None:
    with pytest.raises(SignInRefused) as refusal:
        psc_encryption.opened(token, (KEY,))
    assert refusal.value.reason == reason


def test_the_published_key_is_no_shared_secret() -> None:
    """Key confusion: a token wrapped with what everyone can read, under a symmetric algorithm."""
    public = RSAKey.import_key(KEY).as_pem(private=False)
    secret = OctKey.import_key({"kty": "oct", "k": base64.urlsafe_b64encode(public[40:72]).decode().rstrip("=")})
    registry = jwe.JWERegistry(algorithms=["dir", "A256GCM"])
    token = jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, "jeton", secret, registry=registry)
    with pytest.raises(SignInRefused) as refusal:
        psc_encryption.opened(token, (KEY,))
    assert refusal.value.reason == "encryption_algorithm"


def test_userinfo_encrypted_without_signature_is_as_good_as_json(
    encrypted: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenID Connect Core §5.3.2: only the signature is optional there; an ID token is always signed."""
    sealed = sealed_for(KEY, json.dumps({"sub": "f:1:899"}))
    answer = httpx.Response(200, headers={"Content-Type": "application/jwt"}, content=sealed)
    client = provider()
    client._endpoint("userinfo_endpoint")
    monkeypatch.setattr(client, "_call", lambda *arguments, **options: answer)
    assert client._userinfo("x") == {"sub": "f:1:899"}
    with pytest.raises(SignInRefused):
        client.verified_id_token(psc_encryption.opened(sealed, (KEY,)), nonce="")


def test_an_encrypted_logout_token_ends_the_session_and_one_in_the_clear_too(
    encrypted: Sandbox, visitor: Visitor, hospital: dict[str, Structure], monkeypatch: pytest.MonkeyPatch
) -> None:
    signing = Signing()
    for sealed in (True, False):
        visitor.sign_in("Romarin")
        kept = ProviderSession.objects.get()
        now = int(time.time())
        token = signing.sign(
            {"iss": encrypted.issuer, "aud": "maison-esante", "iat": now, "exp": now + 60, "jti": "1", "sid": kept.sid}
            | {"events": {psc_client.LOGOUT_EVENT: {}}}
        )
        with monkeypatch.context() as patch:
            keys = {signing.kid: jwt.PyJWK.from_dict(signing.public())}
            patch.setattr(provider(), "_keys", (time.monotonic(), keys))
            body = {"logout_token": sealed_for(KEY, token, cty="JWT") if sealed else token}
            assert Client().post("/connexion/psc/deconnexion/", body).status_code == 200
        assert visitor.browser.post("/connexion/prolonger/").status_code == 302


# -- settings


def read(environ: dict[str, str]) -> dict[str, Any]:
    return provider_from(environ, sandbox_url="http://localhost:8001", sandbox=True, production=False)


def test_keys_are_read_from_their_files_the_current_one_first(tmp_path: Path) -> None:
    for name, pem in (("a.pem", KEY), ("b.pem", OTHER_KEY)):
        (tmp_path / name).write_text(pem)
    read_back = read(
        {
            "MAISON_PSC_ENCRYPTION_KEY_FILES": f"{tmp_path / 'a.pem'}, {tmp_path / 'b.pem'}",
            "MAISON_PSC_ENCRYPTED": "oui",
        }
    )
    assert read_back["encryption_keys"] == (KEY, OTHER_KEY)
    assert read_back["encrypted"] is True


def unusable_keys() -> dict[str, bytes]:
    weak = rsa.generate_private_key(65537, 1024)
    strong = rsa.generate_private_key(65537, 2048)
    return {
        "short": pem_of(weak).encode(),
        "elliptic": pem_of(ec.generate_private_key(ec.SECP256R1())).encode(),
        "public": RSAKey.import_key(KEY).as_pem(private=False),
        "locked": strong.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        "bytes": b"\xff\xfe\x00",
    }


def test_a_key_that_cannot_open_anything_stops_the_start(tmp_path: Path) -> None:
    for name, content in unusable_keys().items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SettingsError, match="MAISON_PSC_ENCRYPTION_KEY_FILES"):
            read({"MAISON_PSC_ENCRYPTION_KEY_FILES": str(path)})
    with pytest.raises(SettingsError, match="MAISON_PSC_ENCRYPTION_KEY_FILES"):
        read({"MAISON_PSC_ENCRYPTION_KEY_FILES": str(tmp_path / "nowhere.pem")})
    with pytest.raises(SettingsError, match="MAISON_PSC_ENCRYPTED"):
        read({"MAISON_PSC_ENCRYPTED": "1"})
