"""The work list of identity stewards."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import NotFound
from maison.registries.identity.errors import AlreadyDecided, ReasonNeeded
from maison.registries.identity.models import WorkItem


@transaction.atomic
def close_work(*, actor: Actor, work_id: UUID, decision: str) -> WorkItem:
    """It was dealt with; how, in words that stay."""
    found = WorkItem.objects.visible_to(actor).select_for_update(of=("self",)).filter(id=work_id).first()
    if found is None:
        raise NotFound
    if found.closed_at is not None:
        raise AlreadyDecided
    if not decision.strip():
        raise ReasonNeeded
    found.closed_at, found.closed_by, found.closed_by_name = timezone.now(), actor.subject[:64], actor.name[:120]
    found.decision = decision[:300]
    found.save(update_fields=["closed_at", "closed_by", "closed_by_name", "decision"])
    audit.record(
        actor, "identity.work_closed", target=found, patient=found.identity_id, structure=found.structure_id, reason=decision,
        details={"reason": found.reason},
    )  # fmt: skip
    return found
