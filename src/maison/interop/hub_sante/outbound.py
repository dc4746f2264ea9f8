"""One way out: acknowledgements, errors and the cases the house shares, all written in the journal before they leave.

An answer leaves by the door its question came through: broker for broker, mailbox for a client that only posts. Its
distribution id is drawn from the question, so that work done twice says the same thing once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.utils import timezone

from maison.formats.hub_sante import wire
from maison.formats.hub_sante.protocol import HubError, Reference
from maison.foundations.events.models import StoredEvent
from maison.foundations.events.reader import Reader
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.models import Client, Door, Exchange, Identity

from . import CHANNEL, refusals
from .intake import CONTENT_TYPES, Judgement, answer_id
from .refusals import Refusal

log = logging.getLogger(__name__)
State = Exchange.State

STEPS = ("RECU", "INTEGRE", "CONSULTE")
"""In this order: an acknowledgement that comes late does not take back a later one."""
OUTBOUND_READER = "hub-sante.outbound"
EVENTS = frozenset({"emergency.case_consulted", "emergency.case_shared"})
MAILBOX_LIFETIME = timedelta(days=1)
SEND_LIFETIME = timedelta(days=1)
LOAN = timedelta(seconds=20)
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
SEND_LOCK = 7_310_042


def _form(content_type: str) -> wire.Format:
    return "xml" if "xml" in content_type else "json"


def _door(question: Exchange) -> str:
    return Door.AMQP if question.door == Door.AMQP else Door.MAILBOX


def _write_once(entry: journal.Entry) -> bool:
    """Write it unless it has already been said. True when written."""
    return bool(journal.write_new([entry]))


def _entry(envelope: wire.Envelope, *, payload: bytes, content_type: str, door: str, client_id: UUID | None, recipient: str,
           case_ref: str = "", step: str = "", answers: UUID | None = None, correlation: str = "") -> journal.Entry:  # fmt: skip
    return journal.Entry(
        direction="out", channel=CHANNEL, door=door, client_id=client_id, sender=settings.HUB_CLIENT_ID,
        recipients=[recipient], distribution_id=envelope.distribution_id, kind=envelope.kind, status=envelope.status,
        message_type=envelope.type.code, case_ref=case_ref, content_type=content_type, state=State.TO_SEND, payload=payload,
        lane=recipient, step=step, answers=answers, correlation=correlation,
    )  # fmt: skip


def _named(envelope: wire.Envelope, identity: str) -> wire.Envelope:
    envelope.distribution_id = identity
    if envelope.header is not None:
        envelope.header.message_id = identity
    return envelope


def acknowledge(question: Exchange, received: wire.Envelope, step: str) -> bool:
    """RC-REF for a message of a client: INTEGRE when its room has it, CONSULTE when the receiving service saw it."""
    return bool(acknowledge_all([(question, received)], step))


def acknowledge_all(told: Sequence[tuple[Exchange, wire.Envelope]], step: str) -> set[UUID]:
    """Several at once; what was already said is not said again."""
    return journal.write_new([_acknowledgement(question, received, step) for question, received in told])


def _acknowledgement(question: Exchange, received: wire.Envelope, step: str) -> journal.Entry:
    answer = _named(wire.acknowledgement(received, step, sender=settings.HUB_CLIENT_ID), answer_id(question.id, step))
    form = _form(question.content_type)
    return _entry(
        answer, payload=wire.write(answer, form), content_type=CONTENT_TYPES[form], door=_door(question),
        client_id=question.client_id, recipient=question.sender, case_ref=question.case_ref, step=step,
        answers=question.id, correlation=question.distribution_id,
    )  # fmt: skip


def report_error(question: Exchange, refusal: Refusal, judgement: Judgement | None) -> bool:
    """RS-ERROR after the acknowledgement of reception: the room, or a replay, refused the message."""
    source = None
    if judgement is not None:
        source = judgement.envelope.document if judgement.envelope else judgement.document
    answer = _named(
        wire.error_report(
            sender=settings.HUB_CLIENT_ID, recipient=question.sender, referenced=question.distribution_id,
            code=refusal.reason.number, title=refusal.reason.title, cause=refusal.cause, source=source,
        ),
        answer_id(question.id, f"REFUS {refusal.reason.code}"),
    )  # fmt: skip
    form = _form(question.content_type)
    try:
        payload = wire.write(answer, form)
    except wire.UnwritableMessage:
        form, payload = "json", wire.write(answer, "json")
    return _write_once(
        _entry(
            answer, payload=payload, content_type=CONTENT_TYPES[form], door=_door(question), client_id=question.client_id,
            recipient=question.sender, case_ref=question.case_ref, step="ERREUR", answers=question.id,
            correlation=question.distribution_id,
        )
    )  # fmt: skip


# -- what others answer us


def _ours(distribution_id: str) -> Exchange | None:
    known = Identity.objects.filter(
        channel=CHANNEL, sender=settings.HUB_CLIENT_ID, distribution_id=distribution_id
    ).values_list("id", "at")
    for exchange_id, at in known:
        return Exchange.objects.select_for_update().filter(id=exchange_id, at=at, direction="out").first()
    return None


def confirm(reference: Reference) -> Exchange | None:
    """RC-REF received: the message of ours it names, brought to the step it tells; None when it names none of ours."""
    sent = _ours(reference.distribution_id)
    if sent is None:
        return None
    step = reference.step or "RECU"
    if reference.refused or step == "ERREUR":
        _fail(sent, "Refusé par le destinataire")
        return sent
    if step in STEPS and (sent.confirmed_step not in STEPS or STEPS.index(step) > STEPS.index(sent.confirmed_step)):
        sent.confirmed_step = step
    journal.update(
        sent, state=State.ACKNOWLEDGED if sent.state != State.FAILED else None, note=f"Le destinataire annonce {step}"
    )
    return sent


def denied(error: HubError) -> Exchange | None:
    """RS-ERROR received: our message failed, and a person has to know why. The cause stays in the payload."""
    sent = _ours(error.referenced_distribution_id)
    if sent is None:
        return None
    _fail(sent, f"Refusé : {error.error_code.status_string[:80]} ({error.error_code.status_code})")
    return sent


def _fail(sent: Exchange, note: str) -> None:
    sent.fault_code, sent.needs_mending = refusals.DENIED, True
    journal.update(sent, state=State.FAILED, note=note)
    mending.ask(sent.id, client_id=sent.client_id, fault_code=sent.fault_code)


# -- what rooms publish


def answer_events(limit: int = 200) -> int:
    """Read the facts of the rooms that other systems must hear, in order, each once."""
    return Reader(OUTBOUND_READER, EVENTS).read(_deal_with, limit)


def _deal_with(event: StoredEvent) -> None:
    try:
        with transaction.atomic():
            if event.name == "emergency.case_consulted":
                _tell_consulted(UUID(event.payload["case_id"]))
            else:
                _share(event)
    except (ObjectDoesNotExist, LookupError, ValueError) as error:
        # One fact that cannot be told must not silence the next ones; supervision shows it.
        log.error("hub_sante.outbound_failed %s %s %s", event.name, event.id, type(error).__name__)


def _tell_consulted(case_id: UUID) -> None:
    """RC-REF CONSULTE to whoever sent the case: once for each message that carries a creation."""
    from maison.services.emergency.hub_sante import case_message

    case_ref = case_message(case_id)["caseId"]
    questions = Exchange.objects.filter(
        channel=CHANNEL, direction="in", state=State.INTEGRATED, case_ref=case_ref, message_type="RS-EDA"
    )
    for question in questions.order_by("seq"):
        payload = journal.payload_of(question)
        if payload is not None:
            acknowledge(question, wire.read_envelope(payload), "CONSULTE")


def _share(event: StoredEvent) -> None:
    """A case the house originated or changed: one message a recipient, in the words its sender would use."""
    from maison.services.emergency.models import CaseMessage

    told = CaseMessage.objects.get(id=event.payload["message_id"])
    for recipient in event.payload["recipients"]:
        send(told.kind, told.body, recipient=recipient, case_ref=told.body["caseId"], cause=event.id)


def send(code: str, body: dict[str, object], *, recipient: str, case_ref: str, cause: UUID) -> bool:
    """Write a message of the house for one recipient. `cause` names the fact behind it, so that it leaves once."""
    message = msgspec.convert(body, wire.BY_CODE[code].model)
    identity = f"{settings.HUB_CLIENT_ID}_{uuid5(cause, recipient)}"
    envelope = wire.envelope_for(
        message, sender=settings.HUB_CLIENT_ID, recipient=recipient, distribution_id=identity,
        kind="Update" if code == "RS-EDA-MAJ" else "Report",
    )  # fmt: skip
    client = Client.objects.in_use().filter(client_id=recipient).first()
    door = Door.MAILBOX if client is not None and Door.AMQP not in client.doors else Door.AMQP
    return _write_once(
        _entry(
            envelope, payload=wire.write(envelope), content_type="application/json", door=door,
            client_id=client.id if client else None, recipient=recipient, case_ref=case_ref,
        )
    )  # fmt: skip


# -- what nobody took


@transaction.atomic
def expire_mailboxes(limit: int = 500) -> int:
    """A message nobody came for within its life is said to have failed; an acknowledgement just ends."""
    late = list(
        Exchange.objects.select_for_update(skip_locked=True)
        .filter(
            channel=CHANNEL,
            direction="out",
            door=Door.MAILBOX,
            state__in=(State.TO_SEND, State.SENT),
            confirmed_step="",
        )
        .filter(at__lt=timezone.now() - MAILBOX_LIFETIME)
        .order_by("seq")[:limit]
    )
    _expire(late)
    return len(late)


def _expire(late: Sequence[Exchange]) -> None:
    for exchange in late:
        exchange.fault_code = refusals.NOT_TAKEN
        asks = exchange.message_type not in ("RC-REF", "RS-ERROR")
        exchange.needs_mending = asks
        journal.update(exchange, state=State.FAILED, note="Personne n'est venu le relever dans les 24 heures")
        if asks:
            mending.ask(exchange.id, client_id=exchange.client_id, fault_code=refusals.NOT_TAKEN)


# -- what leaves by the broker


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way out, with what the wire needs of it."""

    exchange_id: UUID
    at: datetime
    recipient: str
    distribution_id: str
    content_type: str
    payload: bytes


DUE_LANES = """
SELECT lane FROM exchanges_exchange
WHERE channel = %s AND direction = 'out' AND state = 'to_send' AND door = 'amqp' AND next_attempt_at <= %s
ORDER BY seq LIMIT %s
"""
LANE_LOCKED = "SELECT lane FROM unnest(%s::text[]) AS lane WHERE pg_try_advisory_xact_lock(%s, hashtext(lane))"


@transaction.atomic
def claim_for_broker(limit: int = 100) -> list[Parcel]:
    """Messages to send now, in the order of each recipient, lent for twenty seconds to whoever asked: a gateway that dies with
    them gives them back."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(DUE_LANES, [CHANNEL, now, limit])
        lanes = list(dict.fromkeys(row[0] for row in cursor.fetchall()))
        if not lanes:
            return []
        cursor.execute(LANE_LOCKED, [lanes, SEND_LOCK])
        held = [row[0] for row in cursor.fetchall()]
    rows = Exchange.objects.select_for_update().filter(
        channel=CHANNEL, direction="out", state=State.TO_SEND, door=Door.AMQP, lane__in=held
    )
    claimed, blocked = [], set()
    for row in rows.order_by("seq")[: limit * 2]:
        if row.lane in blocked or row.next_attempt_at > now:
            blocked.add(row.lane)  # an earlier message of this recipient waits or is on its way: the order holds
            continue
        payload = journal.payload_of(row)
        if payload is None:
            _fail(row, "Le contenu n'est plus conservé")
            continue
        claimed.append(Parcel(row.id, row.at, row.lane, row.distribution_id, row.content_type, payload))
    Exchange.objects.filter(id__in=[parcel.exchange_id for parcel in claimed]).update(next_attempt_at=now + LOAN)
    return claimed


@transaction.atomic
def settle(confirmed: Sequence[Parcel], failed: Sequence[Parcel], untried: Sequence[Parcel]) -> None:
    """Tell what the broker took, what it gave back (tried again later and later), and what was not tried."""
    rows = Exchange.objects.select_for_update().in_bulk(
        [parcel.exchange_id for parcel in (*confirmed, *failed, *untried)]
    )
    now = timezone.now()
    changes: list[tuple[Exchange, str | None, str | None, str]] = []
    for parcel in confirmed:
        row = rows[parcel.exchange_id]
        row.attempts += 1
        # An acknowledgement may have come back faster than the confirmation.
        if row.state == State.TO_SEND:
            changes.append((row, State.SENT.value, "Confirmé par le courtier", ""))
    for parcel in failed:
        row = rows[parcel.exchange_id]
        row.attempts += 1
        row.next_attempt_at = now + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 12), LONGEST_RETRY)
        if now - row.at > SEND_LIFETIME:
            row.fault_code, row.needs_mending = refusals.NOT_SENT, True
            changes.append((row, State.FAILED.value, "Le courtier ne l'a pas accepté en 24 heures", ""))
            mending.ask(row.id, client_id=row.client_id, fault_code=refusals.NOT_SENT)
        else:
            changes.append((row, None, f"Tentative {row.attempts} sans succès", ""))
    journal.update_all(changes)
    Exchange.objects.filter(id__in=[parcel.exchange_id for parcel in untried]).update(next_attempt_at=now)
