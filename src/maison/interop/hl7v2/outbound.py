"""What the house sends by MLLP: the journal is the queue. Written with the fact that causes it, lent to a gateway in the order of
each patient, settled by the answer of the target (HUB-01, HUB-02, F12.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from maison.formats.hl7v2.ack import Ack, awaits_application_ack, is_enhanced
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.writer import Header, Party, new_control_id
from maison.interop.exchanges import attempts, bulk, journal, mending
from maison.interop.exchanges.attempts import Outcome, Tried
from maison.interop.exchanges.journal import storable
from maison.interop.exchanges.lanes import retry_after
from maison.interop.exchanges.models import Door, Exchange

from . import CHANNEL, CONTENT_TYPE, refusals
from .errors import InsNotQualified, NotForTarget, UnknownTarget
from .models import Target
from .subjects import Subject, subject_of

State = Exchange.State

HOUSE = "maison"
LOAN = timedelta(minutes=3)
"""Messages are lent to a gateway for so long; one that dies with them gives them back."""
LIFETIME = timedelta(hours=24)
EXPIRED_AT_ONCE = 500
LOCK = 7_310_046


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way to a target."""

    exchange_id: UUID
    at: datetime
    lane: str
    control_id: str
    payload: bytes

    @property
    def awaits_application(self) -> bool:
        """In enhanced mode: its reception is not the end of it."""
        message = read_message(self.payload)
        return is_enhanced(message) and awaits_application_ack(message)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a target answered. `code` is MSA-1, or "" when it did not answer (`error` then says why); `faults` hold places and
    conditions, none of its words. `was_sent` False: no line could be opened, and the message itself is not to blame."""

    parcel: Parcel
    code: str
    _: KW_ONLY
    error: str = ""
    milliseconds: int = 0
    was_sent: bool = True
    faults: tuple[dict[str, str], ...] = field(default=())


@transaction.atomic
def queue(payload: bytes, *, target: str, cause: UUID | None = None, client_id: UUID | None = None) -> UUID:
    """Put a message in the queue of a target, in the current transaction. `cause` is the exchange it comes from.

    Raises UnknownTarget, NotForTarget, InsNotQualified, UnreadableMessage.
    """
    kinds = Target.objects.filter(code=target).values_list("kinds", flat=True).first()
    if kinds is None:
        raise UnknownTarget(target)
    message = read_message(payload)
    if kinds and message.kind not in (*kinds, "ACK"):
        raise NotForTarget
    subject = subject_of(message)
    if subject.ins_oids and not _is_qualified(message):
        raise InsNotQualified
    entry = journal.Entry(
        direction="out", channel=CHANNEL, door=Door.MLLP, state=State.TO_SEND, payload=payload, client_id=client_id,
        sender=HOUSE, recipients=[target], distribution_id=storable(message.control_id or "", 300),
        message_type=storable(message.structure, 40), content_type=CONTENT_TYPE, lane=_lane(target, subject),
        patient_key=subject.patient, visit_key=subject.visit, answers=cause,
    )  # fmt: skip
    entry.lane = entry.lane or f"{target}|{entry.id}"
    bulk.write([entry])
    return entry.id


def header_for(target: Target, kind: tuple[str, ...], *, profile: str | None = None, processing: str = "P") -> Header:
    """The header of a message of the house to this target, as it was declared: names, version, character set, answers."""
    return Header(
        sender=Party("MAISON-ESANTE"),
        receiver=Party(target.application, target.facility or None),
        kind=kind,
        sent_at=timezone.now(),
        control_id=new_control_id(),
        version=target.version,
        processing=processing,
        charset=target.charset or "utf-8",
        profile=profile,
        accept_ack="AL" if target.asks_application_ack else None,
        application_ack="AL" if target.asks_application_ack else None,
    )


def faults_of(ack: Ack) -> tuple[dict[str, str], ...]:
    """What the journal keeps of the errors of an answer: places and conditions, none of its words."""
    return tuple(
        {"place": one.place or "message", "rule": str(one.condition), "scope": "error", "message": one.label, "official": ""}
        for one in ack.errors[:20]
    )  # fmt: skip


def _lane(target: str, subject: Subject) -> str:
    """A merge goes with the patient it keeps; the target sees both in the order the house knew them."""
    return f"{target}|{subject.patient}" if subject.patient else ""


def _is_qualified(message: Message) -> bool:
    person = message.segment("PID")
    return person is not None and "VALI" in person.repetitions(32)


# -- lent to a gateway

DUE_TARGETS = """
SELECT DISTINCT recipients[1] FROM exchanges_exchange
WHERE channel = %s AND direction = 'out' AND door = 'mllp' AND state = 'to_send' AND next_attempt_at <= %s
"""
# A lane whose first message waits or is on its way is left alone whole: the order holds.
DUE = """
SELECT e.id, e.at, e.lane, e.distribution_id FROM exchanges_exchange e
WHERE e.channel = %(channel)s AND e.direction = 'out' AND e.door = 'mllp' AND e.state = 'to_send'
  AND e.recipients[1] = %(target)s AND e.next_attempt_at <= %(now)s
  AND NOT EXISTS (SELECT 1 FROM exchanges_exchange b WHERE b.door = 'mllp' AND b.direction = 'out' AND b.state = 'to_send'
                  AND b.lane = e.lane AND b.seq < e.seq AND b.next_attempt_at > %(now)s)
ORDER BY e.seq LIMIT %(limit)s
"""
LEND = "UPDATE exchanges_exchange SET next_attempt_at = %s WHERE id = ANY(%s) AND at BETWEEN %s AND %s"


def due_targets() -> list[Target]:
    """Those for which something waits. Declared ones only: what waits for another is told by `expire`."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_TARGETS, [CHANNEL, timezone.now()])
        codes = [row[0] for row in cursor.fetchall()]
    return list(Target.objects.filter(code__in=codes, active=True)) if codes else []


@transaction.atomic
def claim(target: str, limit: int = 20) -> list[Parcel]:
    """The next messages of this target, in the order of each patient, lent for three minutes."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, target])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(DUE, {"channel": CHANNEL, "target": target, "now": now, "limit": limit})
        rows = cursor.fetchall()
        if not rows:
            return []
        at = [row[1] for row in rows]
        cursor.execute(LEND, [now + LOAN, [row[0] for row in rows], min(at), max(at)])
    parcels = []
    for identity, when, lane, control_id in rows:
        payload = journal.payload_of(journal.Holder(identity, when, ""))
        parcels.append(Parcel(identity, when, lane, control_id, payload or b""))
    return parcels


@transaction.atomic
def settle(target: str, replies: Sequence[Reply], untried: Sequence[Parcel]) -> None:
    """Tell what became of each. AA: done. AE: for a person. AR or silence: later and later, until a day has passed."""
    rows = Exchange.objects.select_for_update().in_bulk([one.parcel.exchange_id for one in replies])
    now = timezone.now()
    changes: list[tuple[Exchange, str | None, str | None, str]] = []
    tried, to_mend = [], []
    for reply in replies:
        row = rows[reply.parcel.exchange_id]
        if row.state != State.TO_SEND:
            continue  # its loan had ended, and another gateway told of it
        if not reply.was_sent:
            row.next_attempt_at = now
            tried.append(Tried(row.id, row.attempts, Outcome.LOST, reply.error, target, reply.milliseconds))
            changes.append((row, None, f"La cible ne répond pas ({reply.error})", ""))
            continue
        row.attempts += 1
        outcome, state, note = _outcome(row, reply, now)
        tried.append(Tried(row.id, row.attempts, outcome, reply.code or reply.error, target, reply.milliseconds))
        if state == State.FAILED:
            row.needs_mending = True
            to_mend.append(row)
        changes.append((row, state, note, ""))
    journal.update_all(changes)
    attempts.write(tried)
    for row in to_mend:
        mending.ask(row.id, client_id=row.client_id, fault_code=row.fault_code)
    if untried:
        at = [parcel.at for parcel in untried]
        with connection.cursor() as cursor:
            cursor.execute(LEND, [now, [parcel.exchange_id for parcel in untried], min(at), max(at)])


def _outcome(row: Exchange, reply: Reply, now: datetime) -> tuple[str, str | None, str]:
    match reply.code:
        case "CA" if reply.parcel.awaits_application:
            row.fault_code, row.faults = "", []
            return Outcome.DONE, State.SENT, "Reçu par la cible (CA), sa réponse applicative est attendue"
        case "AA" | "CA":
            row.fault_code, row.faults = "", []
            return Outcome.DONE, State.ACKNOWLEDGED, f"Acquitté par la cible ({reply.code})"
        case "AE" | "CE":
            row.fault_code, row.faults = refusals.DENIED, list(reply.faults)
            return Outcome.REFUSED, State.FAILED, f"Refusé par la cible ({reply.code})"
    row.next_attempt_at = now + retry_after(row.attempts)
    outcome = Outcome.LATER if reply.code else Outcome.LOST
    if now - row.state_at > LIFETIME:
        row.fault_code = refusals.NOT_DELIVERED
        return outcome, State.FAILED, "La cible ne l'a pas pris en 24 heures"
    return outcome, None, f"Tentative {row.attempts} : {reply.code or reply.error}"


@transaction.atomic
def expire(limit: int = EXPIRED_AT_ONCE) -> int:
    """What nobody took in a day, or whose target is gone, becomes a task; replaying gives it another day."""
    known = set(Target.objects.filter(active=True).values_list("code", flat=True))
    rows = Exchange.objects.select_for_update(skip_locked=True).filter(
        channel=CHANNEL, direction="out", door=Door.MLLP, state=State.TO_SEND
    )
    overdue = timezone.now() - LIFETIME
    late = list(rows.filter(state_at__lt=overdue).order_by("seq")[:limit])
    silent = list(
        Exchange.objects.select_for_update(skip_locked=True)
        .filter(channel=CHANNEL, direction="out", door=Door.MLLP, state=State.SENT, state_at__lt=overdue)
        .order_by("seq")[:limit]
    )
    gone = list(rows.exclude(recipients__0__in=known).order_by("seq")[:limit])
    changes = []
    for row in silent:
        row.fault_code, row.needs_mending = refusals.NOT_ANSWERED, True
        changes.append((row, State.FAILED.value, refusals.OUTBOUND_WORDS[row.fault_code], ""))
    for row in {row.id: row for row in (*late, *gone)}.values():
        row.fault_code = refusals.NOT_DELIVERED if row.recipients[0] in known else refusals.TARGET_GONE
        row.needs_mending = True
        changes.append((row, State.FAILED.value, refusals.OUTBOUND_WORDS[row.fault_code], ""))
    if changes:
        journal.update_all(changes)
        for row, *_ in changes:
            mending.ask(row.id, client_id=row.client_id, fault_code=row.fault_code)
    return len(changes)
