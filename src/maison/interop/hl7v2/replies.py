"""Application acknowledgements (enhanced mode): those the house owes, sent apart once the trade has decided, and those it waits for.

A message that asks for one (MSH-16) is answered AA when its room took it or when it is kept, AE when it was refused for its content,
AR for circumstances; never before the decision, and once a decision: a message mended by a person is answered again. The answer goes
to the address declared for its sender, in the queue of any other message, and asks for its own reception (MSH-15 AL).
Source: HL7 2.5.1, chapter 2, sections 2.9.2 and 2.9.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.hl7v2.ack import Ack, acknowledge, awaits_application_ack, is_enhanced, read_ack
from maison.formats.hl7v2.faults import Fault, InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.writer import write
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.lanes import Pending, retry_after
from maison.interop.exchanges.models import Door, Exchange

from . import CHANNEL, outbound, refusals
from .models import SenderProfile

State = Exchange.State
CODES = {State.INTEGRATED: "AA", State.KEPT: "AA", State.REFUSED: "AE"}
"""The answer of each final state. A message that waits for the house or for a person is answered when it no longer does."""


def asks(payload: bytes) -> bool:
    """Whether MSH-16 says something: looked for in the bytes, for every message that is dealt with."""
    fields = payload[:400].split(b"|", 16)
    return len(fields) > 16 and bool(fields[15])


def control_id(exchange_id: UUID, code: str) -> str:
    """MSH-10 of the answer: the same for the same decision, so that it is never queued twice."""
    return exchange_id.hex[:11].upper() + exchange_id.hex[-7:].upper() + code


def after_decision(pending: Pending, state: str, fault_code: str, faults: Sequence[dict[str, str]], note: str) -> None:
    """A lane just settled this message, in this transaction."""
    code = CODES.get(State(state))
    if code is None or not asks(pending.payload):
        return
    try:
        message = read_message(pending.payload)
    except UnreadableMessage:
        return
    said = refusals.faults_kept(faults, fault_code, note) if code != "AA" else []
    answer(message, code, pending.id, pending.client_id, said)


def answer(
    message: Message, code: str, exchange_id: UUID, client_id: UUID | None, faults: Sequence[Fault] = ()
) -> UUID | None:
    """Queue the application acknowledgement of this message, in the current transaction. None: none is owed, or none can go."""
    if (
        client_id is None
        or message.kind == "ACK"
        or not is_enhanced(message)
        or not awaits_application_ack(message, is_error=code != "AA")
    ):
        return None
    target = SenderProfile.objects.filter(client_id=client_id, reply_target__active=True).values_list("reply_target__code", flat=True).first()  # fmt: skip
    if target is None:
        return None
    own = control_id(exchange_id, code)
    if Exchange.objects.filter(answers=exchange_id, direction="out", distribution_id=own).exists():
        return None
    built = acknowledge(message, code, faults, now=timezone.now(), control_id=own, accept_ack="AL")  # type: ignore[arg-type]
    return outbound.queue(write(built), target=target, cause=exchange_id, client_id=client_id)


# -- those the house waits for

UNKNOWN = "Répond à un message que la maison n'a pas envoyé à ce logiciel."
TOO_LATE = "Le message avait déjà reçu sa réponse."


@transaction.atomic
def hear(message: Message, client_id: UUID) -> tuple[str, UUID | None, str]:
    """An acknowledgement came by the door: settle the message it answers. Returns the state of the acknowledgement itself, the
    exchange it answers, and a note for people."""
    try:
        ack = read_ack(message)
    except InvalidMessage as refusal:
        return State.KEPT, None, refusal.faults[0].message
    target = SenderProfile.objects.filter(client_id=client_id).values_list("reply_target__code", flat=True).first()
    rows = Exchange.objects.select_for_update().filter(
        channel=CHANNEL, direction="out", door=Door.MLLP, distribution_id=ack.control_id, recipients__0=target
    )
    row = rows.order_by("-seq").first() if target else None
    if row is None:
        return State.KEPT, None, UNKNOWN
    if ack.is_of_reception or row.state not in (State.SENT, State.TO_SEND):
        return State.KEPT, row.id, TOO_LATE if row.state not in (State.SENT, State.TO_SEND) else ""
    _settle(row, ack)
    return State.INTEGRATED, row.id, ""


def _settle(row: Exchange, ack: Ack) -> None:
    match ack.code:
        case "AA":
            row.fault_code, row.faults = "", []
            journal.update(row, state=State.ACKNOWLEDGED, note="Accepté par l'application de la cible (AA)")
        case "AE":
            row.fault_code, row.faults, row.needs_mending = refusals.DENIED, list(outbound.faults_of(ack)), True
            journal.update(row, state=State.FAILED, note="Refusé par l'application de la cible (AE)")
            mending.ask(row.id, client_id=row.client_id, fault_code=row.fault_code)
        case _:
            row.attempts += 1
            row.next_attempt_at = timezone.now() + retry_after(row.attempts)
            journal.update(row, state=State.TO_SEND, note="L'application de la cible demande de revenir (AR)")
