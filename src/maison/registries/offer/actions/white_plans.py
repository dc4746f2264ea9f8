"""The plan blanc of an establishment: set off and lifted by its direction, seen by regulation and the ARS."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events import publish
from maison.foundations.structures.models import Structure
from maison.registries.offer.errors import WhitePlanUnchanged
from maison.registries.offer.events import WhitePlanChanged
from maison.registries.offer.models import WhitePlan
from maison.registries.offer.permissions import P


@transaction.atomic
def set_white_plan(*, actor: Actor, structure_id: UUID, level: int) -> WhitePlan | None:
    """Level 0 lifts it; another level replaces the one in force, which stays in the history. Returns the plan in force."""
    if not actor.can(P.DECLARE_WHITE_PLAN, structure_id):
        raise Forbidden
    site = Structure.objects.select_for_update(of=("self",)).filter(id=structure_id, kind=Structure.Kind.SITE).first()
    if site is None:
        raise NotFound
    current = WhitePlan.objects.current().filter(structure=site).first()
    if (current.level if current else 0) == level:
        raise WhitePlanUnchanged
    now = timezone.now()
    if current:
        current.lifted_at, current.lifted_by_name = now, actor.name
        current.save(update_fields=["lifted_at", "lifted_by_name"])
    plan = None
    if level:
        plan = WhitePlan.objects.create(
            structure=site, level=level, set_off_at=now, set_off_by=actor.subject, set_off_by_name=actor.name
        )
    audit.record(
        actor, "offer.white_plan_set", target=plan or current, structure=structure_id, details={"level": level}
    )
    publish(WhitePlanChanged(structure_id, level))
    return plan
