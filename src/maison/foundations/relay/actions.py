"""Steps of a relay. The room checks its own rights first (its relay's `permission`) and calls these in its transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import NotFound
from maison.foundations.events import publish
from maison.foundations.gathering import insert, settled

from .errors import RelayEnded, StepNotPossible
from .events import RelayMoved
from .kinds import RelayKind
from .models import Relay, Step

CANCELLED, REDIRECTED, ACKNOWLEDGED = "cancelled", "redirected", "acknowledged"


def _step(actor: Actor, relay: Relay, code: str, at: datetime, note: str, *, new: bool = False) -> None:
    """Write the relay as it now stands and the step it has just made, with its trace and its fact."""
    relay.moved_at = at
    if new:
        insert(relay)
    else:
        relay.save()
    insert(
        Step(
            relay=relay, code=code, at=at, subject=actor.subject, name=actor.name, structure_id=actor.structure_id, note=note,
        )
    )  # fmt: skip
    audit.record(
        actor, "relay.step", target=relay, structure=actor.structure_id, details={"kind": relay.kind_code, "step": code}
    )
    publish(RelayMoved(relay.id, relay.kind_code, code, relay.from_structure_id, relay.to_structure_id))


def _locked(relay_id: UUID) -> Relay:
    relay = Relay.objects.select_for_update(of=("self",)).filter(id=relay_id).first()
    if relay is None:
        raise NotFound
    return relay


@transaction.atomic(savepoint=False)
def send(actor: Actor, *, kind: RelayKind, subject: tuple[str, UUID], to_structure: UUID, from_structure: UUID | None = None,
         urgency: int = 2, at: datetime | None = None, note: str = "") -> Relay:  # fmt: skip
    """Hand something over. The first step of the kind is "sent"."""
    at = at or timezone.now()
    relay = Relay(
        kind_code=kind.code, subject_type=subject[0], subject_id=subject[1], to_structure_id=to_structure,
        from_structure_id=from_structure, status=kind.steps[0].code, waiting=True, urgency=urgency, sent_at=at,
    )  # fmt: skip
    _step(actor, relay, kind.steps[0].code, at, note, new=True)
    return relay


@settled
@transaction.atomic
def mark(actor: Actor, relay_id: UUID, step_code: str, *, note: str = "", at: datetime | None = None) -> Relay:
    """Do a step. A step already done is said again without harm; one that lies behind is refused."""
    relay = _locked(relay_id)
    if relay.ending:
        raise RelayEnded
    kind = relay.kind
    rank, current = kind.rank(step_code), kind.rank(relay.status)
    if rank == current:
        return relay
    if rank < current:
        raise StepNotPossible
    relay.status = step_code
    relay.waiting = kind.step(step_code).waits
    if rank == len(kind.steps) - 1:
        relay.ending = Relay.Ending.CLOSED
    _step(actor, relay, step_code, at or timezone.now(), note)
    return relay


@settled
@transaction.atomic
def cancel(actor: Actor, relay_id: UUID, *, note: str = "") -> Relay:
    """Call it off; the receiver still has to acknowledge that he knows, unless nobody there had seen it."""
    relay = _locked(relay_id)
    if relay.ending:
        return relay
    relay.ending, relay.waiting = Relay.Ending.CANCELLED, True
    _step(actor, relay, CANCELLED, timezone.now(), note)
    return relay


@settled
@transaction.atomic
def redirect(actor: Actor, relay_id: UUID, *, to_structure: UUID, note: str = "") -> tuple[Relay, Relay]:
    """Send it elsewhere: a new relay for the new receiver; the old receiver acknowledges that it no longer comes."""
    old = _locked(relay_id)
    if old.ending:
        raise RelayEnded
    new = send(actor, kind=old.kind, subject=(old.subject_type, old.subject_id), to_structure=to_structure,
               from_structure=old.from_structure_id, urgency=old.urgency, note=note)  # fmt: skip
    old.ending, old.waiting, old.redirected_to = Relay.Ending.REDIRECTED, True, new
    _step(actor, old, REDIRECTED, timezone.now(), note)
    return old, new


@settled
@transaction.atomic
def acknowledge(actor: Actor, relay_id: UUID) -> Relay:
    """The receiver knows of the cancellation or redirection."""
    relay = _locked(relay_id)
    if relay.ending not in (Relay.Ending.CANCELLED, Relay.Ending.REDIRECTED):
        raise StepNotPossible
    if relay.waiting:
        relay.waiting = False
        _step(actor, relay, ACKNOWLEDGED, timezone.now(), "")
    return relay
