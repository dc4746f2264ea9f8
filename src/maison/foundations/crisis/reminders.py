"""A level above the ordinary is looked at again every day, so that none is forgotten."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from maison.foundations import clock
from maison.foundations.access.permissions import P

REVIEW = "crisis.review"


def declare() -> None:
    clock.declare(REVIEW, "Rappel de revoir un niveau de crise", seconds=86_400, owner="ARS")
    clock.on(REVIEW)(remind)


def remind(period_id: UUID) -> None:
    from maison.foundations.notifications.actions import notify_holders

    from .models import CrisisPeriod

    period = CrisisPeriod.objects.filter(id=period_id, closed_at=None).first()
    if period is None:
        return
    notify_holders(
        P.MANAGE_CRISIS,
        kind="crisis.review",
        title=f"{period.get_level_display()} : {period.territory_name}",
        text="Ce niveau de crise est en cours depuis plus d'un jour. Confirmez-le ou levez-le.",
        url_name="crisis:levels",
        key=f"{REVIEW}:{period.id}:{timezone.now():%Y-%m-%d}",
    )
    clock.start(REVIEW, period.id)
