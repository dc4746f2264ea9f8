"""Raise and lower the level of a territory. Closing at 0 freezes the period; the history is kept whole."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from maison.foundations import audit, clock
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish

from .errors import LevelUnchanged, ReasonMissing, TerritoryNotYours, TerritoryUnknown
from .events import LevelChanged
from .models import CrisisPeriod, Level
from .reminders import REVIEW
from .selectors import changeable_by
from .territories import territories

LOCK = 7_310_002  # advisory lock: two people decide for one territory one after the other


@transaction.atomic
def change_level(*, actor: Actor, territory: str, level: Level, reason: str) -> CrisisPeriod | None:
    """Raise or lower the level; returns the new period, None when life is ordinary again."""
    if territory not in territories():
        raise TerritoryUnknown
    if territory not in changeable_by(actor):
        raise TerritoryNotYours
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    current = CrisisPeriod.objects.filter(territory=territory, closed_at=None).first()
    previous = current.level if current else Level.ORDINARY
    if previous == level:
        raise LevelUnchanged
    now = timezone.now()
    if current:
        current.closed_at, current.closing_reason = now, reason
        current.closed_by, current.closed_by_name = actor.subject, actor.name
        current.save(update_fields=["closed_at", "closing_reason", "closed_by", "closed_by_name"])
        clock.stop(REVIEW, current.id)
    period = None
    if level != Level.ORDINARY:
        period = CrisisPeriod.objects.create(
            territory=territory,
            level=level,
            reason=reason,
            opened_at=now,
            opened_by=actor.subject,
            opened_by_name=actor.name,
        )
        clock.start(REVIEW, period.id)
    audit.record(
        actor,
        "crisis.level_raised" if level > previous else "crisis.level_lowered",
        target=period or current,
        reason=reason,
        details={"territory": territory, "level": int(level), "previous": int(previous)},
    )
    publish(LevelChanged(territory, int(level), int(previous)))
    return period
