"""What waits for an actor, and where a thing stands."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from maison.foundations.access.actor import Actor

from .kinds import kinds
from .models import Relay, Step


def _waiting(actor: Actor) -> QuerySet[Relay]:
    allowed = Q(pk=None)
    for kind in kinds().values():
        structures = actor.structures_with(kind.permission)
        if structures:
            allowed |= Q(kind_code=kind.code, to_structure_id__in=structures)
    return Relay.objects.filter(allowed, waiting=True)


def waiting_for(actor: Actor, limit: int = 20) -> list[Relay]:
    """The relays that wait for the actor's structures, most urgent then oldest first. Two queries at most."""
    return list(_waiting(actor).select_related("to_structure", "from_structure")[:limit])


def waiting_count(actor: Actor) -> int:
    return 0 if actor.is_anonymous else _waiting(actor).count()


def trail_of(relay_ids: Iterable[UUID]) -> dict[UUID, list[Step]]:
    """The steps of many relays, in one query."""
    trails: dict[UUID, list[Step]] = {relay_id: [] for relay_id in relay_ids}
    for step in Step.objects.filter(relay_id__in=list(trails)).select_related("relay", "structure"):
        trails[step.relay_id].append(step)
    return trails
