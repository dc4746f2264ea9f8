"""How a letter's ways are told: one row a way, moved by each try, by receipts and by people."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations.events import publish

from .events import LegMoved
from .models import Leg, Letter, Sending

State = Leg.State
FROM_SENDINGS = (
    Sending.State.FAILED,
    Sending.State.LEAVING,
    Sending.State.SENT,
    Sending.State.DELIVERED,
    Sending.State.READ,
)
"""The least advanced sending says how its leg is."""


@transaction.atomic
def leg_of(letter: Letter, kind: str, delivery_id: UUID) -> Leg:
    leg, _ = Leg.objects.select_for_update().get_or_create(
        letter=letter, kind=kind, defaults={"delivery_id": delivery_id, "state": State.WAITING}
    )
    if leg.delivery_id != delivery_id:
        leg.delivery_id = delivery_id
        leg.save(update_fields=["delivery_id"])
    return leg


@transaction.atomic
def move(
    leg: Leg, state: str, words: str = "", *, reason: str = "", tried: bool = False, looked_at: int | None = None
) -> None:
    """Write where the leg is, and tell those who look."""
    row = Leg.objects.select_for_update().get(pk=leg.pk)
    changed = row.state != state
    row.state, row.words, row.reason = state, words[:300], reason
    row.tries += tried
    if changed:
        row.state_at = timezone.now()
    if looked_at is not None:
        row.looked_at = looked_at
    row.save()
    if changed:
        publish(LegMoved(row.letter_id, row.kind, state))


def state_of(leg: Leg) -> str:
    """From its sendings."""
    states = {sending.state for sending in leg.sendings.all()}
    found = next((state for state in FROM_SENDINGS if state in states), None)
    if found is None:
        return State.WAITING
    return {
        Sending.State.FAILED: State.FAILED, Sending.State.LEAVING: State.WAITING, Sending.State.SENT: State.SENT,
        Sending.State.DELIVERED: State.DELIVERED, Sending.State.READ: State.READ,
    }[Sending.State(found)]  # fmt: skip
