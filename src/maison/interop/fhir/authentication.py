"""Who holds this token: software with one of ours, or a professional with one of Pro Santé Connect (X-01)."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any
from uuid import UUID

from django.db import connection

from maison.foundations.access.actor import Actor
from maison.foundations.access.selectors import actor_for_session
from maison.foundations.accounts.errors import ProviderDown, SignInRefused
from maison.foundations.accounts.psc_claims import UnusableClaims, read_claims
from maison.foundations.accounts.psc_client import provider

from . import tokens
from .callers import Caller, rights_from
from .errors import NoLink, NotAuthenticated, Unavailable
from .permissions import P
from .registry import declared

KEPT_SECONDS = 20.0
"""How long a closed client or a withdrawn role may still be served by a process that has just met its token."""
MOST_KEPT = 2000

SOFTWARE = """
SELECT c.client_id, c.name, c.structure_id, s.kind = 'GRADES', f.scopes,
       (SELECT array_agg(w.id) FROM structures_structure w WHERE w.lineage @> ARRAY[c.structure_id])
FROM exchanges_client c JOIN fhir_software f ON f.client_id = c.id JOIN structures_structure s ON s.id = c.structure_id
WHERE c.client_id = %s AND c.active AND (s.closed_on IS NULL OR s.closed_on > current_date)
"""
PERSON = """
SELECT u.id, array_remove(array_agg(s.id ORDER BY s.last_seen_at DESC), NULL) FROM accounts_user u
LEFT JOIN structures_situation s ON s.user_id = u.id AND s.structure_id IS NOT NULL
     AND (s.ended_on IS NULL OR s.ended_on > current_date)
WHERE u.subject = %s AND u.is_active AND u.kind = 'psc' GROUP BY u.id
"""

_lock = threading.Lock()
_kept: dict[bytes, tuple[float, Caller]] = {}


def caller_of(authorization: str, *, base: str, situation: str = "") -> Caller:
    """Raises NotAuthenticated, NoLink (several situations and none chosen), Unavailable (Pro Santé Connect does not answer)."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > 8192:
        raise NotAuthenticated
    key = _key(token, base, situation)
    kept = _kept.get(key)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    claims = tokens.read(token, base=base)
    if claims is not None:
        caller, ends_at = _software(claims), float(claims["exp"])
    else:
        caller, ends_at = _person(token, situation)
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (time.monotonic() + min(KEPT_SECONDS, ends_at - time.time()), caller)
    return caller


def known(authorization: str, *, base: str, situation: str = "") -> Caller | None:
    """The caller this process has met less than twenty seconds ago, without asking the base anything."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    kept = _kept.get(_key(token.strip(), base, situation))
    return kept[1] if kept is not None and kept[0] > time.monotonic() else None


def _key(token: str, base: str, situation: str) -> bytes:
    return hashlib.sha256(f"{base}\x1f{situation}\x1f{token}".encode()).digest()


def forget() -> None:
    with _lock:
        _kept.clear()


def _software(claims: dict[str, Any]) -> Caller:
    with connection.cursor() as cursor:
        cursor.execute(SOFTWARE, [claims["sub"]])
        row = cursor.fetchone()
    if row is None:
        raise NotAuthenticated
    # A scope withdrawn since the token was signed opens nothing more.
    return _caller(row, tokens.granted(claims["scope"], row[4]))


def of_client(client_id: str) -> Caller | None:
    """What declared software may do now, by its whole registration, when the house speaks first. None: it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(SOFTWARE, [client_id])
        row = cursor.fetchone()
    return None if row is None else _caller(row, row[4])


def _caller(row: tuple[Any, ...], scopes: list[str]) -> Caller:
    client_id, name, structure_id, agency, _, within = row
    structures = frozenset(within or ())
    rights = rights_from(scopes)
    grants = {P.READ.code: structures, P.WRITE.code: structures}
    actor = Actor.software(client_id, name, structure_id=structure_id, grants=grants)
    return Caller(actor, structure_id, structures, everywhere=agency, rights=rights)


def _person(token: str, situation: str) -> tuple[Caller, float]:
    try:
        bearer = provider().verified_bearer(token)
        subject = read_claims(bearer).subject
    except ProviderDown as error:
        raise Unavailable("Pro Santé Connect ne répond pas.") from error
    except (SignInRefused, UnusableClaims) as error:
        raise NotAuthenticated from error
    with connection.cursor() as cursor:
        cursor.execute(PERSON, [subject])
        row = cursor.fetchone()
    if row is None:
        raise NotAuthenticated("Connectez-vous une première fois à la maison avec Pro Santé Connect.")
    user_id, situations = row
    actor = actor_for_session(user_id=user_id, situation_id=_chosen(situations, situation), auth="psc", session_key="")
    if actor.is_anonymous:
        raise NotAuthenticated
    return person(actor), float(bearer["exp"])


def _chosen(situations: list[UUID], asked: str) -> UUID:
    if asked:
        found = next((one for one in situations if str(one) == asked.lower()), None)
        if found is None:
            raise NoLink("La situation d'exercice citée (Maison-Situation) n'est pas une des vôtres.")
        return found
    if len(situations) != 1:
        raise NoLink("Dites dans quelle situation d'exercice vous agissez, par l'en-tête Maison-Situation.")
    return situations[0]


def person(actor: Actor) -> Caller:
    """What a professional may ask, from the rights of the chosen situation; public directories are open to all of them."""
    rights: dict[str, frozenset[str]] = {}
    elsewhere: dict[str, frozenset[UUID]] = {}
    writable: dict[str, frozenset[UUID]] = {}
    for kind, resource in declared().items():
        letters = ""
        if not resource.health or actor.can(resource.reading):
            letters += "rs"
        if actor.can(resource.writing):
            letters += "cud"
        if letters:
            rights[kind] = frozenset(letters)
        if resource.reading is not P.READ:
            elsewhere[kind] = actor.structures_with(resource.reading)
        writable[kind] = actor.structures_with(resource.writing)
    return Caller(
        actor, actor.structure_id, actor.structures_with(P.READ), rights=rights, elsewhere=elsewhere, writable=writable
    )
