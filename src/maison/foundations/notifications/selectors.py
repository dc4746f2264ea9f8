"""Who should be told, and what waits to be read."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.access.registry import Permission, granted_to, roles
from maison.foundations.structures.models import Structure

from .models import Notification


def holders_of(permission: Permission, structure_id: UUID | None = None) -> list[str]:
    """Those whose habilitation in force gives the permission in the structure (or in one that contains it), else anywhere."""
    codes = [code for code in roles() if permission in granted_to(code)]
    held = Habilitation.objects.in_force().filter(role__in=codes)
    if structure_id is not None:
        lineage = Structure.objects.values_list("lineage", flat=True).filter(id=structure_id).first() or []
        held = held.filter(structure_id__in=lineage)
    return list(held.order_by("subject").values_list("subject", flat=True).distinct())


def notifications_of(actor: Actor) -> QuerySet[Notification]:
    return Notification.objects.visible_to(actor)


def unread_count(actor: Actor) -> int:
    return Notification.objects.visible_to(actor).unread().count()
