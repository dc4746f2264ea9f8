"""What the MLLP door gathered: read, judged, held in one transaction, and only then answered.

`receive` never raises for what a message holds. The order of rules: the sender is known and its door open, the bytes are
readable, the identities are of this world (test or production), the message is named (MSH-10), its name is new.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import DataError, transaction
from django.utils import timezone

from maison.formats.hl7v2 import charsets
from maison.formats.hl7v2.ack import awaits_reception_ack
from maison.formats.hl7v2.faults import Fault, UnreadableMessage
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.wire import read_message, validate
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.foundations.ids import uuid7
from maison.interop.exchanges import bulk, journal, mending
from maison.interop.exchanges.events import ExchangeRefused, IdentityReused
from maison.interop.exchanges.journal import storable
from maison.interop.exchanges.models import Door, Exchange, exchange_target

from . import CHANNEL, CONTENT_TYPE, answers, refusals, replies, rooms
from .refusals import Refusal
from .senders import Directory, Expected, Peer, Sender, is_consistent, origin_hash, strangers_to_tell
from .subjects import PRODUCTION_INS, TEST_INS, Subject, authorities_of, subject_of

log = logging.getLogger(__name__)
State = Exchange.State


@dataclass(slots=True)
class Arrival:
    """One frame, or the beginning of what was none (`noise` says why, in French; `size` its whole length)."""

    peer: Peer
    data: bytes
    noise: str = ""
    size: int = 0
    too_large: bool = False


@dataclass(slots=True)
class Judgement:
    """What reading an arrival tells."""

    arrival: Arrival
    message: Message | None = None
    refusal: Refusal | None = None
    application: str = ""
    facility: str = ""
    control_id: str = ""
    kind: str = ""
    subject: Subject = field(default_factory=Subject)
    sender: Sender | None = None
    broken: bool = False

    @property
    def is_stranger(self) -> bool:
        return self.sender is None


def judge(arrival: Arrival) -> Judgement:
    """Read one message. A defect of our own reading is not the sender's: the message is held for a person."""
    found = Judgement(arrival)
    try:
        _read(found)
    except Exception:  # a defect of a reader must lose no message and stop no door: held, logged, mended
        log.exception("hl7v2.reader_failed")
        found.broken = True
    return found


def _read(found: Judgement) -> None:
    arrival = found.arrival
    if arrival.too_large:
        found.refusal = Refusal(refusals.TOO_LARGE, f"Au plus {settings.MLLP_MAX_BYTES // 1024} Kio.")
    elif arrival.noise:
        found.refusal = Refusal(refusals.CUT, arrival.noise)
        return
    try:
        message = read_message(arrival.data, settings.MLLP_MAX_BYTES)
    except UnreadableMessage as error:
        found.refusal = found.refusal or Refusal(refusals.UNREADABLE, error.message)
        return
    found.message = message
    header = message.header
    found.application, found.facility = _name(header.raw(3)), _name(header.raw(4))
    found.control_id = storable(message.control_id or "", 300)
    found.kind = storable(message.structure, 40)
    if found.refusal is None:
        found.subject = subject_of(message)
        found.refusal = _header_refusal(found, message)


def _name(raw: str) -> str:
    """The first part of an HD: the name by which software is declared."""
    return storable(raw.partition("^")[0].strip(), 180)


def _header_refusal(found: Judgement, message: Message) -> Refusal | None:
    forbidden = TEST_INS if settings.PRODUCTION else PRODUCTION_INS
    if found.subject.ins_oids & forbidden:
        return Refusal(refusals.OTHER_WORLD)
    faults = []
    if not message.kind:
        faults.append(Fault("MSH-9", "required", "Le type du message manque."))
    if not found.control_id:
        faults.append(Fault("MSH-10", "required", "L’identifiant du message manque : il ne peut pas être accepté."))
    if message.version and not message.version.startswith("2."):
        faults.append(Fault("MSH-12", "version", "La version n’est pas une version 2 de HL7."))
    if message.kind == "ADT" and not found.subject.patient:
        faults.append(Fault("PID-3", "required", "Le patient n’a pas d’identifiant local (IPP)."))
    if message.kind == "ADT" and message.event == "A40" and not found.subject.other:
        faults.append(Fault("MRG-1", "required", "L’identifiant à fusionner manque, ou c’est celui qui est gardé."))
    if not faults and rooms.handler_of(message) is not None:
        # What a room will use is checked whole, so that its sender hears of it at once; what is only kept or routed is not.
        faults = [one for one in validate(message) if one.severity == "error" and one.code != "message-type"]
    return Refusal(refusals.INVALID, "", faults) if faults else None


# -- holding


def receive(arrivals: Sequence[Arrival]) -> list[bytes]:
    """Judge and hold these in one transaction; returns what to answer to each (framed, or empty). On disk when it returns."""
    judged = [judge(arrival) for arrival in arrivals]
    try:
        with transaction.atomic():
            return _hold(judged)
    except DataError:
        # Something of a header that the database will not take: one by one, and that one by its bytes alone.
        log.exception("hl7v2.batch_not_storable")
        return [_hold_alone(one) for one in judged]


def _hold_alone(judged: Judgement) -> bytes:
    try:
        with transaction.atomic():
            return _hold([judged])[0]
    except DataError:
        bare = Judgement(judged.arrival, application=judged.application, facility=judged.facility, broken=True)
        with transaction.atomic():
            return _hold([bare])[0]


@dataclass(slots=True)
class _Outcome:
    judged: Judgement
    entry: journal.Entry
    refusal: Refusal | None
    answer: bytes = b""


def _hold(judged: Sequence[Judgement]) -> list[bytes]:
    for one in judged:
        peer = one.arrival.peer
        if one.message is None and not one.application:
            one.application, one.facility = peer.application, peer.facility
    directory = Directory((one.arrival.peer for one in judged), (one.application for one in judged))
    outcomes = []
    for one in judged:
        peer = one.arrival.peer
        one.sender = directory.who(peer, one.application, one.facility)
        if one.sender is not None:
            peer.application, peer.facility = one.application, one.facility
        outcomes.append(_outcome(one))
    taken = journal.claim([outcome.entry for outcome in outcomes if _may_claim(outcome)])
    first = bulk.first_answers(list(taken.values()))
    same_batch = {outcome.entry.id: outcome for outcome in outcomes}
    for outcome in outcomes:
        holder = taken.get(outcome.entry.id)
        if holder is not None and holder.sha256 == outcome.entry.sha256:
            _repeat(outcome, holder, first.get(holder.id), same_batch)
        else:
            if holder is not None:
                _reused(outcome, holder)
            outcome.answer = _answer(outcome)
            if _is_answer(outcome):
                _hear(outcome)
    bulk.write(_worth_writing(outcomes))
    for outcome in outcomes:
        if outcome.entry.state == State.REFUSED and not outcome.judged.is_stranger:
            _say_refused(outcome)
            _reply_apart(outcome)
        elif outcome.judged.broken and outcome.entry.needs_mending:
            mending.ask(outcome.entry.id, client_id=outcome.entry.client_id, fault_code=outcome.entry.fault_code)
    return [outcome.answer for outcome in outcomes]


def _outcome(judged: Judgement) -> _Outcome:
    arrival, sender, subject = judged.arrival, judged.sender, judged.subject
    refusal = _sender_refusal(judged) or judged.refusal
    kept = sender is not None and not (refusal and refusal.reason in (refusals.OTHER_WORLD, refusals.TOO_LARGE))
    entry = journal.Entry(
        channel=CHANNEL, door=Door.MLLP, state=State.REFUSED if refusal else State.RECEIVED,
        payload=arrival.data if kept else None, size=arrival.size or len(arrival.data),
        client_id=sender.id if sender else None, sender=sender.client_id if sender else judged.application,
        recipients=_recipients(judged), distribution_id=judged.control_id, message_type=judged.kind,
        content_type=CONTENT_TYPE, lane=subject.patient, also_lane=subject.other, patient_key=subject.patient,
        visit_key=subject.visit, step=refusal.reason.answer if refusal else "AA",
    )  # fmt: skip
    if judged.broken and refusal is None:
        refusal = None
        entry.state, entry.fault_code, entry.needs_mending = State.WAITING, refusals.HOUSE.code, True
    elif refusal is not None:
        entry.fault_code, entry.faults = refusal.reason.code, refusal.kept_faults()
        entry.note = storable(refusal.detail, 300)
        entry.needs_mending = refusal.reason.task
    elif judged.message is not None and judged.message.kind == "ACK":
        entry.state, entry.step = State.KEPT, ""
    else:
        entry.note = _unexpected_charset(judged)
    if not entry.distribution_id and entry.payload is not None:
        # Nothing names it: the same bytes from the same sender are the same message.
        entry.distribution_id = f"sha256:{hashlib.sha256(entry.payload).hexdigest()}"
    return _Outcome(judged, entry, refusal)


def _recipients(judged: Judgement) -> list[str]:
    if judged.message is None:
        return []
    to = _name(judged.message.header.raw(5))
    return [to] if to else []


def _sender_refusal(judged: Judgement) -> Refusal | None:
    sender = judged.sender
    if sender is None:
        return Refusal(refusals.UNKNOWN_CERTIFICATE if judged.arrival.peer.fingerprint else refusals.UNKNOWN_SENDER)
    if not sender.opens:
        return Refusal(refusals.DOOR_SHUT)
    if judged.message is not None and not is_consistent(sender, judged.application, judged.facility):
        return Refusal(refusals.FORGED)
    return _unexpected(sender.expected, judged.message) if judged.message is not None else None


def _unexpected(expected: Expected, message: Message) -> Refusal | None:
    """What this software was not declared to send. An answer to one of our messages is always heard."""
    if message.kind == "ACK":
        return None
    if expected.kinds and message.kind and message.kind not in expected.kinds:
        return Refusal(refusals.NOT_EXPECTED)
    version = message.version.partition("^")[0]
    if expected.versions and version and version not in expected.versions:
        return Refusal(refusals.OTHER_VERSION)
    if expected.authorities:
        strange = [place for place, domain in authorities_of(message) if domain not in expected.authorities]
        if strange:
            reason = refusals.OTHER_AUTHORITY
            return Refusal(reason, "", [Fault(place, reason.rule, reason.message) for place in strange])
    return None


def _unexpected_charset(judged: Judgement) -> str:
    """Said in the journal, never refused: the text was read all the same."""
    message, sender = judged.message, judged.sender
    declared = sender.expected.charset if sender is not None else ""
    if message is None or not declared or message.charset == declared or message.raw.isascii():
        return ""
    names = [charsets.NAMES.get(one, one) for one in (message.charset, declared)]
    return f"Écrit en {names[0]} alors que {names[1]} est déclaré"


NOT_OF_THE_MESSAGE = frozenset(
    reason.code
    for reason in (
        refusals.FORGED, refusals.DOOR_SHUT, refusals.CUT, refusals.NOT_EXPECTED, refusals.OTHER_VERSION, refusals.OTHER_AUTHORITY,
    )
)  # fmt: skip
"""Refusals that say nothing of the message: the same one may come again another way, under the same name."""


def _may_claim(outcome: _Outcome) -> bool:
    return outcome.entry.payload is not None and outcome.entry.fault_code not in NOT_OF_THE_MESSAGE


def _replies_apart(judged: Judgement) -> bool:
    return judged.sender is not None and judged.sender.expected.replies_apart


def _answer(outcome: _Outcome) -> bytes:
    judged, entry = outcome.judged, outcome.entry
    if judged.message is not None:
        said = outcome.refusal.said() if outcome.refusal else ()
        return answers.answer(
            judged.message, entry.step or "AA", entry.id, entry.at, said, replies_apart=_replies_apart(judged)
        )
    if judged.broken:
        return answers.unreadable(judged.arrival.data, refusals.HOUSE.message, entry.id, entry.at)
    if outcome.refusal is None or outcome.refusal.reason is refusals.CUT:
        return b""  # nobody waits for an answer to half a message
    words = f"{outcome.refusal.reason.message} {outcome.refusal.detail}".strip()
    return answers.unreadable(judged.arrival.data, words, entry.id, entry.at)


def _is_answer(outcome: _Outcome) -> bool:
    """An acknowledgement, from software that may speak here."""
    message = outcome.judged.message
    return outcome.refusal is None and message is not None and message.kind == "ACK"


def _hear(outcome: _Outcome) -> None:
    """The answer to a message of the house: settled with it, in the transaction that keeps it."""
    entry, message, sender = outcome.entry, outcome.judged.message, outcome.judged.sender
    if message is not None and sender is not None:
        entry.state, entry.answers, entry.note = replies.hear(message, sender.id)


def _reply_apart(outcome: _Outcome) -> None:
    """A refusal that its sender does not hear on the line (MSH-15), and asked to hear from the application (MSH-16)."""
    message, sender, entry = outcome.judged.message, outcome.judged.sender, outcome.entry
    if (
        message is None
        or sender is None
        or outcome.refusal is None
        or not (sender.opens and _replies_apart(outcome.judged))
    ):
        return
    if not awaits_reception_ack(message, is_error=True):
        replies.answer(message, outcome.refusal.reason.answer, entry.id, sender.id, outcome.refusal.said())


def _repeat(
    outcome: _Outcome, holder: journal.Holder, first: bulk.FirstAnswer | None, here: dict[UUID, _Outcome]
) -> None:
    """The same message again: written as such, answered to the byte as the first time, and nothing else happens."""
    entry, judged = outcome.entry, outcome.judged
    if first is not None:
        step, faults = first.step, refusals.faults_kept(first.faults, first.fault_code, first.note)
    else:  # its first copy is in this very batch
        twin = here[holder.id]
        step, faults = twin.entry.step, twin.refusal.said() if twin.refusal else []
    if judged.message is not None:
        apart = _replies_apart(judged)
        outcome.answer = answers.answer(judged.message, step or "AA", holder.id, holder.at, faults, replies_apart=apart)
    elif outcome.refusal is not None:
        words = f"{outcome.refusal.reason.message} {outcome.refusal.detail}".strip()
        outcome.answer = answers.unreadable(judged.arrival.data, words, holder.id, holder.at)
    entry.payload, entry.state, entry.answers, entry.step = None, State.DUPLICATE, holder.id, ""
    entry.fault_code, entry.faults, entry.needs_mending = "", (), False
    entry.note = "Même message que l'échange déjà reçu"


def _reused(outcome: _Outcome, holder: journal.Holder) -> None:
    """F12.2: the same MSH-10 with another body. An alert, a task, and no second processing."""
    entry = outcome.entry
    outcome.refusal = Refusal(refusals.REUSED)
    entry.state, entry.fault_code, entry.faults, entry.note = State.REFUSED, refusals.REUSED.code, [], ""
    entry.step, entry.answers, entry.needs_mending = refusals.REUSED.answer, holder.id, True
    publish(IdentityReused(entry.id, holder.id))
    audit.record(
        _actor(outcome), "exchanges.identity_reused", target=exchange_target(entry.id), outcome="refused",
        details={"holder": str(holder.id), "distribution_id": entry.distribution_id},
    )  # fmt: skip


def _worth_writing(outcomes: Sequence[_Outcome]) -> list[journal.Entry]:
    """All of them, but what strangers send in storm: refused and counted, or the journal would be a free disk."""
    strangers = Counter(outcome.judged.arrival.peer.origin for outcome in outcomes if outcome.judged.is_stranger)
    if not strangers:
        return [outcome.entry for outcome in outcomes]
    left = dict(strangers_to_tell(strangers))
    kept = []
    for outcome in outcomes:
        if outcome.judged.is_stranger:
            origin = outcome.judged.arrival.peer.origin
            if left[origin] <= 0:
                continue
            left[origin] -= 1
            _trace_stranger(outcome)
        kept.append(outcome.entry)
    return kept


def _trace_stranger(outcome: _Outcome) -> None:
    audit.record(
        _actor(outcome), "exchanges.refused", target=exchange_target(outcome.entry.id), outcome="refused",
        details={
            "code": outcome.entry.fault_code, "door": Door.MLLP.value,
            "origin": origin_hash(outcome.judged.arrival.peer.origin)[:16],
        },
    )  # fmt: skip


def _say_refused(outcome: _Outcome) -> None:
    entry = outcome.entry
    audit.record(
        _actor(outcome), "exchanges.refused", target=exchange_target(entry.id), outcome="refused",
        details={"code": entry.fault_code, "door": entry.door, "faults": len(entry.faults)},
    )  # fmt: skip
    publish(ExchangeRefused(entry.id, entry.client_id, entry.fault_code))
    if entry.needs_mending:
        mending.ask(entry.id, client_id=entry.client_id, fault_code=entry.fault_code)


def _actor(outcome: _Outcome) -> Actor:
    sender, exchange_id = outcome.judged.sender, outcome.entry.id
    if sender is None:
        return Actor.software("unknown", "Émetteur inconnu", exchange_id=exchange_id)
    return sender.actor(exchange_id)


def unavailable(arrival: Arrival) -> bytes:
    """The journal is away and nothing was kept: AR, so that the sender keeps the message and comes back."""
    judged = judge(arrival)
    if judged.message is None:
        return b""
    return answers.answer(judged.message, "AR", uuid7(), timezone.now(), Refusal(refusals.UNAVAILABLE).said())
