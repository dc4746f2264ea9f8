"""A door of the house calls a channel with a message, and may wait for what its target answers (synchronous channels).

The message is held first; whatever happens next, it is not lost: what could not be answered in time goes on by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from . import delivery, execution, live
from .arrivals import Arrival, held_passage
from .errors import NotInService
from .models import Channel, Delivery, Passage, TargetState

type Verdict = Literal["delivered", "held", "filtered", "refused", "duplicate"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`held`: kept, and on its way; `refused`: a person must look at it, or its identity was already used."""

    verdict: Verdict
    reason: str = ""
    words: str = ""


def call(code: str, payload: bytes, *, sender: str, identity: str, door: str, client_id: UUID | None = None) -> Answer:
    """Give a message to a channel whose source is `appel`. Raises NotInService when it cannot take any."""
    channel = Channel.objects.filter(code=code, suspended_at=None).first()
    version = live.live_version(channel.id) if channel is not None else None
    if channel is None or version is None:
        raise NotInService
    config = live.configuration(version)
    if config.source.kind != "appel":
        raise NotInService(f"La source du canal « {code} » n'est pas un appel.")
    arrival = Arrival(payload, door, sender, identity, size=len(payload), client_id=client_id)
    fate, passage = held_passage(channel, config, arrival)
    if passage is None:
        return Answer("duplicate" if fate == "duplicate" else "refused")
    if config.mode != "synchrone":
        return Answer("held")
    return _now(channel, passage)


def _now(channel: Channel, passage: Passage) -> Answer:
    """Its turn now, when nothing of its lanes is before it; else it waits its turn."""
    version = live.live_version(channel.id)
    if version is not None:
        execution.process(channel, version)
    passage.refresh_from_db()
    if passage.state == Passage.State.FILTERED:
        return Answer("filtered")
    if passage.state == Passage.State.STOPPED:
        return Answer("refused", passage.reason, passage.words)
    owed = Delivery.objects.filter(passage=passage).first()
    if owed is None:
        return Answer("held")
    state = TargetState.objects.get(channel=channel, target=owed.target)
    delivery.serve(state.pk, only=owed.id)
    owed.refresh_from_db()
    if owed.state == Delivery.State.DELIVERED:
        return Answer("delivered", "", owed.words)
    if owed.state == Delivery.State.STOPPED:
        return Answer("refused", owed.reason, owed.words)
    return Answer("held", "", owed.words)
