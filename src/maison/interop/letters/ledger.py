"""Each document to each place once: written before the network, completed after it. What a kill leaves « leaving » is looked into."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from .models import Leg, Letter, Sending

NAMESPACE = UUID("2d0b1d0e-6a52-5c27-9e4c-5f3b0d2b8f55")
UNKNOWN_AFTER = timedelta(minutes=10)
"""How long a receipt of the operator may tell what became of a mail cut while it left; then a person decides."""
State = Sending.State

type Standing = Literal["new", "leaving", "other", "done", "failed"]


class Taken(Exception):
    """The same document is leaving for the same place by another hand."""


def reference_of(letter: Letter, destination: str, generation: int) -> str:
    """The same for the same sending, whatever process asks: it names the mail (Message-ID) or the submission."""
    return str(uuid5(NAMESPACE, "|".join((letter.document_key, letter.action, destination, str(generation)))))


def standing(letter: Letter, destination: str) -> tuple[Standing, Sending | None]:
    """Where this sending is: never tried, cut while it left, held for another content, done, or refused by the other side."""
    found = Sending.objects.filter(
        document_key=letter.document_key, action=letter.action, destination=destination
    ).first()
    if found is None:
        return "new", None
    if found.state == State.FAILED:
        return "failed", found
    if found.sha256 != letter.sha256:
        return "other", found
    return ("leaving" if found.state == State.LEAVING else "done"), found


@transaction.atomic
def begin(
    leg: Leg, destination: str, payload: bytes, content_type: str, *, generation: int = 1, again: str = State.FAILED
) -> Sending:
    """On disk before the content leaves: the sending, and in the journal the very bytes that leave. One that is already there is
    begun again only from the state `again`. Raises Taken when another message is sending the same document there right now."""
    letter = leg.letter
    reference = reference_of(letter, destination, generation)
    entry = journal.Entry(
        direction="out", channel=leg.kind, door=leg.kind, state=Exchange.State.TO_SEND, payload=payload,
        sender=settings.HUB_CLIENT_ID, recipients=[destination if "@" in destination else Leg.KINDS[leg.kind]],
        distribution_id=reference, message_type="XDM" if leg.kind == "mssante" else "ITI-41",
        content_type=content_type, answers=letter.exchange_id,
    )  # fmt: skip
    journal.write([entry])
    fresh = {
        "leg": leg, "sha256": letter.sha256, "generation": generation, "reference": reference, "state": State.LEAVING,
        "exchange_id": entry.id, "exchange_at": entry.at, "began_at": timezone.now(), "sent_at": None, "delivered_at": None,
        "read_at": None, "failed_at": None, "words": "",
    }  # fmt: skip
    same = Sending.objects.filter(document_key=letter.document_key, action=letter.action, destination=destination)
    known = same.select_for_update().first()
    if known is None:
        made = Sending(document_key=letter.document_key, action=letter.action, destination=destination, **fresh)
        if not Sending.objects.bulk_create([made], ignore_conflicts=True) or not same.filter(id=made.id).exists():
            raise Taken
        return made
    if known.state != again:
        raise Taken
    for name, value in fresh.items():
        setattr(known, name, value)
    known.save()
    return known


@transaction.atomic
def end(
    sending_id: UUID, state: str, words: str, *, expects_receipt: bool | None = None, at: datetime | None = None
) -> Sending:
    """What came back: of the call itself, or later by a receipt. A state never goes back from read to sent."""
    sending = Sending.objects.select_for_update().get(id=sending_id)
    order = [State.LEAVING, State.SENT, State.DELIVERED, State.READ]
    if (
        state != State.FAILED
        and sending.state in order
        and order.index(State(state)) < order.index(State(sending.state))
    ):
        return sending
    now = at or timezone.now()
    sending.state, sending.words = state, words[:300]
    if expects_receipt is not None:
        sending.expects_receipt = expects_receipt
    if state != State.FAILED:
        sending.sent_at = sending.sent_at or now
    if state == State.FAILED:
        sending.failed_at = now
    elif state == State.DELIVERED:
        sending.delivered_at = sending.delivered_at or now
    elif state == State.READ:
        sending.read_at = sending.read_at or now
        sending.delivered_at = sending.delivered_at or now
    sending.save()
    exchange = Exchange.objects.filter(id=sending.exchange_id, at=sending.exchange_at).first()
    if exchange is not None:
        journal.update(exchange, state=JOURNAL[state], note=words)
    return sending


JOURNAL: dict[str, str] = {
    State.LEAVING: Exchange.State.TO_SEND,
    State.SENT: Exchange.State.SENT,
    State.DELIVERED: Exchange.State.ACKNOWLEDGED,
    State.READ: Exchange.State.ACKNOWLEDGED,
    State.FAILED: Exchange.State.FAILED,
}


@transaction.atomic
def forget(sending_id: UUID, words: str) -> None:
    """It did not leave: the next try begins again, under the same reference."""
    sending = Sending.objects.select_for_update().get(id=sending_id)
    exchange = Exchange.objects.filter(id=sending.exchange_id, at=sending.exchange_at).first()
    if exchange is not None:
        journal.update(exchange, state=Exchange.State.FAILED, note=words)
    sending.delete()


def is_too_old(sending: Sending) -> bool:
    return timezone.now() - sending.began_at > UNKNOWN_AFTER
