"""Where is there a bed: each unit with its figures, their age and source, how far it is, and what is already promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from maison.formats.folding import plain
from maison.formats.ror import codes
from maison.foundations.access import Actor
from maison.foundations.structures.models import Structure
from maison.registries.offer.delays import Thresholds, thresholds
from maison.registries.offer.models import Capacity, Contact, Offer, Promise, WhitePlan
from maison.registries.offer.models.beds import Source
from maison.registries.offer.models.offer import level_of
from maison.registries.offer.permissions import P
from maison.registries.offer.travel import Point, road_km, road_minutes
from maison.registries.stays.selectors import heard_at
from maison.ui.french import duration
from maison.ui.freshness import Freshness

NOBODY = "aucune source"


@dataclass(slots=True)
class UnitBeds:
    """One unit. `available` None: nobody told, or too long ago to say. `free` is what may still be promised, None when not known."""

    offer: Offer
    available: int | None
    installed: int | None
    closed: int | None
    occupied: int | None
    extra: int | None
    freshness: Freshness
    silent_after: timedelta
    held: int = 0
    by_sex: list[tuple[str, int]] = field(default_factory=list)
    crisis: list[str] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    plan: WhitePlan | None = None
    distance_km: float | None = None
    minutes: int | None = None
    may_ask: bool = False
    may_note: bool = False

    @property
    def is_open(self) -> bool:
        return self.offer.state == Offer.State.PUBLISHED

    @property
    def counts(self) -> bool:
        """Whether its beds enter a total."""
        return self.is_open and self.available is not None and self.freshness.counts()

    @property
    def is_silent(self) -> bool:
        at = self.freshness.at
        return self.available is None or at is None or timezone.now() - at > self.silent_after

    @property
    def free(self) -> int | None:
        return max(0, self.available - self.held) if self.counts and self.available is not None else None

    @property
    def too_many(self) -> bool:
        """More patients than beds: somebody counts wrong, or beds were added without a word."""
        if self.occupied is None or self.installed is None:
            return False
        return self.occupied > self.installed + (self.extra or 0) - (self.closed or 0)

    @property
    def state(self) -> str:
        """For the mark of the row: closed, silent, stale, late, none or free."""
        if not self.is_open:
            return "closed"
        if self.is_silent:
            return "silent"
        if not self.counts:
            return "stale"
        if self.free == 0:
            return "none"
        return "late" if self.freshness.state() == "late" else "free"

    @property
    def line(self) -> Contact | None:
        """The most direct line the reader may know."""
        return self.contacts[0] if self.contacts else None

    @property
    def travel(self) -> str:
        """« environ 62 km, 1 h 04 », « sur place », nothing when the distance is not known."""
        if self.distance_km is None or self.minutes is None:
            return ""
        if self.distance_km < 1:
            return "sur place"
        return f"≈ {duration(self.minutes * 60)}, environ {round(self.distance_km)}\u00a0km"

    @property
    def place(self) -> str:
        return self.offer.site.short_name or self.offer.site.name


@dataclass(frozen=True, slots=True)
class Total:
    """One kind of beds: only fresh figures are added; what was left out is said."""

    label: str
    free: int
    units: int
    left_out: int

    @property
    def is_known(self) -> bool:
        """With no unit that counts, there is no total: not zero."""
        return self.units > 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader looks for. Empty: no limit."""

    kind: str = ""
    audience: str = ""
    department: str = ""
    within_minutes: int | None = None
    free_only: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    name: str
    point: Point | None


def origin_of(actor: Actor, commune: str = "") -> Origin | None:
    """Where distances start: the commune asked (of a structure of the house), else the actor's own structure. None: no such commune."""
    rows = Structure.objects.exclude(latitude=None).exclude(longitude=None).order_by("kind", "name", "id")
    if commune.strip():
        wanted = plain(commune).strip()
        for name, latitude, longitude in rows.exclude(city="").values_list("city", "latitude", "longitude"):
            if plain(name).strip() == wanted:
                return Origin(name, (float(latitude or 0), float(longitude or 0)))
        return None
    own = Structure.objects.filter(id=actor.structure_id).first() if actor.structure_id else None
    if own is None:
        return Origin("", None)
    for one in (own, rows.filter(lineage__contains=[own.id]).first()):
        if one is not None and one.latitude is not None and one.longitude is not None:
            return Origin(own.short_name or own.name, (one.latitude, one.longitude))
    return Origin("", None)


def board(actor: Actor, asked: Asked, origin: Origin) -> list[UnitBeds]:
    """The units the actor may see, the nearest first; a bounded number of queries whatever they hold."""
    offers = Offer.objects.visible_to(actor).with_beds().select_related("structure", "site")
    if asked.kind:
        offers = offers.filter(bed_kind=asked.kind)
    if asked.audience:
        offers = offers.filter(audience=asked.audience)
    if asked.department:
        offers = offers.filter(site__department=asked.department)
    rows = units(actor, offers, origin.point)
    if asked.within_minutes is not None:
        rows = [row for row in rows if row.minutes is not None and row.minutes <= asked.within_minutes]
    if asked.free_only:
        rows = [row for row in rows if row.free]
    far = float("inf")
    rows.sort(key=lambda row: (far if row.distance_km is None else row.distance_km, row.place, row.offer.name))
    return rows


def units(actor: Actor, offers: Iterable[Offer], origin: Point | None = None) -> list[UnitBeds]:
    """These offers with their beds. The caller has chosen those that the actor may see. Six queries."""
    found = list(offers)
    limits = thresholds()
    capacities: dict[UUID, list[Capacity]] = {}
    for one in Capacity.objects.filter(offer__in=found, nature=codes.BED):
        capacities.setdefault(one.offer_id, []).append(one)
    heard = heard_at({offer.site_id for offer in found if offer.unit_code})
    held = dict(
        Promise.objects.filter(offer__in=found).holding().order_by().values_list("offer").annotate(count=Count("id"))
    )
    contacts = _contacts(actor, found)
    plans = {plan.structure_id: plan for plan in WhitePlan.objects.visible_to(actor).current()}
    rows = []
    for offer in found:
        row = beds_of(offer, capacities.get(offer.id, []), heard.get(offer.site_id), limits)
        row.held = held.get(offer.id, 0)
        row.contacts = contacts.get(offer.id, [])
        row.plan = plans.get(offer.site_id)
        row.may_ask = actor.can(P.REQUEST_BED)
        row.may_note = row.is_open and (actor.can(P.NOTE_BEDS) or actor.can(P.COUNT_BEDS, offer.structure_id))
        there = _point(offer)
        if origin and there:
            row.distance_km, row.minutes = road_km(origin, there), road_minutes(origin, there)
        rows.append(row)
    return rows


def _point(offer: Offer) -> Point | None:
    for one in (offer.structure, offer.site):
        if one.latitude is not None and one.longitude is not None:
            return one.latitude, one.longitude
    return None


def _contacts(actor: Actor, offers: Sequence[Offer]) -> dict[UUID, list[Contact]]:
    """Only the lines of the reader's level; those of one's own structure whatever their level."""
    level = 3 if actor.can(P.VALIDATE) else level_of(actor)
    own = actor.structures_with(P.DESCRIBE) | actor.structures_with(P.COUNT_BEDS)
    mine = {offer.id for offer in offers if offer.structure_id in own}
    found: dict[UUID, list[Contact]] = {}
    for contact in Contact.objects.filter(offer__in=offers):
        if contact.level <= level or contact.offer_id in mine:
            found.setdefault(contact.offer_id, []).append(contact)
    return found


def beds_of(offer: Offer, rows: Sequence[Capacity], heard: datetime | None, limits: Thresholds) -> UnitBeds:
    """The figures of one unit. What movements tell is as fresh as the last message of the establishment; a figure made of several
    (by sex) is as old as the oldest."""
    by_status: dict[str, list[Capacity]] = {}
    for row in rows:
        by_status.setdefault(row.status, []).append(row)

    def total(status: str) -> int | None:
        told = by_status.get(status)
        return sum(one.number for one in told) if told else None

    available = by_status.get(codes.AVAILABLE, [])
    times = [max(one.at, heard) if one.source == Source.ADT and heard else one.at for one in available]
    label = str(Source(available[0].source).label) if available else NOBODY
    freshness = Freshness(min(times) if times else None, label, limits.fresh, limits.stale)
    return UnitBeds(
        offer=offer, available=total(codes.AVAILABLE), installed=total(codes.INSTALLED), closed=total(codes.CLOSED),
        occupied=total(codes.OCCUPIED), extra=total(codes.EXTRA), freshness=freshness, silent_after=limits.silent,
        by_sex=[(one.sex, one.number) for one in available if one.sex],
        crisis=sorted({codes.CRISIS_TYPES[one.crisis_type] for one in rows if one.crisis_type}
                      | {f"Affectation {codes.ASSIGNMENTS[one.assignment]}" for one in rows if one.assignment != "01"}),
    )  # fmt: skip


def free_beds(offer: Offer) -> int | None:
    """What may still be promised, read under the lock of the offer. None: the figure is missing or too old to promise anything."""
    heard = heard_at([offer.site_id]).get(offer.site_id) if offer.unit_code else None
    row = beds_of(offer, list(offer.capacities.filter(nature=codes.BED)), heard, thresholds())
    row.held = Promise.objects.filter(offer=offer).holding().count()
    return row.free


def totals(rows: Sequence[UnitBeds]) -> list[Total]:
    """By kind, over all rows and not only those of the page."""
    found = []
    for kind in Offer.BedKind:
        mine = [row for row in rows if row.offer.bed_kind == kind and row.is_open]
        if kind and mine:
            counted = [row for row in mine if row.counts]
            found.append(
                Total(str(kind.label), sum(row.free or 0 for row in counted), len(counted), len(mine) - len(counted))
            )
    return found
