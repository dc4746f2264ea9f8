"""The HTTPS door, told without any server: the same answers whether Django or the certificate listener carries them.

POST /hub-sante/messages/                one EDXL-DE envelope in, RC-REF RECU (202) or RS-ERROR out
GET  /hub-sante/messages/?apres=<id>     the mailbox of a client without broker: what waits for it, oldest first
DELETE /hub-sante/messages/<id>/         the client has it
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction

from maison.formats.hub_sante import wire
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.exchanges import journal
from maison.interop.exchanges.actions import key_hash
from maison.interop.exchanges.models import Client, Door, Exchange, exchange_target
from maison.interop.exchanges.strangers import FAILURES_PER_MINUTE, failures, origin_hash

from . import CHANNEL, intake, refusals
from .refusals import Refusal

log = logging.getLogger(__name__)

ALLOWED_TYPES = {"application/json": "json", "application/xml": "xml", "text/xml": "xml"}
MAILBOX_PAGE = 50


@dataclass(slots=True, kw_only=True)
class Call:
    """An HTTP request, as far as this door cares. `body` None: larger than allowed, not read."""

    method: str
    door: str
    client: Client | None
    origin: str = ""
    body: bytes | None = b""
    declared_length: int | None = None
    content_type: str = ""
    after: str = ""


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def client_of_key(authorization: str) -> Client | None:
    """The client of a `Bearer` key. A withdrawn client is nobody."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return Client.objects.in_use().filter(key_hash=key_hash(key.strip())).first()


def client_of_certificate(fingerprint: str) -> Client | None:
    return Client.objects.in_use().filter(certificate_fingerprint=fingerprint).first() if fingerprint else None


def post(call: Call) -> Answer:
    """A message comes in. Whatever it holds, the answer says what became of it."""
    if call.client is None:
        return unknown(call)
    arrival = intake.Arrival(
        door=call.door, client=call.client, payload=call.body or b"", content_type=_media_type(call.content_type),
        size=call.declared_length or 0, refusal=_wire_refusal(call),
    )  # fmt: skip
    try:
        (receipt,) = intake.receive([arrival])
    except DatabaseError as error:
        # Nothing was kept, so nothing may be acknowledged: the sender keeps the message and comes back.
        log.error("hub_sante.journal_unavailable %s", type(error).__name__)
        return Answer(503, _plain("Le journal des échanges est indisponible. Réessayez."), headers={"Retry-After": "5"})
    headers = {"Location": f"/hub-sante/messages/{receipt.exchange_id}/"} if receipt.http_status == 202 else {}
    return Answer(receipt.http_status, receipt.answer, f"{receipt.answer_type}; charset=utf-8", headers)


def _wire_refusal(call: Call) -> Refusal | None:
    body = call.body
    if body is None:
        return Refusal(refusals.TOO_LARGE, f"Au plus {settings.EXCHANGE_MAX_BYTES // 1024} Kio.")
    if not body:
        return Refusal(refusals.UNREADABLE, "Il est vide.")
    media_type, charset = _media_type(call.content_type), _charset(call.content_type)
    form = ALLOWED_TYPES.get(media_type)
    if form is None:
        return Refusal(refusals.WRONG_TYPE)
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        return Refusal(refusals.UNREADABLE, f"Jeu de caractères « {charset[:20]} » : UTF-8 est attendu.")
    if call.declared_length is not None and len(body) < call.declared_length:
        return Refusal(refusals.UNREADABLE, "Le message est arrivé incomplet.")
    try:
        if wire.recognise(body) != form:
            return Refusal(refusals.WRONG_TYPE, "Le contenu n'est pas du type annoncé.")
    except wire.UnreadableMessage:
        return None  # said better by the reader
    return None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


# -- nobody


def unknown(call: Call, detail: str = "") -> Answer:
    """No key, a wrong one, or a certificate nobody declared: refused and traced, without keeping what a stranger sends."""
    reason = refusals.UNKNOWN_CERTIFICATE if call.door == Door.MTLS else refusals.NO_KEY
    if failures(call.origin) > FAILURES_PER_MINUTE:
        return _refused(refusals.TOO_MANY, {"Retry-After": "60"})
    size = call.declared_length if call.declared_length is not None else len(call.body or b"")
    with transaction.atomic():
        entry = journal.Entry(
            direction="in", channel=CHANNEL, door=call.door, state=Exchange.State.REFUSED, payload=None, size=size,
            content_type=_media_type(call.content_type), fault_code=reason.code, note=f"{reason.message} {detail}".strip(),
        )  # fmt: skip
        journal.write([entry])
        audit.record(
            Actor.software("unknown", "Émetteur inconnu", exchange_id=entry.id), "exchanges.refused",
            target=exchange_target(entry.id), outcome="refused",
            details={"code": reason.code, "door": call.door, "origin": origin_hash(call.origin)[:16]},
        )  # fmt: skip
    challenge = {"WWW-Authenticate": 'Bearer realm="hub-sante"'} if reason is refusals.NO_KEY else {}
    return _refused(reason, challenge)


def _refused(reason: refusals.Reason, headers: dict[str, str] | None = None) -> Answer:
    """RS-ERROR to someone without a name."""
    report = wire.error_report(
        sender=settings.HUB_CLIENT_ID, recipient="inconnu", referenced="inconnu", code=reason.number, title=reason.title,
        cause=reason.message,
    )  # fmt: skip
    return Answer(reason.http_status, wire.write(report), "application/json; charset=utf-8", headers or {})


def _plain(message: str) -> bytes:
    return json.dumps({"message": message}, ensure_ascii=False).encode()


# -- mailbox


def listing(call: Call) -> Answer:
    """What waits for this client. Reading changes nothing but the state « envoyé »; DELETE takes a message away."""
    if call.client is None:
        return unknown(call)
    if not call.client.opens(call.door):
        return _refused(refusals.DOOR_SHUT)
    after = 0
    if call.after:
        known = Exchange.objects.filter(id=_uuid(call.after), client_id=call.client.id).values_list("seq", flat=True)
        after = known.first() or 0
    with transaction.atomic():
        rows = list(
            Exchange.objects.select_for_update()
            .filter(direction="out", door=Door.MAILBOX, client_id=call.client.id, seq__gt=after)
            .filter(state__in=(Exchange.State.TO_SEND, Exchange.State.SENT), confirmed_step="")
            .order_by("seq")[:MAILBOX_PAGE]
        )
        payloads = [(row, journal.payload_of(row) or b"") for row in rows]
        journal.update_all(
            (row, Exchange.State.SENT, "Relevé par le logiciel", "")
            for row in rows
            if row.state == Exchange.State.TO_SEND
        )
    messages = [
        {
            "id": str(row.id),
            "type": row.message_type,
            "distributionID": row.distribution_id,
            "contentType": row.content_type,
            "message": json.loads(payload) if row.content_type == "application/json" else payload.decode(),
        }
        for row, payload in payloads
    ]
    body = {"messages": messages, "suivant": messages[-1]["id"] if len(messages) == MAILBOX_PAGE else None}
    return Answer(200, json.dumps(body, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def take(call: Call, exchange_id: str) -> Answer:
    """The client has the message: it leaves the mailbox. Saying it twice does no harm."""
    if call.client is None:
        return unknown(call)
    if not call.client.opens(call.door):
        return _refused(refusals.DOOR_SHUT)
    with transaction.atomic():
        row = (
            Exchange.objects.select_for_update()
            .filter(id=_uuid(exchange_id), direction="out", door=Door.MAILBOX, client_id=call.client.id)
            .first()
        )
        if row is None:
            return Answer(404, _plain("Ce message n'est pas dans votre boîte."))
        if row.state in (Exchange.State.TO_SEND, Exchange.State.SENT):
            row.confirmed_step = row.confirmed_step or "RECU"
            journal.update(row, state=Exchange.State.ACKNOWLEDGED, note="Retiré de la boîte par le logiciel")
    return Answer(204)


def _uuid(text: str) -> UUID:
    """The identifier asked for; one that no row bears when it is not even one."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
