"""Writes of the room: what messages tell, and what people of the receiving service and of the SAMU do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.foundations import audit, clock, gathering, relay
from maison.foundations.access import Actor
from maison.foundations.events import publish
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure

from .access import access_arrival
from .destinations import Wanted, wanted_destinations
from .errors import ConfirmFirst, NotExpectedHere
from .eta import Eta, estimate
from .events import ArrivalChanged, CaseChanged, CaseConsulted
from .fold import Folded, ResourceTold, Told, fold
from .foreseen import Coming, Foreseen, foresee
from .models import Arrival, Case, CaseMessage, Resource, VehicleStatus
from .permissions import P
from .registration import UNCONFIRMED
from .relays import ARRIVAL, ARRIVED, CONFIRMED, DESTINATION, OFFLOADED, RECEIVED

URGENCY = {"P0": 0, "P1": 1, "P2": 2, "P3": 3, "NR": 4}


# -- messages


@transaction.atomic(savepoint=False)
def take_in(
    *,
    actor: Actor,
    case_ref: str,
    distribution_id: str,
    kind: str,
    sender: str,
    sent_at: datetime,
    body: dict[str, Any],
    foreseen: Foreseen | None = None,
) -> tuple[Case, bool]:
    """Add one message to its case and bring the case to what all its messages tell. Returns the case and whether it was new.

    Idempotent on the sender and its distribution id; two messages of one case never work at once (URG-01). `foreseen`:
    what was read for a whole batch; it must have foreseen this case.
    """
    if foreseen is None or case_ref not in foreseen.refs:
        foreseen = foresee([Coming(case_ref, sender, distribution_id, body)])
    found = foreseen.turn_to(case_ref)
    if (told_in := foreseen.said.get((sender, distribution_id))) is not None:
        return Case.objects.get(id=told_in), False
    case = found or Case(case_ref=case_ref, opened_at=sent_at)
    earlier = foreseen.messages.setdefault(case.id, [])
    message = CaseMessage(
        case=case, distribution_id=distribution_id, exchange_id=actor.exchange_id, kind=kind, sender=sender,
        sent_at=sent_at, body=body,
    )  # fmt: skip
    earlier.append(message)
    folded = fold(Told(m.distribution_id, m.kind, m.sender, m.sent_at, m.body) for m in earlier)
    before = None if found is None else _columns(case)
    _project(case, folded, foreseen)
    if before is None:
        gathering.insert(case)
    else:
        case.save(update_fields=[name for name, value in _columns(case).items() if value != before[name]])
    gathering.insert(message)
    foreseen.cases[case_ref] = case
    foreseen.said[sender, distribution_id] = case.id
    vehicles = _save_resources(case, list(folded.resources.values()), foreseen, new=found is None)
    if case.known:
        _sync_arrivals(actor, case, vehicles, foreseen, new=found is None)
    audit.record(actor, "emergency.message_taken_in", target=case, structure=case.samu_id, details={"kind": kind})
    publish(CaseChanged(case.id, case.samu_id, kind))
    return case, True


def _columns(case: Case) -> dict[str, Any]:
    return {field.attname: getattr(case, field.attname) for field in Case._meta.concrete_fields}


def _project(case: Case, folded: Folded, foreseen: Foreseen) -> None:
    document = folded.document
    qualification = document.get("qualification", {})
    details = qualification.get("details", {})
    coordinates = document.get("location", {}).get("geometry", {}).get("point", {}).get("coord", {})
    case.document = document
    case.known = folded.known
    case.remarks = [{"at": at.isoformat(), "text": text} for at, text in folded.remarks]
    case.anomalies = [{"code": code, "text": text, "message": message} for code, text, message in folded.anomalies]
    case.status = folded.status
    case.activated_at = folded.activated_at
    case.last_sent_at = folded.last_sent_at or case.last_sent_at
    case.last_received_at = timezone.now()
    owner = document.get("owner", case.owner)
    if case.samu_id is None or owner != case.owner:
        case.samu = foreseen.structure(owner)
    case.owner = owner
    case.sender_case_ref = document.get("senderCaseId", "")
    case.priority = details.get("priority", Case.Priority.P2)
    case.care_level = details.get("careLevel", "")
    case.motive_code = qualification.get("healthMotive", {}).get("code", "")
    case.city_code = document.get("location", {}).get("city", {}).get("inseeCode", "")
    case.latitude, case.longitude = coordinates.get("lat"), coordinates.get("lon")
    if created := document.get("creation"):
        case.opened_at = datetime.fromisoformat(created)


def _save_resources(
    case: Case, told: list[ResourceTold], foreseen: Foreseen, *, new: bool
) -> list[dict[str, datetime]]:
    """Write what is new of the vehicles; returns what each said of its times."""
    if not told:
        return []
    vehicles, statuses = [], []
    known = {} if new else {one.resource_ref: one for one in case.resources.prefetch_related("statuses")}
    for item in told:
        resource = known.get(item.ref)
        said = {} if resource is None else {one.code: (one.at, one.sent_at) for one in resource.statuses.all()}
        resource = _save_resource(case, item, resource, foreseen)
        statuses += [
            VehicleStatus(resource=resource, code=code, at=state.at, sent_at=state.sent_at)
            for code, state in item.statuses.items()
            if said.get(code) != (state.at, state.sent_at)
        ]
        vehicles.append({code: state.at for code, state in item.statuses.items()})
    if statuses:
        VehicleStatus.objects.bulk_create(
            statuses, update_conflicts=True, unique_fields=["resource", "code"], update_fields=["at", "sent_at"]
        )
    return vehicles


def _save_resource(case: Case, item: ResourceTold, known: Resource | None, foreseen: Foreseen) -> Resource:
    info = item.info
    resource = known or Resource(case=case, resource_ref=item.ref)
    before = {field.attname: getattr(resource, field.attname) for field in Resource._meta.concrete_fields}
    organisation = info.get("orgId", item.ref.partition(".resource.")[0])
    if resource.organisation != organisation or resource.structure_id is None:
        resource.organisation, resource.structure = organisation, foreseen.structure(organisation)
    resource.name = info.get("name", resource.name) or item.ref.rpartition(".")[2]
    resource.vehicle_type = info.get("vehicleType", resource.vehicle_type)
    resource.medical_level = info.get("team", {}).get("medicalLevel", resource.medical_level)
    resource.team_name = info.get("team", {}).get("name", resource.team_name)
    contact = info.get("contact", {})
    resource.phone = contact.get("detail", contact.get("details", resource.phone)) or ""
    if known is None:
        gathering.insert(resource)
    elif changed := [name for name, value in before.items() if getattr(resource, name) != value]:
        resource.save(update_fields=changed)
    return resource


# -- arrivals that follow from the case


def _sync_arrivals(
    actor: Actor, case: Case, vehicles: list[dict[str, datetime]], foreseen: Foreseen, *, new: bool
) -> None:
    """Make the announced arrivals what the decisions of the case say: announce, redirect, call off, move the times."""
    wanted, unresolved = wanted_destinations(case, foreseen.services_at)
    live = {} if new else _live_arrivals(case)
    _name_first_patient(live, wanted)
    for patient_ref, destination in wanted.items():
        arrival = live.get(patient_ref)
        if destination.service is None:
            if arrival is not None and arrival.state in Arrival.EXPECTED:
                _call_off(actor, arrival, destination.reason)
        elif arrival is None:
            _announce(actor, case, patient_ref, destination)
        elif arrival.service_id != destination.service.id and arrival.state in Arrival.EXPECTED:
            _send_elsewhere(actor, arrival, destination)
    if unresolved or not new:
        _ask_for_destination(actor, case, unresolved)
    if vehicles or live:
        _move_times(actor, case, vehicles)


def _live_arrivals(case: Case) -> dict[str, Arrival]:
    arrivals = Arrival.objects.select_for_update(of=("self",)).filter(
        case=case, state__in=(*Arrival.EXPECTED, Arrival.State.ARRIVED)
    )
    return {arrival.patient_ref: arrival for arrival in arrivals.select_related("service")}


def _name_first_patient(live: dict[str, Arrival], wanted: dict[str, Wanted]) -> None:
    """A second patient appeared: the line that spoke of "the patient" speaks of the first one."""
    anonymous = live.get("")
    if anonymous is None or "" in wanted or not wanted:
        return
    first = next(iter(wanted))
    if first not in live:
        anonymous.patient_ref = first
        anonymous.save(update_fields=["patient_ref"])
        live[first] = live.pop("")


def _announce(actor: Actor, case: Case, patient_ref: str, wanted: Wanted) -> Arrival:
    assert wanted.service is not None
    sent = relay.send(
        actor, kind=ARRIVAL, subject=("emergency.case", case.id), to_structure=wanted.service.id,
        from_structure=case.samu_id, urgency=URGENCY[case.priority],
    )  # fmt: skip
    return _line(case, patient_ref, wanted, sent, previous=None)


def _line(case: Case, patient_ref: str, wanted: Wanted, sent: Relay, previous: Arrival | None) -> Arrival:
    assert wanted.service is not None
    arrival = Arrival(
        case=case, patient_ref=patient_ref, service=wanted.service, service_inferred=wanted.inferred, relay=sent,
        priority=case.priority, previous=previous,
    )  # fmt: skip
    gathering.insert(arrival)
    clock.start(UNCONFIRMED, arrival.id)
    _told(arrival)
    return arrival


def _send_elsewhere(actor: Actor, arrival: Arrival, wanted: Wanted) -> None:
    assert wanted.service is not None
    _, new = relay.redirect(actor, arrival.relay_id, to_structure=wanted.service.id, note=wanted.reason)
    arrival.state = Arrival.State.REDIRECTED
    arrival.save(update_fields=["state"])
    clock.start(UNCONFIRMED, arrival.id)
    _told(arrival)
    _line(arrival.case, arrival.patient_ref, wanted, new, previous=arrival)


def _call_off(actor: Actor, arrival: Arrival, reason: str) -> None:
    relay.cancel(actor, arrival.relay_id, note=reason)
    arrival.state = Arrival.State.CANCELLED
    arrival.save(update_fields=["state"])
    clock.start(UNCONFIRMED, arrival.id)
    _told(arrival)


def _ask_for_destination(actor: Actor, case: Case, unresolved: bool) -> None:
    """A destination nobody can be told of is a task for the SAMU, never a silence."""
    asked = Relay.objects.filter(kind_code=DESTINATION.code, subject_id=case.id, ending="").first()
    if unresolved and asked is None and case.samu_id:
        relay.send(
            actor,
            kind=DESTINATION,
            subject=("emergency.case", case.id),
            to_structure=case.samu_id,
            urgency=URGENCY[case.priority],
        )
    elif not unresolved and asked is not None:
        relay.mark(actor, asked.id, "answered")


def _move_times(actor: Actor, case: Case, vehicles: list[dict[str, datetime]]) -> None:
    gathering.settle()  # a line may just have been announced
    scene = (case.latitude, case.longitude) if case.latitude is not None and case.longitude is not None else None
    for arrival in Arrival.objects.filter(case=case, state__in=Arrival.EXPECTED).select_related(
        "service__parent", "relay"
    ):
        eta = estimate(vehicles, scene, _coordinates(arrival.service), settings.ETA)
        before = (arrival.eta_at, arrival.eta_basis, arrival.priority, arrival.state)
        if eta is not None:
            arrival.eta_at, arrival.eta_basis, arrival.eta_from_at = eta.at, eta.basis, eta.from_at
            if eta.basis == Arrival.EtaBasis.ARRIVED:
                _arrive(actor, arrival, eta)
            elif eta.basis == Arrival.EtaBasis.TRANSPORT:
                arrival.state = Arrival.State.ON_THE_WAY
        arrival.priority = case.priority
        if before != (arrival.eta_at, arrival.eta_basis, arrival.priority, arrival.state):
            arrival.save()
            Relay.objects.filter(id=arrival.relay_id).update(urgency=URGENCY[arrival.priority])
            _told(arrival)


def _arrive(actor: Actor, arrival: Arrival, eta: Eta) -> None:
    """The vehicle says it is at the door. The line stays unconfirmed until someone of the service says so."""
    arrival.state, arrival.arrived_at = Arrival.State.ARRIVED, eta.at
    if not arrival.relay.waiting:
        relay.mark(actor, arrival.relay_id, ARRIVED, at=eta.at)


def _coordinates(service: Structure) -> tuple[float, float] | None:
    for place in (service, service.parent):
        if place is not None and place.latitude is not None and place.longitude is not None:
            return place.latitude, place.longitude
    return None


def _told(arrival: Arrival) -> None:
    publish(ArrivalChanged(arrival.id, arrival.case_id, arrival.service_id, arrival.case.samu_id, arrival.state))


# -- people of the receiving service


@transaction.atomic
def receive_arrivals(*, actor: Actor, service_id: UUID, arrival_ids: Iterable[UUID]) -> int:
    """The wall of the service shows these lines: sent → received. Lines of another service are passed over."""
    if not actor.can(P.VIEW_BOARD, service_id):
        return 0
    arrivals = Arrival.objects.filter(
        id__in=list(arrival_ids), service_id=service_id, relay__status="sent", relay__ending=""
    )
    count = 0
    for arrival in arrivals.select_related("case"):
        relay.mark(actor, arrival.relay_id, RECEIVED)
        audit.record(actor, "emergency.arrival_received", target=arrival, structure=service_id)
        _told(arrival)
        count += 1
    return count


@transaction.atomic
def confirm_arrival(*, actor: Actor, arrival_id: UUID) -> Arrival:
    """« Je sais qu'il arrive »: the alarm stops everywhere and the regulator sees who confirmed."""
    arrival = access_arrival(actor, arrival_id, P.CONFIRM_ARRIVALS, lock=True)
    if arrival.is_called_off:
        raise NotExpectedHere("Confirmez plutôt que vous avez vu sa réorientation ou son annulation.")
    if not arrival.relay.waiting:
        return arrival
    arrival.relay = relay.mark(actor, arrival.relay_id, CONFIRMED)
    if arrival.state == Arrival.State.ARRIVED and arrival.arrived_at:
        arrival.relay = relay.mark(actor, arrival.relay_id, ARRIVED)
    clock.stop(UNCONFIRMED, arrival.id)
    audit.record(actor, "emergency.arrival_confirmed", target=arrival, structure=arrival.service_id)
    publish(CaseConsulted(arrival.case_id, arrival.service_id))
    _told(arrival)
    return arrival


@transaction.atomic
def acknowledge_change(*, actor: Actor, arrival_id: UUID) -> Arrival:
    """« Je sais qu'il ne vient plus »: the line of a redirected or cancelled patient leaves the wall."""
    arrival = access_arrival(actor, arrival_id, P.CONFIRM_ARRIVALS, lock=True)
    if not arrival.is_called_off:
        raise NotExpectedHere("Ce patient est toujours attendu ici.")
    arrival.relay = relay.acknowledge(actor, arrival.relay_id)
    clock.stop(UNCONFIRMED, arrival.id)
    audit.record(actor, "emergency.change_acknowledged", target=arrival, structure=arrival.service_id)
    _told(arrival)
    return arrival


@transaction.atomic
def record_arrival(*, actor: Actor, arrival_id: UUID) -> Arrival:
    """The patient is at the door, said by the reception nurse."""
    arrival = access_arrival(actor, arrival_id, P.CONFIRM_ARRIVALS, lock=True)
    if arrival.is_called_off:
        raise NotExpectedHere
    if arrival.relay.waiting:
        raise ConfirmFirst
    if arrival.state != Arrival.State.ARRIVED:
        arrival.state, arrival.arrived_at = Arrival.State.ARRIVED, timezone.now()
        arrival.save(update_fields=["state", "arrived_at"])
    arrival.relay = relay.mark(actor, arrival.relay_id, ARRIVED)
    audit.record(actor, "emergency.arrival_recorded", target=arrival, structure=arrival.service_id)
    _told(arrival)
    return arrival


@transaction.atomic
def offload(*, actor: Actor, arrival_id: UUID) -> Arrival:
    """The service has taken the patient over from the crew."""
    arrival = access_arrival(actor, arrival_id, P.CONFIRM_ARRIVALS, lock=True)
    if arrival.state != Arrival.State.ARRIVED:
        raise NotExpectedHere("Enregistrez d'abord son arrivée.")
    if arrival.relay.waiting:
        raise ConfirmFirst
    if arrival.offloaded_at is None:
        arrival.offloaded_at = timezone.now()
        arrival.save(update_fields=["offloaded_at"])
        if arrival.relay.status == CONFIRMED:
            relay.mark(actor, arrival.relay_id, ARRIVED)
        arrival.relay = relay.mark(actor, arrival.relay_id, OFFLOADED)
        audit.record(actor, "emergency.patient_offloaded", target=arrival, structure=arrival.service_id)
        _told(arrival)
    return arrival
