"""Reads of the room: what a wall, a regulator's screen or an exchange needs, in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Prefetch, Q, QuerySet
from django.utils import timezone

from maison.formats.hub_sante.vehicle import rank_of
from maison.foundations.access import Actor
from maison.foundations.relay import trail_of
from maison.foundations.relay.models import Step
from maison.foundations.structures.models import Structure
from maison.ui.components import TrailStep

from . import words
from .eta import straight_km
from .models import Arrival, Case, Resource, VehicleStatus
from .permissions import P
from .relays import ARRIVAL

SOON_MINUTES = 5
NEAREST = 8
LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Means:
    """One engaged vehicle: who it is and the last it told."""

    name: str
    vehicle: str
    crew: str
    phone: str
    status: str
    status_at: datetime | None
    cancelled: bool
    history: list[tuple[str, datetime]]

    @property
    def text(self) -> str:
        return " · ".join(part for part in (self.name, self.crew) if part)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a wall."""

    arrival: Arrival
    patient: words.PatientWords | None
    motive: str
    observations: list[words.Note]
    caller: words.Caller | None
    means: list[Means]
    trail: list[TrailStep]
    confirmed_by: str
    confirmed_at: datetime | None
    elsewhere: str
    read_at: datetime

    @property
    def title(self) -> str:
        who = self.patient.short if self.patient else "Patient non décrit"
        return f"{who} – {self.motive}"

    @property
    def is_late(self) -> bool:
        return is_late(self.arrival.state, self.arrival.eta_at, self.read_at)

    @property
    def unconfirmed(self) -> bool:
        return not self.arrival.is_confirmed

    @property
    def service_phone(self) -> str:
        return words.phone(self.arrival.service.phone)

    @property
    def last_observation(self) -> str:
        return self.observations[0].text if self.observations else ""


def is_late(state: str, eta_at: datetime | None, now: datetime) -> bool:
    """Expected more than fifteen minutes ago and not said arrived."""
    return state in Arrival.EXPECTED and eta_at is not None and eta_at < now - LATE_AFTER


def services_for(actor: Actor) -> list[Structure]:
    """The receiving services whose wall the actor may watch, with how many arrivals wait to be confirmed there."""
    held = actor.structures_with(P.VIEW_BOARD)
    return list(
        Structure.objects.filter(id__in=held, kind=Structure.Kind.SERVICE)
        .select_related("parent")
        .annotate(
            expected=Count("arrivals", filter=Q(arrivals__state__in=Arrival.EXPECTED)),
            unconfirmed=Count("arrivals", filter=Q(arrivals__relay__waiting=True)),
            at_the_door=Count(
                "arrivals", filter=Q(arrivals__relay__waiting=True, arrivals__state=Arrival.State.ARRIVED)
            ),
            next_eta=Min("arrivals__eta_at", filter=Q(arrivals__state__in=Arrival.EXPECTED)),
        )
        .order_by("-unconfirmed", "parent__name", "name")
    )


def with_all(arrivals: QuerySet[Arrival]) -> QuerySet[Arrival]:
    statuses = VehicleStatus.objects.order_by("at")
    return arrivals.select_related(
        "case__samu", "relay__redirected_to__to_structure__parent", "service__parent"
    ).prefetch_related(
        Prefetch("case__resources", Resource.objects.order_by("name").prefetch_related(Prefetch("statuses", statuses)))
    )


def rows_of(arrivals: Iterable[Arrival], *, now: datetime | None = None) -> list[Row]:
    """What is said of these arrivals, as it is `now`."""
    items, read_at = list(arrivals), now or timezone.now()
    trails = trail_of(arrival.relay_id for arrival in items)
    return [_row(arrival, trails[arrival.relay_id], read_at) for arrival in items]


def _row(arrival: Arrival, steps: list[Step], read_at: datetime) -> Row:
    document = arrival.case.document
    confirmed = next((step for step in steps if step.code == "confirmed"), None)
    redirected = arrival.relay.redirected_to
    return Row(
        arrival=arrival,
        patient=words.patient_of(document, arrival.patient_ref),
        motive=words.motive(document),
        observations=[*words.notes(document, arrival.patient_ref), *words.remarks(arrival.case.remarks)],
        caller=words.caller(document),
        means=[means_of(resource) for resource in arrival.case.resources.all()],
        trail=trail_words(arrival, steps),
        confirmed_by=confirmed.name if confirmed else "",
        confirmed_at=confirmed.at if confirmed else None,
        elsewhere=service_name(redirected.to_structure) if redirected else "",
        read_at=read_at,
    )


def trail_words(arrival: Arrival, steps: list[Step]) -> list[TrailStep]:
    """All the steps of the hand-shake, done or to come; a called-off one shows what was done and how it ended."""
    done = {step.code: step for step in steps}
    trail = []
    for kind in ARRIVAL.steps:
        step = done.get(kind.code)
        if step is not None:
            trail.append(TrailStep(kind.label, step.at, step.name))
        elif not arrival.is_called_off:
            trail.append(TrailStep(kind.label))
    for code in ("redirected", "cancelled", "acknowledged"):
        if code in done:
            trail.append(TrailStep(done[code].label, done[code].at, done[code].name, refused=code != "acknowledged"))
    if arrival.is_called_off and "acknowledged" not in done:
        trail.append(TrailStep("Vu par le service"))
    return trail


def means_of(resource: Resource) -> Means:
    statuses = sorted(resource.statuses.all(), key=lambda status: (status.at, rank_of(status.code)))
    last = statuses[-1] if statuses else None
    return Means(
        name=resource.name,
        vehicle=words.vehicle(resource.vehicle_type),
        crew=resource.get_medical_level_display() if resource.medical_level else "",
        phone=words.phone(resource.phone),
        status=last.get_code_display() if last else "",
        status_at=last.at if last else None,
        cancelled=any(status.code == VehicleStatus.Code.ANNULE for status in statuses),
        history=[(status.get_code_display(), status.at) for status in statuses],
    )


def service_name(service: Structure) -> str:
    """« Purpan – Urgences adultes »."""
    return f"{service.parent.short_name} – {service.short_name}" if service.parent else service.name


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of the regulator's screen."""

    case: Case
    patients: str
    motive: str
    place: str
    means: list[Means]
    arrivals: list[Row]
    messages: int
    last_message_at: datetime | None

    @property
    def unconfirmed(self) -> list[Row]:
        return [row for row in self.arrivals if row.unconfirmed]


def open_cases(
    actor: Actor, *, text: str = "", status: str = "", priority: str = "", unconfirmed: bool = False
) -> QuerySet[Case]:
    """The cases of the actor's SAMU: open ones unless a state is asked for; most urgent, then latest first."""
    cases = Case.objects.filter(samu__in=actor.structures_with(P.VIEW_CASES))
    cases = cases.filter(status=status) if status else cases.open()
    if priority:
        cases = cases.filter(priority=priority)
    if unconfirmed:
        cases = cases.filter(arrivals__relay__waiting=True).distinct()
    if text:
        cases = cases.filter(
            Q(sender_case_ref__icontains=text)
            | Q(document__location__city__name__icontains=text)
            | Q(document__qualification__healthMotive__label__icontains=text)
        )
    return cases.order_by("priority", "-opened_at")


def case_rows(cases: Iterable[Case]) -> list[CaseRow]:
    """What the regulator reads of these cases, in five queries."""
    items = {case.id: case for case in cases}
    arrivals = rows_of(with_all(Arrival.objects.filter(case__in=items)).order_by("announced_at"))
    resources: dict[UUID, list[Means]] = {}
    for resource in Resource.objects.filter(case__in=items).prefetch_related("statuses").order_by("name"):
        resources.setdefault(resource.case_id, []).append(means_of(resource))
    counts = {
        row["id"]: row
        for row in Case.objects.filter(id__in=items)
        .annotate(n=Count("messages"), last=Max("messages__received_at"))
        .values("id", "n", "last")
    }
    return [
        CaseRow(
            case=case,
            patients=" · ".join(patient.short for patient in words.patients(case.document)) or "Patient non décrit",
            motive=words.motive(case.document),
            place=words.place(case.document),
            means=resources.get(case.id, []),
            arrivals=[row for row in arrivals if row.arrival.case_id == case.id],
            messages=counts[case.id]["n"],
            last_message_at=counts[case.id]["last"],
        )
        for case in items.values()
    ]


def receiving_sites() -> list[Structure]:
    """The open services of the region a regulator may orient to, by site."""
    services = (
        Structure.objects.open().filter(kind=Structure.Kind.SERVICE).exclude(service_type="").select_related("parent")
    )
    return list(services.order_by("parent__department", "parent__name", "name"))


def nearest_sites(case: Case, services: list[Structure]) -> list[Structure]:
    """The services of the sites nearest to the scene, nearest first; of the SAMU's department when it is not known where."""
    if case.latitude is None or case.longitude is None:
        department = case.samu.department if case.samu else ""
        return [service for service in services if service.parent and service.parent.department == department]
    scene = (case.latitude, case.longitude)
    distances: dict[UUID, float] = {}
    for site in (service.parent for service in services):
        if site is not None and site.latitude is not None and site.longitude is not None:
            distances.setdefault(site.id, straight_km(scene, (site.latitude, site.longitude)))
    near = sorted(distances, key=lambda site_id: distances[site_id])[:NEAREST]
    kept = [service for service in services if service.parent_id in near]
    return sorted(kept, key=lambda service: near.index(service.parent_id))  # type: ignore[arg-type]
