"""Reads: counts of units with their age, who is in a unit, the story of a stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from maison.formats.hl7v2.tables import EVENTS
from maison.foundations.access import Actor
from maison.ui.components import TrailStep
from maison.ui.freshness import Freshness

from . import fold
from .models import Stay, StayMessage, StayMove, Unit

FRESH_FOR, STALE_AFTER, SILENT_AFTER = timedelta(minutes=30), timedelta(hours=2), timedelta(hours=24)
"""DOMAIN §3: green, orange, red; beyond a day, not communicated."""
SOON = timedelta(hours=24)


@dataclass(slots=True)
class UnitCensus:
    """How many patients a unit holds now. `present` counts those in the unit; those on leave keep their bed and stand apart."""

    unit: Unit
    present: int
    on_leave: int
    expected_in: int
    expected_out: int
    freshness: Freshness

    @property
    def counts(self) -> bool:
        """Whether these figures may enter a sum."""
        return self.freshness.counts()

    @property
    def is_silent(self) -> bool:
        return self.freshness.at is None or timezone.now() - self.freshness.at > SILENT_AFTER


@dataclass(slots=True)
class Census:
    """One structure. Totals leave out what is stale, and say how many units they leave out."""

    structure_id: UUID
    name: str
    units: list[UnitCensus] = field(default_factory=list)
    may_read: bool = False

    @property
    def key(self) -> str:
        return self.structure_id.hex

    @property
    def freshness(self) -> Freshness:
        """Of the hospital as a whole: its units are as fresh as its last message."""
        return self.units[0].freshness

    @property
    def left_out(self) -> int:
        return sum(not unit.counts for unit in self.units)

    @property
    def present(self) -> int:
        return sum(unit.present for unit in self.units if unit.counts)

    @property
    def expected_out(self) -> int:
        return sum(unit.expected_out for unit in self.units if unit.counts)


def census(actor: Actor) -> list[Census]:
    """The units the actor may count, by structure. Three queries, whatever they hold."""
    return _counted(
        Unit.objects.visible_to(actor).select_related("structure").order_by("structure__name", "label", "code")
    )


def _counted(asked: QuerySet[Unit]) -> list[Census]:
    units = list(asked)
    structures = {unit.structure_id for unit in units}
    heard = heard_at(structures)
    now = timezone.now()
    soon = Q(expected_exit_at__lte=now + SOON) & Q(state__in=(Stay.State.PRESENT, Stay.State.ON_LEAVE))
    rows = (
        Stay.objects.filter(
            care_unit__in=units, state__in=(Stay.State.PRESENT, Stay.State.ON_LEAVE, Stay.State.EXPECTED)
        )
        .order_by()
        .values("care_unit")
        .annotate(
            present=Count("id", filter=Q(state=Stay.State.PRESENT)),
            on_leave=Count("id", filter=Q(state=Stay.State.ON_LEAVE)),
            expected_in=Count("id", filter=Q(state=Stay.State.EXPECTED, expected_at__lte=now + SOON)),
            expected_out=Count("id", filter=soon),
        )
    )
    counts = {row["care_unit"]: row for row in rows}
    found: dict[UUID, Census] = {}
    for unit in units:
        mine: Mapping[str, Any] = counts.get(unit.id, {})
        freshness = Freshness(heard.get(unit.structure_id), "mouvements de l'établissement", FRESH_FOR, STALE_AFTER)
        found.setdefault(unit.structure_id, Census(unit.structure_id, unit.structure.name)).units.append(
            UnitCensus(
                unit, mine.get("present", 0), mine.get("on_leave", 0), mine.get("expected_in", 0), mine.get("expected_out", 0),
                freshness,
            )
        )  # fmt: skip
    return list(found.values())


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """What a unit holds, for the rooms above (beds, orientation): numbers, whose they are, and how old.

    `occupied` counts patients present; `on_leave` those who keep their bed meanwhile; `expected_in` preadmissions of the next 24 h;
    `expected_out` exits announced within 24 h (PV2-9) of those who occupy or keep a bed. `heard_at` is the last message of the
    hospital, whatever its unit; `state` fresh, late, stale or unknown, as a `Freshness` says; a stale count enters no sum.
    """

    structure_id: UUID
    unit_id: UUID
    code: str
    label: str
    occupied: int
    on_leave: int
    expected_in: int
    expected_out: int
    heard_at: datetime | None
    source: str
    state: str

    @property
    def counts(self) -> bool:
        return self.state in ("fresh", "late")


def unit_counts(structures: Iterable[UUID]) -> list[UnitCounts]:
    """The counts of every known unit of these hospitals, by structure then code. Three queries, whatever they hold. The caller
    checks who may see them. To be read again at each `stays.unit_counts_changed`, and as time passes: ages do."""
    rows = Unit.objects.filter(structure__in=list(structures)).select_related("structure").order_by("structure", "code")
    return [
        UnitCounts(
            one.unit.structure_id, one.unit.id, one.unit.code, one.unit.label, one.present, one.on_leave, one.expected_in,
            one.expected_out, one.freshness.at, one.freshness.source, one.freshness.state(),
        )
        for structure in _counted(rows)
        for one in structure.units
    ]  # fmt: skip


def heard_at(structures: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each structure was last heard: a unit where nobody moves is fresh as long as its hospital speaks."""
    rows = StayMessage.objects.filter(structure__in=structures, received_at__gte=timezone.now() - timedelta(days=31))
    return dict(rows.order_by().values_list("structure").annotate(last=Max("received_at")))


def stays_in(unit: Unit) -> QuerySet[Stay]:
    """Those in the unit, by room and bed."""
    return Stay.objects.occupying().filter(care_unit=unit)


def story_of(stay: Stay) -> list[TrailStep]:
    """Every movement in its order, those corrected and cancelled included."""
    messages = StayMessage.objects.filter(stay=stay).values_list("id", "sent_at", "event", "body")
    folded = fold.fold(fold.from_body(str(row[0]), row[1], row[2], row[3]) for row in messages)
    codes = {line.move.care_unit or line.move.medical_unit for line in folded.lines}
    labels = {unit.code: str(unit) for unit in Unit.objects.filter(structure_id=stay.structure_id, code__in=codes)}
    steps = [_step(line, labels) for line in folded.lines]
    moves = StayMove.objects.filter(stay=stay).values_list("sent_at", flat=True)
    steps += [TrailStep(word="Venue rattachée à une autre identité", at=at) for at in moves]
    return sorted(steps, key=lambda step: step.at or stay.heard_at)


def _step(line: fold.Line, labels: dict[str, str]) -> TrailStep:
    move = line.move
    parts = [EVENTS.get(move.event, move.event), labels.get(move.care_unit or move.medical_unit, "")]
    if line.cancelled:
        parts.append("annulé")
    elif line.versions > 1:
        parts.append("corrigé")
    if move.is_historic:
        parts.append("saisi après coup")
    return TrailStep(word=" · ".join(filter(None, parts)), at=move.at, refused=line.cancelled)
