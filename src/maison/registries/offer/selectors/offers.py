"""Offers as a directory: what each does, where, who may reach it, and what waits for the regional manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from maison.foundations.access import Actor
from maison.registries.facilities.models import Facility
from maison.registries.offer.models import Offer, Version
from maison.registries.offer.models.offer import OfferQuerySet
from maison.registries.offer.permissions import P
from maison.registries.terminology.house import ROR
from maison.registries.terminology.selectors import labels

RECENT_FOR = timedelta(days=365)
"""RE1.2: a description older than a year is no longer recent."""


def offers(actor: Actor, *, words: str = "", state: str = "", department: str = "") -> OfferQuerySet:
    """The same rows for the list, its count and its export: sensitive units are absent from all three."""
    found = Offer.objects.visible_to(actor).select_related("structure", "site")
    if state == "a-controler":
        found = found.filter(versions__state__in=(Version.State.SUBMITTED, Version.State.VALIDATED))
    elif state == "a-fermer":
        found = to_close(found)
    elif state:
        found = found.filter(state=state)
    if department:
        found = found.filter(site__department=department)
    for word in words.split()[:8]:
        found = found.filter(Q(name__icontains=word) | Q(site__name__icontains=word) | Q(site__city__icontains=word))
    return found.order_by("site__name", "name", "id")


def to_close(offers: OfferQuerySet) -> OfferQuerySet:
    """Offers still published of an establishment that FINESS closed (F3.3): proposed for closing, never closed by themselves."""
    closed = Facility.objects.filter(kind="EG", finess=OuterRef("site__finess"), closed_on__lte=timezone.localdate())
    return offers.filter(Exists(closed), state__in=(Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW))


@dataclass(frozen=True, slots=True)
class Coded:
    label: str
    code: str
    display: str


def coded_fields(version: Version) -> list[Coded]:
    """The coded fields with the labels of the nomenclatures loaded; a code without a label is shown as it is."""
    said = [(name, str(getattr(version, name))) for name in ("offer_type", "field", "activity", "care_mode")]
    known = labels(f"{ROR}j19", [version.care_mode]) if version.care_mode else {}
    return [
        Coded(Version.label_of(name).capitalize(), code, known.get(code, "") if name == "care_mode" else "")
        for name, code in said
    ]  # fmt: skip


def versions_of(actor: Actor, offer: Offer) -> Sequence[Version]:
    """The whole history for those who write or control it; the version in force for the others."""
    rows = offer.versions.order_by("-number")
    if actor.can(P.VALIDATE) or actor.can(P.DESCRIBE, offer.structure_id):
        return list(rows)
    return list(rows.filter(state=Version.State.PUBLISHED))


def is_recent(offer: Offer) -> bool:
    return timezone.now() - offer.updated_at <= RECENT_FOR
