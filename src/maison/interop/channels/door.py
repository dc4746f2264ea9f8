"""The HTTPS door of a channel whose source is `appel`: software declared to the house gives it a message with its key.

    POST /echanges/canaux/depot/<code>/     Authorization: Bearer <key>     Idempotency-Key: <its identity> (advised)

202 held · 200 already held, or delivered (synchronous channel) · 400 empty or cut · 401 no key or unknown key · 403 software not admitted ·
404 no such channel in service · 409 this identity came with another content · 413 too large · 415 not its format · 422 stopped: a person looks ·
503 suspended, or the journal is away: nothing was kept. A FHIR message is answered by an OperationOutcome.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

from django.db import DatabaseError, transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.exchanges.actions import key_hash
from maison.interop.exchanges.models import Client, Door
from maison.interop.exchanges.strangers import FAILURES_PER_MINUTE, failures, origin_hash

from . import calls, live, reach
from .arrivals import Arrival, receive
from .errors import NotInService
from .language.configuration import Configuration
from .language.message import MAX_BYTES
from .models import Channel

log = logging.getLogger(__name__)

TYPES = {
    "hl7v2": ("application/hl7-v2+er7", "application/hl7-v2", "x-application/hl7-v2+er7", "text/plain"),
    "json": ("application/json", "application/fhir+json"),
    "xml": ("application/xml", "text/xml", "application/fhir+xml"),
}
FHIR = "application/fhir+json"
ISSUES = {400: "structure", 401: "login", 403: "forbidden", 404: "not-found", 409: "duplicate", 413: "too-long", 415: "not-supported",
          422: "processing", 429: "throttled", 503: "transient"}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Deposit:
    """`body` None: larger than allowed, not read. `size` is what was announced, or read."""

    code: str
    authorization: str
    origin: str
    content_type: str
    identity: str
    body: bytes | None
    size: int

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()


@dataclass(slots=True)
class Answer:
    status: int
    words: str
    state: str = "refuse"
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, media_type: str) -> tuple[bytes, str]:
        if media_type.startswith("application/fhir+"):
            taken = self.status < 300
            issue = {"severity": "information" if taken else "error", "code": "informational" if taken else ISSUES.get(self.status, "processing"),
                     "diagnostics": self.words}  # fmt: skip
            said: dict[str, object] = {"resourceType": "OperationOutcome", "issue": [issue]}
            return json.dumps(said, ensure_ascii=False).encode(), f"{FHIR}; charset=utf-8"
        return json.dumps(
            {"etat": self.state, "message": self.words}, ensure_ascii=False
        ).encode(), "application/json; charset=utf-8"


def client_of(authorization: str) -> Client | None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return Client.objects.in_use().filter(key_hash=key_hash(key.strip())).first()


def deposit(call: Deposit) -> Answer:
    """Whatever comes, the answer says what became of it, and a refusal leaves a trace."""
    client = client_of(call.authorization)
    if client is None:
        return _stranger(call)
    found = _open_to(client, call.code)
    if isinstance(found, Answer):
        _trace(call, str(found.status), Actor.software(client.client_id, client.name))
        return found
    channel, config = found
    if call.media_type not in TYPES[config.format]:
        _trace(call, "415", Actor.software(client.client_id, client.name))
        return Answer(415, f"Ce canal attend : {', '.join(TYPES[config.format])}.")
    try:
        return _held(call, channel, config, client)
    except NotInService:
        return Answer(503, "Ce canal vient de s'arrêter : rien n'a été gardé, revenez.", headers={"Retry-After": "60"})
    except DatabaseError as error:
        log.error("channels.journal_unavailable %s", type(error).__name__)
        return Answer(
            503, "Le journal des échanges est indisponible : rien n'a été gardé, revenez.", headers={"Retry-After": "5"}
        )


def _open_to(client: Client, code: str) -> tuple[Channel, Configuration] | Answer:
    channel = Channel.objects.filter(code=code).first()
    version = live.live_version(channel.id) if channel is not None else None
    config = live.configuration(version) if version is not None else None
    if (
        channel is None
        or config is None
        or config.source.kind != "appel"
        or client.client_id not in config.source.lines("logiciels")
    ):
        # One answer for all: a stranger to a channel is not told whether it exists.
        return Answer(404, "Aucun canal de ce nom ne prend les messages de ce logiciel.")
    heard = reach.software(channel)
    if not client.opens(Door.HTTP) or (heard is not None and client.id not in heard):
        return Answer(403, "Ce logiciel n'a pas la porte HTTPS ouverte, ou n'est pas de la structure de ce canal.")
    if channel.suspended_at is not None:
        return Answer(503, "Ce canal est suspendu : gardez le message et revenez.", headers={"Retry-After": "300"})
    return channel, config


def _held(call: Deposit, channel: Channel, config: Configuration, client: Client) -> Answer:
    if call.body is None:
        receive(
            channel,
            config,
            [Arrival(None, Door.HTTP, client.client_id, call.identity, size=call.size, client_id=client.id)],
        )
        return Answer(413, f"Ce message dépasse {MAX_BYTES // 1024 // 1024} Mio : seul son en-tête est gardé.")
    if not call.body or len(call.body) < call.size:
        _trace(call, "400", Actor.software(client.client_id, client.name))
        return Answer(400, "Le message est vide, ou il est arrivé incomplet : rien n'a été gardé.")
    answer = calls.call(
        call.code, call.body, sender=client.client_id, identity=call.identity, door=Door.HTTP, client_id=client.id
    )
    if answer.verdict == "duplicate":
        return Answer(200, "Déjà reçu, même contenu.", "double")
    if answer.verdict == "refused":
        if not answer.reason:
            return Answer(409, "Un autre message est déjà venu sous la même identité, avec un contenu différent.")
        return Answer(422, f"Message gardé, mais arrêté : une personne le regarde. {answer.words}".strip(), "arrete")
    if answer.verdict == "delivered":
        return Answer(200, "Remis à la cible.", "remis")
    if answer.verdict == "filtered":
        return Answer(200, "Gardé ; le filtre du canal l'écarte.", "ecarte")
    return Answer(202, "Gardé : il part à son tour.", "garde")


# -- nobody


def _stranger(call: Deposit) -> Answer:
    if failures(call.origin) > FAILURES_PER_MINUTE:
        return Answer(429, "Trop de clés refusées : revenez dans une minute.", headers={"Retry-After": "60"})
    _trace(call, "401", Actor.software("unknown", "Émetteur inconnu"))
    return Answer(
        401, "Il faut la clé d'un logiciel déclaré à la maison.", headers={"WWW-Authenticate": 'Bearer realm="canaux"'}
    )


@transaction.atomic
def _trace(call: Deposit, code: str, actor: Actor) -> None:
    audit.record(actor, "channels.deposit_refused", outcome="refused",
                 details={"channel": call.code[:24], "code": code, "size": call.size, "origin": origin_hash(call.origin)[:16]})  # fmt: skip
