"""Reads of structures for screens, rights and exchanges."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.utils import timezone

from .models import Structure


def structure_by_hub_id(hub_id: str) -> Structure | None:
    """The open structure that signs its Hub Santé messages so, e.g. `fr.health.samu310`."""
    return Structure.objects.open().filter(hub_id=hub_id).first() if hub_id else None


def structures_by_hub_id(hub_ids: Collection[str]) -> dict[str, Structure]:
    """Several at once: those of these identifiers that an open structure bears. One query."""
    return {one.hub_id: one for one in Structure.objects.open().filter(hub_id__in=hub_ids)} if hub_ids else {}


def services_at(finess: str) -> list[Structure]:
    """The open services, with their site, of the open site that bears this FINESS number. One query."""
    return services_at_each([finess]).get(finess, []) if finess else []


def services_at_each(finess: Collection[str]) -> dict[str, list[Structure]]:
    """The open services of several open sites, by FINESS number of the site. One query."""
    if not finess:
        return {}
    services = Structure.objects.open().filter(
        Q(parent__closed_on=None) | Q(parent__closed_on__gt=timezone.localdate()),
        kind=Structure.Kind.SERVICE, parent__kind=Structure.Kind.SITE, parent__finess__in=finess,
    )  # fmt: skip
    found: dict[str, list[Structure]] = {}
    for service in services.select_related("parent"):
        found.setdefault(service.parent.finess, []).append(service)  # type: ignore[union-attr]
    return found
