"""Reads of structures for screens, rights and exchanges."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from .models import Structure


def structure_by_hub_id(hub_id: str) -> Structure | None:
    """The open structure that signs its Hub Santé messages so, e.g. `fr.health.samu310`."""
    return Structure.objects.open().filter(hub_id=hub_id).first() if hub_id else None


def services_at(finess: str) -> list[Structure]:
    """The open services, with their site, of the open site that bears this FINESS number. One query."""
    if not finess:
        return []
    services = Structure.objects.open().filter(
        Q(parent__closed_on=None) | Q(parent__closed_on__gt=timezone.localdate()),
        kind=Structure.Kind.SERVICE, parent__kind=Structure.Kind.SITE, parent__finess=finess,
    )  # fmt: skip
    return list(services.select_related("parent"))
