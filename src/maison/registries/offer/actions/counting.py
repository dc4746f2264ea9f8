"""Beds as sources tell them: the software of a hospital, its movements, or a voice on the phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.ror import codes
from maison.foundations import audit, clock
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish
from maison.registries.offer.access import access_offer
from maison.registries.offer.coherence import Figure, check
from maison.registries.offer.delays import DRIFT
from maison.registries.offer.errors import FutureFigure, OfferClosed
from maison.registries.offer.events import BedsReported
from maison.registries.offer.models import Capacity, Offer, Report
from maison.registries.offer.models.beds import Source
from maison.registries.offer.permissions import P
from maison.registries.stays.selectors import unit_counts

type Key = tuple[str, str, str]


@transaction.atomic
def report_beds(
    *, actor: Actor, offer_id: UUID, figures: Sequence[Figure], source: Source, at: datetime | None = None
) -> Report:
    """What a person or a software says of the beds of a unit, true at `at`. Refused whole when it cannot be; kept and not shown when
    something more recent is known. The right of the unit, or of regulation that notes what it hears on the phone."""
    permission = P.COUNT_BEDS
    if source == Source.PHONE and actor.can(P.NOTE_BEDS):
        permission = P.NOTE_BEDS
    offer = access_offer(actor, offer_id, permission, lock=True)
    return _report(actor, offer, figures, source, at or timezone.now())


@transaction.atomic
def load_beds(*, actor: Actor, offer_id: UUID, figures: Sequence[Figure], source: Source, at: datetime) -> Report:
    """The same, for a load of the region. For jobs only."""
    if not actor.is_system:
        raise Forbidden
    return _report(actor, Offer.objects.select_for_update(of=("self",)).get(id=offer_id), figures, source, at)


def _report(actor: Actor, offer: Offer, figures: Sequence[Figure], source: Source, at: datetime) -> Report:
    if offer.state != Offer.State.PUBLISHED:
        raise OfferClosed
    if at > timezone.now() + timedelta(seconds=clock.seconds_of(DRIFT)):
        raise FutureFigure
    known = {_key(one): one for one in offer.capacities.all()}
    check(figures, totals_of(known.values()))
    kept = [one for one in figures if (before := known.get(_told(one))) is None or before.at <= at]
    _write(offer, kept, source, at)
    if kept:
        _settle(offer, {one.status for one in kept}, at)
    report = Report.objects.create(
        offer=offer, source=source, at=at, subject=actor.subject, name=actor.name, late=not kept,
        figures=[{"status": one.status, "sex": one.sex, "nature": one.nature, "number": one.number} for one in figures],
    )  # fmt: skip
    audit.record(actor, "offer.beds_reported", target=offer, structure=offer.structure_id, details={"source": source, "late": not kept})  # fmt: skip
    publish(BedsReported(offer.id, offer.structure_id, source, not kept))
    return report


def _key(one: Capacity) -> Key:
    return one.nature, one.status, one.sex


def _told(one: Figure) -> Key:
    return one.nature, one.status, one.sex


def totals_of(rows: Iterable[Capacity]) -> dict[str, int]:
    """Beds by status, both sexes; a status nobody told is absent."""
    found: dict[str, int] = {}
    whole = {row.status for row in rows if row.sex == "" and row.nature == codes.BED}
    for row in rows:
        if row.nature == codes.BED and (row.sex == "" or row.status not in whole):
            found[row.status] = found.get(row.status, 0) + row.number
    return found


def _write(offer: Offer, figures: Sequence[Figure], source: Source, at: datetime) -> None:
    for one in figures:
        key: dict[str, Any] = {"nature": one.nature, "status": one.status, "sex": one.sex}
        # A total for both sexes replaces what was told for each, and the reverse: two habits never add up.
        other = offer.capacities.filter(nature=one.nature, status=one.status)
        (other.exclude(sex="") if one.sex == "" else other.filter(sex="")).delete()
        if one.number is None:
            offer.capacities.filter(**key).delete()
            continue
        offer.capacities.update_or_create(
            **key,
            defaults={
                "number": one.number, "source": source, "at": at, "crisis_type": one.crisis_type, "assignment": one.assignment,
            },
        )  # fmt: skip


def _settle(offer: Offer, told: set[str], at: datetime) -> None:
    """Beds installed, closed or added without a word on those available: what follows from movements is computed again; what a
    person said and no longer fits becomes unknown, never a wrong number."""
    if codes.AVAILABLE in told:
        return
    rows = list(offer.capacities.all())
    available = [row for row in rows if row.status == codes.AVAILABLE and row.nature == codes.BED]
    if not available:
        return
    if all(row.source == Source.ADT for row in available):
        _derive(offer, at)
        return
    totals = totals_of(rows)
    if codes.INSTALLED in totals and totals[codes.AVAILABLE] > totals[codes.INSTALLED] - totals.get(codes.CLOSED, 0):
        offer.capacities.filter(status=codes.AVAILABLE, nature=codes.BED).delete()


def _derive(offer: Offer, at: datetime) -> None:
    """Available beds as movements leave them. More patients than beds: unknown, since somebody counts wrong."""
    totals = totals_of(offer.capacities.all())
    if codes.INSTALLED not in totals or codes.OCCUPIED not in totals:
        return
    open_beds = totals[codes.INSTALLED] - totals.get(codes.CLOSED, 0)
    free = open_beds + totals.get(codes.EXTRA, 0) - totals[codes.OCCUPIED] - totals.get(codes.RESERVED, 0)
    _write(offer, [Figure(codes.AVAILABLE, min(free, open_beds) if free >= 0 else None)], Source.ADT, at)


@transaction.atomic
def follow_movements(*, actor: Actor, sites: Iterable[UUID]) -> int:
    """The counts that stays keep for these establishments, taken into the offers of their units. A patient on leave keeps his bed. An
    unchanged count says nothing, so that what a person told since then stands; returns how many offers changed. For jobs only."""
    if not actor.is_system:
        raise Forbidden
    offers = list(
        Offer.objects.select_for_update(of=("self",)).filter(site__in=list(sites), state=Offer.State.PUBLISHED)
        .exclude(unit_code="").exclude(bed_kind="").order_by("id")
    )  # fmt: skip
    if not offers:
        return 0
    counts = {(one.structure_id, one.code): one for one in unit_counts({offer.site_id for offer in offers})}
    before = {
        row.offer_id: row
        for row in Capacity.objects.filter(offer__in=offers, status=codes.OCCUPIED, nature=codes.BED, sex="")
    }
    changed = 0
    for offer in offers:
        count = counts.get((offer.site_id, offer.unit_code))
        if count is None or count.heard_at is None:
            continue
        number, known = count.occupied + count.on_leave, before.get(offer.id)
        if known is not None and known.source == Source.ADT and known.number == number:
            continue
        _write(offer, [Figure(codes.OCCUPIED, number)], Source.ADT, count.heard_at)
        _derive(offer, count.heard_at)
        Report.objects.create(
            offer=offer, source=Source.ADT, at=count.heard_at, subject=actor.subject, name=actor.name,
            figures=[{"status": codes.OCCUPIED, "sex": "", "nature": codes.BED, "number": number}],
        )  # fmt: skip
        audit.record(actor, "offer.beds_reported", target=offer, structure=offer.structure_id, details={"source": Source.ADT, "late": False})  # fmt: skip
        publish(BedsReported(offer.id, offer.structure_id, Source.ADT, False))
        changed += 1
    return changed
