"""Access tokens of software: SMART Backend Services. The client proves itself by a signed assertion, used once.

Tokens are short-lived and signed by the house for itself, so that a request costs no question to the base once its token is known.
Sources: SMART App Launch 2.2.0 (backend services, asymmetric client authentication), RFC 7523, RFC 6749; read 2026-11-25.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.interop.exchanges.actions import may_manage_clients
from maison.interop.exchanges.models import Client

from .callers import SCOPE, rights_from, rights_of
from .errors import RegistrationRefused, TokenRefused
from .events import SoftwareRegistered
from .models import Assertion, Software

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS384", "ES384", "RS512", "PS384", "PS512", "ES512", "RS256", "ES256", "PS256")
LIFE_SECONDS = 300
LONGEST_ASSERTION_SECONDS = 300
SKEW_SECONDS = 30
SHORTEST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Granted:
    token: str
    scopes: tuple[str, ...]
    expires_in: int = LIFE_SECONDS


@lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"maison.fhir.token" + secret.encode()).digest()


def issue(form: Mapping[str, str], *, audience: str, base: str) -> Granted:
    """Raises TokenRefused; its `detail` is the OAuth error. The refusal is traced by the view, outside this transaction."""
    if form.get("grant_type") != "client_credentials":
        raise TokenRefused("unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise TokenRefused("invalid_client", why="assertion_missing")
    software, claims = _verified(form["client_assertion"], audience)
    scopes = tuple(granted(form.get("scope", ""), software.scopes))
    if not scopes:
        raise TokenRefused("invalid_scope", client=software.client.client_id)
    with transaction.atomic():
        _use_once(software, claims)
        token = sign(software.client, scopes, base=base)
        actor = Actor.software(
            software.client.client_id, software.client.name, structure_id=software.client.structure_id
        )
        audit.record(
            actor, "fhir.token_issued", target=("fhir.software", software.client.id), details={"scopes": list(scopes)}
        )
    return Granted(token, scopes)


def _verified(assertion: str, audience: str) -> tuple[Software, dict[str, Any]]:
    try:
        header = jwt.get_unverified_header(assertion)
        unsigned = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.PyJWTError, UnicodeError) as error:
        raise TokenRefused("invalid_client", why="unreadable") from error
    name = unsigned.get("iss")
    if not isinstance(name, str) or not name.isprintable():
        raise TokenRefused("invalid_client", why="unknown")
    software = Software.objects.select_related("client").filter(client__client_id=name, client__active=True).first()
    if software is None or unsigned.get("sub") != name:
        raise TokenRefused("invalid_client", why="unknown")
    key = _pick(software.keys, header)
    try:
        claims = jwt.decode(
            assertion, key.key, algorithms=[header["alg"]], audience=audience, leeway=SKEW_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "jti"]},
        )  # fmt: skip
    except (jwt.PyJWTError, TypeError, OverflowError) as error:
        raise TokenRefused("invalid_client", why=type(error).__name__, client=software.client.client_id) from error
    if int(claims["exp"]) > time.time() + LONGEST_ASSERTION_SECONDS + SKEW_SECONDS:
        raise TokenRefused("invalid_client", why="too_long", client=software.client.client_id)
    return software, claims


def _pick(keys: Iterable[dict[str, Any]], header: Mapping[str, Any]) -> jwt.PyJWK:
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("invalid_client", why="algorithm")
    found = [key for key in keys if key.get("kid") == header.get("kid")]
    if len(found) != 1:
        raise TokenRefused("invalid_client", why="unknown_key")
    public = {name: value for name, value in found[0].items() if name != "alg"}
    try:
        return jwt.PyJWK.from_dict(public, algorithm=header["alg"])
    except jwt.PyJWTError as error:
        raise TokenRefused("invalid_client", why="algorithm") from error  # the key is of another kind


def _use_once(software: Software, claims: Mapping[str, Any]) -> None:
    digest = hashlib.sha256(f"{software.client_id}\x1f{claims['jti']}".encode()).hexdigest()
    expires = datetime.fromtimestamp(int(claims["exp"]) + 2 * SKEW_SECONDS, UTC)
    _, created = Assertion.objects.get_or_create(id=digest, defaults={"expires_at": expires})
    if not created:
        raise TokenRefused("invalid_client", why="replayed", client=software.client.client_id)


def granted(asked: str, allowed: Iterable[str]) -> list[str]:
    """The scopes asked that the registration covers; a scope asked in part is given in part (SMART 2.2, scope negotiation)."""
    covers = rights_from(allowed)
    found = []
    for scope in dict.fromkeys(asked.split()):
        pair = rights_of(scope)
        if pair is None or not scope.startswith("system/"):
            continue
        kind, letters = pair
        everything = covers.get("*", frozenset()) | covers.get(kind, frozenset())
        given = "".join(letter for letter in "cruds" if letter in letters and letter in everything)
        if given:
            found.append(scope if set(given) == set(letters) else f"system/{kind}.{given}")
    return found


def sign(client: Client, scopes: Iterable[str], *, base: str) -> str:
    now = int(time.time())
    claims = {"iss": base, "aud": base, "sub": client.client_id, "scope": " ".join(scopes), "iat": now, "nbf": now,
              "exp": now + LIFE_SECONDS, "jti": uuid4().hex}  # fmt: skip
    return jwt.encode(claims, _key(settings.SECRET_KEY), algorithm="HS256", headers={"typ": "at+jwt"})


def read(token: str, *, base: str) -> dict[str, Any] | None:
    """The claims of one of our tokens in force; None for anything else."""
    try:
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            return None
        claims: dict[str, Any] = jwt.decode(token, _key(settings.SECRET_KEY), algorithms=["HS256"], audience=base, issuer=base,
                                            options={"require": ["exp", "sub", "scope"]})  # fmt: skip
    except (jwt.PyJWTError, UnicodeError):
        return None
    return claims


@transaction.atomic
def register(*, actor: Actor, client_id: str, keys: Iterable[dict[str, Any]], scopes: Iterable[str]) -> Software:
    """Let a declared client ask for tokens, or bring its keys and scopes up to date. Public keys only."""
    may_manage_clients(actor)
    client = Client.objects.filter(client_id=client_id).first()
    if client is None:
        raise RegistrationRefused("Déclarez d'abord le logiciel dans le journal des échanges.")
    checked = [_public(key) for key in keys]
    if not checked or len({key["kid"] for key in checked}) != len(checked):
        raise RegistrationRefused("Il faut au moins une clé publique, chacune avec un « kid » différent.")
    wanted = sorted(set(scopes))
    if not wanted or not all(SCOPE.fullmatch(scope) and scope.startswith("system/") for scope in wanted):
        raise RegistrationRefused("Les portées s'écrivent system/Type.cruds.")
    software, _ = Software.objects.update_or_create(
        client=client, defaults={"keys": checked, "scopes": wanted, "changed_at": timezone.now()}
    )
    audit.record(actor, "fhir.software_registered", target=("fhir.software", client.id), structure=client.structure_id,
                 details={"client": client_id, "scopes": wanted, "keys": [key["kid"] for key in checked]})  # fmt: skip
    publish(SoftwareRegistered(client.id))
    return software


def _public(key: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not key["kid"]:
        raise RegistrationRefused("Chaque clé porte un « kid ».")
    if key.get("kty") not in {"RSA", "EC"} or set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"}:
        raise RegistrationRefused("Donnez les clés publiques seulement (RSA ou EC), sans leur partie privée.")
    try:
        read_key = jwt.PyJWK.from_dict({**key, "alg": "RS384" if key["kty"] == "RSA" else _curve(key)}).key
    except (jwt.PyJWTError, ValueError) as error:
        raise RegistrationRefused("Une des clés n'est pas lisible (JWK).") from error
    if key["kty"] == "RSA" and read_key.key_size < SHORTEST_RSA_BITS:
        raise RegistrationRefused(f"Une clé RSA compte au moins {SHORTEST_RSA_BITS} bits.")
    return key


def _curve(key: Mapping[str, Any]) -> str:
    return {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}.get(str(key.get("crv")), "ES384")


def sweep() -> int:
    """Assertions out of date go: they are refused by their own date."""
    return Assertion.objects.filter(expires_at__lt=timezone.now()).delete()[0]
