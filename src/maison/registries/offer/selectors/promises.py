"""Requests for beds, as each side sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from maison.foundations.access import Actor
from maison.foundations.relay import trail_of
from maison.foundations.relay.models import Relay, Step
from maison.foundations.structures.models import Structure
from maison.registries.offer.models import Promise
from maison.registries.offer.permissions import P
from maison.ui.components import TrailStep

KEPT = timedelta(hours=12)
"""How long an ended request stays on the screens."""
State = Promise.State
KINDS = {
    State.TO_APPROVE: "waiting", State.ASKED: "waiting", State.ACCEPTED: "ok", State.TAKEN: "neutral", State.REFUSED: "danger",
    State.REJECTED: "danger", State.RELEASED: "neutral", State.EXPIRED: "danger",
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """A request with its trail. `unconfirmed`: the unit has something to answer or to acknowledge, and the screen calls."""

    promise: Promise
    trail: list[TrailStep]
    unconfirmed: bool

    @property
    def kind(self) -> str:
        return KINDS[State(self.promise.state)]

    @property
    def to_answer(self) -> bool:
        return self.promise.state == State.ASKED

    @property
    def to_acknowledge(self) -> bool:
        return self.unconfirmed and self.promise.state in (State.RELEASED, State.EXPIRED)

    @property
    def title(self) -> str:
        asker = self.promise.from_structure
        return f"{self.promise.get_need_display()}, {place_of(asker)}"


def place_of(structure: Structure) -> str:
    """« Cahors, Urgences adultes »: a service is named with its site."""
    if structure.kind == Structure.Kind.SERVICE and structure.parent is not None:
        return f"{structure.parent.short_name}, {structure.short_name or structure.name}"
    return structure.short_name or structure.name


def _alive_or_recent(rows: QuerySet[Promise]) -> QuerySet[Promise]:
    rows = rows.filter(Q(state__in=Promise.ALIVE) | Q(ended_at__gte=timezone.now() - KEPT) | Q(relay__waiting=True))
    return rows.select_related("offer__site", "offer__structure", "relay", "from_structure__parent").order_by("-asked_at", "-id")  # fmt: skip


def received(actor: Actor) -> QuerySet[Promise]:
    """What was asked of the actor's units."""
    mine = actor.structures_with(P.ANSWER_REQUESTS)
    return _alive_or_recent(
        Promise.objects.visible_to(actor).filter(offer__structure__in=mine, held_until__isnull=False)
    )


def asked(actor: Actor) -> QuerySet[Promise]:
    """What the actor's structures asked for."""
    return _alive_or_recent(
        Promise.objects.visible_to(actor).filter(from_structure__in=actor.structures_with(P.REQUEST_BED))
    )


def to_approve(actor: Actor) -> QuerySet[Promise]:
    """Requests made in crisis, in flight ones included when it has ended since."""
    return _alive_or_recent(Promise.objects.visible_to(actor).filter(with_approval=True))


def rows(promises: list[Promise]) -> list[Row]:
    """With their trails, in one query more. What waits for an answer comes first."""
    trails = trail_of([promise.relay_id for promise in promises if promise.relay_id])
    found = [
        Row(promise, _trail(trails.get(promise.relay_id, [])) if promise.relay_id else [], _waits(promise))
        for promise in promises
    ]
    return sorted(found, key=lambda row: (not row.unconfirmed, row.promise.state not in Promise.ALIVE))


def _waits(promise: Promise) -> bool:
    return promise.state not in Promise.BEFORE and promise.relay is not None and promise.relay.waiting


def _trail(steps: list[Step]) -> list[TrailStep]:
    return [
        TrailStep(f"{step.label} · {step.note}" if step.note else step.label, step.at, step.name,
                  refused=step.code == Relay.Ending.CANCELLED)
        for step in steps
    ]  # fmt: skip
