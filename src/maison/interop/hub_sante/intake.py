"""One way in for every door: read, judge, hold (bytes committed), and say what to answer.

`receive` never raises for what a message holds, and never acknowledges before its transaction is committed. A batch is
one transaction. The reading order of rules: the sender is known, its door is open, the bytes are readable, the sender is
the one it says, the message is valid, its identity is new.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import DataError, transaction

from maison.formats.hub_sante import wire
from maison.formats.hub_sante.xml import document_from_xml
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.events import ExchangeRefused, IdentityReused
from maison.interop.exchanges.models import Client, Door, Exchange, exchange_target

from . import CHANNEL, refusals
from .refusals import Refusal

log = logging.getLogger(__name__)
State = Exchange.State

CONTENT_TYPES = {"json": "application/json", "xml": "application/xml"}
ACKNOWLEDGING = frozenset({"RC-REF", "RS-ERROR"})
"""Messages that answer others: nothing answers them, or two systems would thank one another for ever."""


@dataclass(slots=True, kw_only=True)
class Arrival:
    """A message at a door. `client` None: nobody the house knows. `refusal`: the door itself already said no."""

    door: str
    payload: bytes
    client: Client | None
    content_type: str = ""
    refusal: Refusal | None = None
    size: int = 0
    redelivered: bool = False  # said by the broker: the house itself failed to acknowledge it
    unread: bool = False  # keep the bytes and nothing else: what they hold cannot be told


@dataclass(slots=True)
class Receipt:
    """What happened to an arrival. `answer` is what an answering door gives back, the same for every repetition."""

    exchange_id: UUID
    state: str
    http_status: int
    answer: bytes
    answer_type: str
    refusal: Refusal | None = None


@dataclass(slots=True)
class Judgement:
    """What reading a message tells; filled as far as it could be read."""

    envelope: wire.Envelope | None = None
    refusal: Refusal | None = None
    sender: str = ""
    distribution_id: str = ""
    recipients: list[str] = field(default_factory=list)
    kind: str = ""
    status: str = ""
    message_type: str = ""
    case_ref: str = ""
    correlation: str = ""
    form: wire.Format = "json"
    document: dict[str, Any] | None = None
    broken: bool = False


LONGEST_SENDER, LONGEST_IDENTITY = 55, 200

# -- reading


def judge(payload: bytes) -> Judgement:
    """Read a message whole. A defect of our own reading is not the sender's: the message is held for a person."""
    found = Judgement()
    try:
        _read(payload, found)
    except Exception:  # a defect of a reader must lose no message and stop no door: held, logged, mended
        log.exception("hub_sante.reader_failed")
        found.envelope, found.broken = None, True
    return found


def _read(payload: bytes, found: Judgement) -> None:
    try:
        found.form = wire.recognise(payload)
        envelope = wire.read_envelope(payload)
    except wire.UnreadableMessage as error:
        found.refusal = Refusal(refusals.UNREADABLE, error.message)
        return
    except wire.InvalidMessage as error:
        found.refusal = Refusal(refusals.INVALID, "", error.faults)
        _read_loosely(payload, found)
        return
    found.envelope = envelope
    found.sender, found.distribution_id = envelope.sender_id, envelope.distribution_id
    found.recipients = [envelope.recipient_id]
    found.kind, found.status = envelope.kind, envelope.status
    found.message_type = envelope.type.code
    found.case_ref = _case_ref(envelope.message)
    found.correlation = _correlation(envelope.message)
    if not (_nameable(found.sender, LONGEST_SENDER) and _nameable(found.distribution_id, LONGEST_IDENTITY)):
        found.refusal = Refusal(
            refusals.INVALID,
            "senderID et distributionID ne peuvent être ni vides, ni très longs, ni porter de caractères de contrôle.",
        )


def _read_loosely(payload: bytes, found: Judgement) -> None:
    """Of a wrong message, what can be told for sure: who sent it, under which identity, for what kind of use."""
    text = wire.checked_text(payload) if found.form == "json" else b""
    document = wire.parse(text) if text else document_from_xml(payload)
    if not isinstance(document, dict):
        return
    found.document = document
    found.sender, found.distribution_id = _text(document, "senderID"), _text(document, "distributionID")
    found.kind, found.status = _text(document, "distributionKind")[:12], _text(document, "distributionStatus")[:12]
    message = _inside(document, "content", 0, "jsonContent", "embeddedJsonContent", "message")
    if recipient := _inside(document, "descriptor", "explicitAddress", "explicitAddressValue"):
        found.recipients = [recipient[:200]] if isinstance(recipient, str) else []
    if isinstance(message, dict):
        types = [kind for kind in wire.MESSAGE_TYPES if kind.key in message]
        if len(types) == 1:
            found.message_type = types[0].code
            found.case_ref = _text(message[types[0].key], "caseId")


def _nameable(text: str, longest: int) -> bool:
    return bool(text.strip()) and len(text) <= longest and text.isprintable()


def _inside(value: Any, *path: str | int) -> Any:
    for part in path:
        if isinstance(part, str) and isinstance(value, dict):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and len(value) > part:
            value = value[part]
        else:
            return None
    return value


def _text(document: Any, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    return value.strip().replace("\0", "") if isinstance(value, str) else ""


def _case_ref(message: Any) -> str:
    return str(getattr(message, "case_id", None) or "")


def _correlation(message: Any) -> str:
    return str(getattr(message, "referenced_distribution_id", None) or getattr(message, "distribution_id", None) or "")


# -- judging and holding


def receive(arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Judge and hold these messages in one transaction; when it returns, they are on disk."""
    judged = [(arrival, _judgement(arrival)) for arrival in arrivals]
    with transaction.atomic():
        _name_senders(judged)
        return _hold(judged)


def receive_all(arrivals: Sequence[Arrival]) -> None:
    """For a door that cannot refuse: what the database will not take as it reads is held by its bytes alone."""
    try:
        receive(arrivals)
    except DataError:
        log.exception("hub_sante.batch_not_storable")
        for arrival in arrivals:
            try:
                receive([arrival])
            except DataError:
                receive([replace(arrival, unread=True)])


def _judgement(arrival: Arrival) -> Judgement:
    if arrival.unread:
        return Judgement(broken=True)
    if arrival.client is None and arrival.door != Door.AMQP:
        return Judgement()
    if arrival.refusal is not None and arrival.refusal.reason is refusals.TOO_LARGE:
        return Judgement()
    return judge(arrival.payload)


def _name_senders(judged: Sequence[tuple[Arrival, Judgement]]) -> None:
    """The broker vouches for senders; which software they are is asked once for the whole batch."""
    asked = {judgement.sender for arrival, judgement in judged if arrival.client is None and judgement.sender}
    if not asked:
        return
    known = {client.client_id: client for client in Client.objects.in_use().filter(client_id__in=asked)}
    for arrival, judgement in judged:
        if arrival.client is None and arrival.door == Door.AMQP:
            arrival.client = known.get(judgement.sender)


def _hold_new(judged: list[tuple[Arrival, Judgement]], entries: list[journal.Entry]) -> dict[UUID, Receipt]:
    """The usual case, in one statement: nothing to refuse, so each message is written with its answer if it is new.

    Returns the receipts of those that were. With anything unusual among them, all are looked at one after the other.
    """
    if any(judgement.refusal or judgement.broken or entry.payload is None
           for entry, (_, judgement) in zip(entries, judged, strict=True)):  # fmt: skip
        return {}
    answers = [_answer(arrival, judgement, entry) for entry, (arrival, judgement) in zip(entries, judged, strict=True)]
    new = journal.write_new(entries, [answer for answer in answers if answer is not None])
    return {
        entry.id: _receipt(entry, judgement, answer)
        for entry, (_, judgement), answer in zip(entries, judged, answers, strict=True)
        if entry.id in new
    }


def _receipt(entry: journal.Entry, judgement: Judgement, answer: journal.Entry | None) -> Receipt:
    return Receipt(
        entry.id, entry.state, judgement.refusal.reason.http_status if judgement.refusal else 202,
        (answer.payload or b"") if answer else b"", answer.content_type if answer else "", judgement.refusal,
    )  # fmt: skip


def _hold(judged: list[tuple[Arrival, Judgement]]) -> list[Receipt]:
    entries = [_entry(arrival, judgement) for arrival, judgement in judged]
    held = _hold_new(judged, entries)
    if len(held) == len(entries):
        return [held[entry.id] for entry in entries]
    identified = [
        entry for entry in entries if entry.id not in held and entry.payload is not None and _may_claim(entry)
    ]
    taken = journal.claim(identified)
    receipts: list[Receipt] = []
    to_write: list[journal.Entry] = []
    refused: list[tuple[journal.Entry, Refusal, Client | None]] = []
    repeated: list[tuple[Receipt, Arrival, journal.Entry, journal.Holder]] = []
    for entry, (arrival, judgement) in zip(entries, judged, strict=True):
        if entry.id in held:
            receipts.append(held[entry.id])
            continue
        holder = taken.get(entry.id)
        if holder is not None and holder.sha256 == entry.sha256:
            receipts.append(Receipt(entry.id, State.DUPLICATE, 200, b"", ""))
            repeated.append((receipts[-1], arrival, entry, holder))
            continue
        if holder is not None:
            judgement.refusal = Refusal(refusals.REUSED)
            entry.state, entry.fault_code, entry.faults = State.REFUSED, refusals.REUSED.code, []
            entry.answers = holder.id
            publish(IdentityReused(entry.id, holder.id))
            audit.record(
                _actor(arrival.client, entry.id), "exchanges.identity_reused", target=exchange_target(entry.id),
                outcome="refused", details={"holder": str(holder.id), "distribution_id": entry.distribution_id},
            )  # fmt: skip
        answer = _answer(arrival, judgement, entry)
        to_write.append(entry)
        if answer is not None:
            to_write.append(answer)
        if judgement.refusal is not None:
            refused.append((entry, judgement.refusal, arrival.client))
        receipts.append(_receipt(entry, judgement, answer))
    journal.write(to_write)
    for receipt, arrival, entry, holder in repeated:
        _repeat(receipt, arrival, entry, holder)
    for entry, refusal, client in refused:
        _say_refused(entry, refusal, client)
    for entry, (_arrival, judgement) in zip(entries, judged, strict=True):
        if judgement.broken and entry.state == State.WAITING:
            mending.ask(entry.id, client_id=entry.client_id, fault_code=entry.fault_code)
    return receipts


NOT_OF_THE_MESSAGE = frozenset(
    reason.code for reason in (refusals.FORGED, refusals.UNKNOWN_SENDER, refusals.DOOR_SHUT, refusals.WRONG_TYPE)
)


def _may_claim(entry: journal.Entry) -> bool:
    """A sender that is not who it says takes nobody's identity, or it could bar the road to the true one; and a
    message refused for the way it came may come again another way."""
    return entry.fault_code not in NOT_OF_THE_MESSAGE


def _entry(arrival: Arrival, judgement: Judgement) -> journal.Entry:
    client = arrival.client
    judgement.refusal = arrival.refusal or _sender_refusal(arrival, judgement) or judgement.refusal
    refusal = judgement.refusal
    anonymous = client is None and arrival.door != Door.AMQP
    payload = None if anonymous or (refusal and refusal.reason is refusals.TOO_LARGE) else arrival.payload
    entry = journal.Entry(
        direction="in", channel=CHANNEL, door=arrival.door, client_id=client.id if client else None,
        sender=judgement.sender[:200] or (client.client_id if client else ""), recipients=judgement.recipients,
        distribution_id=judgement.distribution_id[:300], kind=judgement.kind, status=judgement.status,
        message_type=judgement.message_type, case_ref=judgement.case_ref[:200],
        content_type=(arrival.content_type or CONTENT_TYPES[judgement.form])[:80],
        state=State.REFUSED if refusal else State.RECEIVED, payload=payload, size=arrival.size,
        lane=judgement.case_ref or judgement.correlation, correlation=judgement.correlation,
        fault_code=refusal.reason.code if refusal else "", faults=refusal.kept_faults() if refusal else (),
        note=refusal.detail if refusal else "", needs_mending=bool(refusal and refusal.reason.task),
    )  # fmt: skip
    if judgement.broken and not refusal:
        entry.state, entry.fault_code, entry.needs_mending = State.WAITING, refusals.HOUSE.code, True
    if not entry.distribution_id and payload is not None:
        # Nothing names it: the same bytes from the same sender are the same message.
        entry.distribution_id = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    return entry


def _sender_refusal(arrival: Arrival, judgement: Judgement) -> Refusal | None:
    client = arrival.client
    if client is None:
        if arrival.door == Door.AMQP and judgement.sender and judgement.message_type != "RS-ERROR":
            return Refusal(refusals.UNKNOWN_SENDER)  # an error may come from the hub itself, which is no software
        return None if arrival.door == Door.AMQP else Refusal(refusals.NO_KEY)
    if not client.opens(arrival.door):
        return Refusal(refusals.DOOR_SHUT)
    if judgement.sender and judgement.sender != client.client_id:
        return Refusal(refusals.FORGED)
    return None


def answer_id(exchange_id: UUID, word: str) -> str:
    """Our distribution id for the answer `word` to an exchange: always the same, so that it is never given twice."""
    return f"{settings.HUB_CLIENT_ID}_{uuid5(exchange_id, word)}"


def _answer(arrival: Arrival, judgement: Judgement, entry: journal.Entry) -> journal.Entry | None:
    """RC-REF RECU or RS-ERROR, for the door that will carry it; None when nobody is there to hear it."""
    if arrival.client is None and not entry.sender:
        return None
    if judgement.message_type in ACKNOWLEDGING and arrival.door == Door.AMQP:
        return None
    refusal = judgement.refusal
    recipient = arrival.client.client_id if arrival.client else entry.sender
    if refusal is not None:
        word, message_type = "ERREUR", "RS-ERROR"
        answer = wire.error_report(
            sender=settings.HUB_CLIENT_ID, recipient=recipient, referenced=judgement.distribution_id or str(entry.id),
            code=refusal.reason.number, title=refusal.reason.title, cause=refusal.cause,
            source=judgement.envelope.document if judgement.envelope else judgement.document,
        )  # fmt: skip
    else:
        word, message_type = "RECU", "RC-REF"
        reference = wire.BY_CODE["RC-REF"].model(distribution_id=judgement.distribution_id or str(entry.id), step=word)
        answer = wire.envelope_for(
            reference, sender=settings.HUB_CLIENT_ID, recipient=recipient, kind="Ack",
            status="Exercise" if judgement.status == "Exercise" else "Actual",
        )  # fmt: skip
    answer.distribution_id = answer_id(entry.id, word)
    if answer.header is not None:
        answer.header.message_id = answer.distribution_id
    payload, form = _written(answer, judgement.form)
    direct = arrival.door != Door.AMQP
    return journal.Entry(
        direction="out", channel=CHANNEL, door=arrival.door, client_id=entry.client_id, sender=settings.HUB_CLIENT_ID,
        recipients=[recipient], distribution_id=answer.distribution_id, kind=answer.kind, status=answer.status,
        message_type=message_type, case_ref=entry.case_ref, content_type=CONTENT_TYPES[form],
        state=State.SENT if direct else State.TO_SEND, payload=payload, lane=recipient, step=word,
        correlation=judgement.distribution_id, answers=entry.id,
    )  # fmt: skip


def _written(answer: wire.Envelope, form: wire.Format) -> tuple[bytes, wire.Format]:
    """In the form of the question; in JSON when XML has no way to write what is quoted."""
    try:
        return wire.write(answer, form), form
    except wire.UnwritableMessage:
        return wire.write(answer, "json"), "json"


def _repeat(receipt: Receipt, arrival: Arrival, entry: journal.Entry, holder: journal.Holder) -> None:
    """The same message again: written as such, answered the same, and nothing else happens."""
    first = Exchange.objects.filter(id=holder.id, at=holder.at).first()
    answer = (
        Exchange.objects.filter(answers=holder.id, direction="out", step__in=("RECU", "ERREUR")).order_by("seq").first()
    )
    entry.payload, entry.state, entry.answers = None, State.DUPLICATE, holder.id
    entry.fault_code, entry.faults, entry.needs_mending = "", (), False
    entry.note = "Même message que l'échange déjà reçu"
    journal.write([entry])
    receipt.state, receipt.http_status = State.DUPLICATE, 200
    if answer is not None and arrival.door == Door.AMQP:
        if not arrival.redelivered:
            journal.write([_said_again(answer)])
    elif answer is not None:
        receipt.answer, receipt.answer_type = journal.payload_of(answer) or b"", answer.content_type
        if answer.step == "ERREUR" and first is not None and first.fault_code in refusals.REASONS:
            reason = refusals.REASONS[first.fault_code]
            receipt.http_status, receipt.refusal = reason.http_status, Refusal(reason)


def _said_again(answer: Exchange) -> journal.Entry:
    """The same answer, to the byte, on its way once more."""
    return journal.Entry(
        direction="out", channel=answer.channel, door=answer.door, client_id=answer.client_id, sender=answer.sender,
        recipients=answer.recipients, distribution_id=answer.distribution_id, kind=answer.kind, status=answer.status,
        message_type=answer.message_type, case_ref=answer.case_ref, content_type=answer.content_type,
        state=State.TO_SEND, payload=journal.payload_of(answer), lane=answer.lane, step=answer.step,
        correlation=answer.correlation, answers=answer.answers, note="Redit à la suite d'un doublon",
    )  # fmt: skip


def _say_refused(entry: journal.Entry, refusal: Refusal, client: Client | None) -> None:
    client_id = client.id if client else None
    audit.record(
        _actor(client, entry.id), "exchanges.refused", target=exchange_target(entry.id), outcome="refused",
        details={"code": refusal.reason.code, "door": entry.door, "faults": len(refusal.faults)},
    )  # fmt: skip
    publish(ExchangeRefused(entry.id, client_id, refusal.reason.code))
    if refusal.reason.task:
        mending.ask(entry.id, client_id=client_id, fault_code=refusal.reason.code)


def _actor(client: Client | None, exchange_id: UUID) -> Actor:
    if client is None:
        return Actor.software("unknown", "Émetteur inconnu", exchange_id=exchange_id)
    return Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=exchange_id)
