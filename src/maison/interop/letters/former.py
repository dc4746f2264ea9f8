"""The version a letter replaces or takes back: what became of it on the same way."""

from __future__ import annotations

from typing import Literal

from maison.foundations.access.actor import Actor
from maison.interop.channels.actions import mending
from maison.interop.channels.models import Delivery

from .legs import move
from .models import Leg, Letter, Sending

type Fate = Literal["unknown", "waiting", "arrived", "not asked"]
ARRIVED = (Sending.State.SENT, Sending.State.DELIVERED, Sending.State.READ)
SUPERSEDED = "Remplacé par un envoi plus récent du même document avant d'être parti"


def keys_before(letter: Letter) -> list[str]:
    """The document it speaks of: the former version, or itself when it is taken back."""
    return [key for key in ((letter.document_key,) if letter.action == "delete" else (letter.replaces_key,)) if key]


def fate(letter: Letter, kind: str) -> tuple[Fate, Sending | None]:
    """`waiting`: it is still on its way, what follows waits behind it. `not asked`: known, and it did not leave by this way."""
    keys = keys_before(letter)
    arrived = Sending.objects.filter(leg__kind=kind, document_key__in=keys, state__in=ARRIVED).exclude(action="delete")
    if (found := arrived.order_by("-began_at").first()) is not None:
        return "arrived", found
    before = Letter.objects.filter(document_key__in=keys, structure_id=letter.structure_id).exclude(id=letter.id)
    ways = list(Leg.objects.filter(letter__in=before, kind=kind))
    if any(leg.state == Leg.State.WAITING for leg in ways):
        return "waiting", None
    if ways:
        return "not asked", None
    return ("waiting", None) if before.filter(legs=None).exists() else ("unknown", None)


def supersede(letter: Letter, kind: str) -> int:
    """Give up what was held of the same document or of the version it replaces: their desk has nothing to mend any more."""
    keys = {letter.document_key, letter.replaces_key} - {""}
    held = Leg.objects.filter(
        letter__document_key__in=keys, letter__structure_id=letter.structure_id, kind=kind, state=Leg.State.HELD,
        letter__received_at__lt=letter.received_at,
    ).exclude(letter=letter)  # fmt: skip
    count = 0
    for leg in held:
        if Delivery.objects.filter(id=leg.delivery_id, state="stopped").exists():
            mending.abandon(actor=Actor.system("letters"), kind=Delivery, stopped_id=leg.delivery_id, reason=SUPERSEDED)
        move(leg, Leg.State.GIVEN_UP, f"{SUPERSEDED}.")
        count += 1
    return count
