"""The level of the moment, and what was decided before."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet

from maison.foundations.access.actor import Actor
from maison.foundations.access.permissions import P
from maison.foundations.structures.models import Structure

from .models import CrisisPeriod, Level
from .territories import REGION, territories

KINDS = {Level.ORDINARY: "neutral", Level.VIGILANCE: "info", Level.TENSION: "warn", Level.EXCEPTIONAL: "danger"}


@dataclass(frozen=True, slots=True)
class TerritoryLevel:
    code: str
    name: str
    period: CrisisPeriod | None
    may_change: bool

    @property
    def level(self) -> Level:
        return Level(self.period.level) if self.period else Level.ORDINARY

    @property
    def kind(self) -> str:
        """The kind of the status mark."""
        return KINDS[self.level]


def open_periods() -> QuerySet[CrisisPeriod]:
    return CrisisPeriod.objects.filter(closed_at=None).order_by("-level", "opened_at", "id")


def level_of(department: str = "") -> Level:
    """The level in force in a département: its own or the region's, the higher. Without one, the region's."""
    here = Q(territory=REGION) | Q(territory=department)
    highest = CrisisPeriod.objects.filter(here, closed_at=None).aggregate(Max("level"))["level__max"]
    return Level(highest or 0)


def changeable_by(actor: Actor) -> frozenset[str]:
    """The agency and the ARS decide for the whole region; elsewhere the right holds in the département of the structure."""
    if actor.is_system:
        return frozenset(territories())
    held = Structure.objects.filter(id__in=actor.structures_with(P.MANAGE_CRISIS)).values_list("kind", "department")
    if any(kind == Structure.Kind.AGENCY for kind, _ in held):
        return frozenset(territories())
    return frozenset(department for _, department in held if department) & frozenset(territories())


def levels(actor: Actor) -> list[TerritoryLevel]:
    """Every territory of the house with its level. Two queries."""
    periods = {period.territory: period for period in open_periods()}
    mine = changeable_by(actor)
    return [TerritoryLevel(code, name, periods.get(code), code in mine) for code, name in territories().items()]


def history() -> QuerySet[CrisisPeriod]:
    return CrisisPeriod.objects.order_by("-opened_at", "-id")
