"""The one act of the room: a sample is graded, and that it was is kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish

from . import grading
from .errors import TooManyChecks
from .events import SampleChecked
from .models import Check
from .permissions import P
from .report import Report

CHECKS_PER_MINUTE = 60
"""For one person or one software: a series of tests passes, a loop does not."""


def check_sample(*, actor: Actor, data: bytes, expected: str = "") -> Report:
    """Grade, then keep the hash and the counts for the structure the actor acts in. Raises Forbidden, TooManyChecks."""
    structure_id = _structure(actor)
    recent = Check.objects.filter(subject=actor.subject, at__gte=timezone.now() - timedelta(minutes=1))
    if recent[:CHECKS_PER_MINUTE].count() >= CHECKS_PER_MINUTE:
        raise TooManyChecks
    report = grading.grade(data, expected)
    _keep(actor, structure_id, report)
    return report


def _structure(actor: Actor) -> UUID:
    held = actor.structures_with(P.CHECK)
    if actor.structure_id is not None and actor.structure_id in held:
        return actor.structure_id
    if not held:
        raise Forbidden
    return min(held)


@transaction.atomic
def _keep(actor: Actor, structure_id: UUID, report: Report) -> None:
    counts = report.counts
    row = Check.objects.create(
        structure_id=structure_id, subject=actor.subject, sha256=report.sha256, size=report.size, outcome=report.outcome,
        family=report.family or "", grade=report.grade, unreadable=counts["unreadable"], errors=counts["error"],
        warnings=counts["warning"], remarks=counts["remark"],
    )  # fmt: skip
    details = {"family": row.family, "outcome": row.outcome, "grade": row.grade}
    audit.record(actor, "conformance.sample_checked", target=("conformance.check", row.id), details=details)
    publish(SampleChecked(check_id=row.id, structure_id=structure_id, family=row.family, grade=row.grade))
