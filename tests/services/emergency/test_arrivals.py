"""What messages make of the walls (DOMAIN §5.2, URG-01, URG-02, F5.3, F5.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from maison.foundations import clock
from maison.foundations.audit.models import Entry
from maison.foundations.clock.models import Timer
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events.models import StoredEvent
from maison.foundations.relay import waiting_for
from maison.services.emergency import actions, selectors, walls
from maison.services.emergency.access import access_case
from maison.services.emergency.errors import ConfirmFirst, NotExpectedHere
from maison.services.emergency.models import Arrival, Case
from maison.services.emergency.permissions import P
from tests.factories import actor_with
from tests.services.emergency.factories import Chain, Told, chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def region() -> Chain:
    return chain()


def nurse(service):  # type: ignore[no-untyped-def]
    return actor_with(P.VIEW_BOARD, P.CONFIRM_ARRIVALS, structure=service, name="Lou Essai")


def regulator(region: Chain):  # type: ignore[no-untyped-def]
    return actor_with(P.VIEW_CASES, P.MANAGE_CASES, structure=region.samu)


def lines(service) -> list[Arrival]:  # type: ignore[no-untyped-def]
    return [row.arrival for row in board_rows(nurse(service), service)]


def board_rows(actor, service) -> list[selectors.Row]:  # type: ignore[no-untyped-def]
    wall = walls.read_wall(actor, service.id)
    assert wall is not None
    rows = selectors.rows_of(
        selectors.with_all(Arrival.objects.filter(id__in=[line.arrival_id for line in wall.lines]))
    )
    order = [line.arrival_id for line in wall.lines]
    return sorted(rows, key=lambda row: order.index(row.arrival.id))


def test_a_case_appears_on_a_wall_only_at_the_decision_of_orientation(region: Chain) -> None:
    told = Told()
    told.opens()
    told.say(
        "RS-EDA-MAJ",
        {"decision": [{"decisionType": "INTER", "creation": told.stamp(2), "operator": {"role": "MEDECIN"}}]},
        2,
    )
    assert lines(region.north_adults) == []
    told.orients(region.north)
    assert len(lines(region.north_adults)) == 1
    assert lines(region.south_adults) == []
    assert lines(region.north_children) == []


@pytest.mark.parametrize(
    ("age", "kind", "text", "service", "inferred"),
    [
        ("P82Y", "URGENCES", "", "north_adults", True),
        ("P8Y", "URGENCES", "", "north_children", True),
        ("P15Y", "URGENCES", "", "north_children", True),
        ("P16Y", "URGENCES", "", "north_adults", True),
        ("P70Y", "REA-USI", "", "north_icu", True),
        ("P70Y", "URGENCES", "Direct réa, prévenue par téléphone", "north_icu", False),
        ("P8Y", "URGENCES", "Urgences adultes", "north_adults", False),
    ],
)
def test_the_service_is_the_one_named_else_the_one_that_fits_and_then_it_is_said(
    region: Chain, age: str, kind: str, text: str, service: str, inferred: bool
) -> None:
    told = Told(age=age)
    told.opens()
    told.orients(region.north, text=text, kind=kind)
    arrival = Arrival.objects.get()
    assert arrival.service == getattr(region, service)
    assert arrival.service_inferred is inferred


def test_the_same_message_twice_announces_once(region: Chain) -> None:
    told = Told()
    told.opens()
    for _ in range(2):
        told.say("RS-EDA-MAJ", told.orientation(region.north, 5), 5, distribution_id="fr.health.samu990_same")
    assert Arrival.objects.count() == 1


def test_an_orientation_received_before_its_case_is_kept_then_announced(region: Chain) -> None:
    told = Told()
    case = told.orients(region.north)
    assert not case.known
    assert lines(region.north_adults) == []
    told.opens()
    assert len(lines(region.north_adults)) == 1


def test_the_expected_time_follows_the_vehicle_and_says_what_it_rests_upon(region: Chain) -> None:
    told = Told()
    told.opens()
    told.engages()
    told.orients(region.north)
    first = Arrival.objects.get()
    assert first.eta_basis == Arrival.EtaBasis.ENGAGED
    told.vehicle("TRANSP", 40)
    moved = Arrival.objects.get()
    assert moved.eta_basis == Arrival.EtaBasis.TRANSPORT
    assert moved.state == Arrival.State.ON_THE_WAY
    assert moved.eta_from_at == told.at(40)
    told.vehicle("DESTIN", 85)
    assert Arrival.objects.get().state == Arrival.State.ARRIVED


def test_the_hand_shake_goes_sent_received_confirmed_arrived_offloaded(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    arrival = Arrival.objects.get()
    me = nurse(region.north_adults)
    assert [relay.id for relay in waiting_for(me)] == [arrival.relay_id]
    actions.receive_arrivals(actor=me, service_id=region.north_adults.id, arrival_ids=[arrival.id])
    with pytest.raises(ConfirmFirst):
        actions.record_arrival(actor=me, arrival_id=arrival.id)
    actions.confirm_arrival(actor=me, arrival_id=arrival.id)
    assert waiting_for(me) == []
    actions.record_arrival(actor=me, arrival_id=arrival.id)
    actions.offload(actor=me, arrival_id=arrival.id)
    row = board_rows(me, region.north_adults)[0]
    assert [step.word for step in row.trail if step.at] == [
        "Envoyé",
        "Reçu par le service",
        "Confirmé",
        "Arrivé",
        "Transmis au service",
    ]
    assert row.confirmed_by == "Lou Essai"
    codes = set(Entry.objects.values_list("code", flat=True))
    assert {"emergency.arrival_received", "emergency.arrival_confirmed", "emergency.patient_offloaded"} <= codes
    assert StoredEvent.objects.filter(name="emergency.case_consulted").count() == 1


def test_confirming_twice_is_the_same_as_once(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    arrival, me = Arrival.objects.get(), nurse(region.north_adults)
    actions.confirm_arrival(actor=me, arrival_id=arrival.id)
    actions.confirm_arrival(actor=me, arrival_id=arrival.id)
    assert StoredEvent.objects.filter(name="emergency.case_consulted").count() == 1


def test_a_redirection_must_be_acknowledged_by_the_service_left_and_confirmed_by_the_new_one(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    actions.confirm_arrival(actor=nurse(region.north_adults), arrival_id=Arrival.objects.get().id)
    told.orients(region.south, minutes=12)
    old, new = Arrival.objects.order_by("id")
    assert (old.state, new.state) == (Arrival.State.REDIRECTED, Arrival.State.ANNOUNCED)
    assert [line.id for line in lines(region.north_adults)] == [old.id]
    with pytest.raises(NotExpectedHere):
        actions.confirm_arrival(actor=nurse(region.north_adults), arrival_id=old.id)
    actions.acknowledge_change(actor=nurse(region.north_adults), arrival_id=old.id)
    assert lines(region.north_adults) == []
    actions.confirm_arrival(actor=nurse(region.south_adults), arrival_id=new.id)
    assert not waiting_for(nurse(region.south_adults))


def test_a_redirection_there_and_back_announces_again(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    told.orients(region.south, minutes=12)
    told.orients(region.north, minutes=15)
    states = list(Arrival.objects.order_by("id").values_list("service__parent__short_name", "state"))
    assert states == [("Nord", "reoriente"), ("Sud", "reoriente"), ("Nord", "annonce")]


def test_a_late_older_decision_does_not_undo_a_newer_one(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.south, minutes=12)
    told.orients(region.north, minutes=5)
    assert [line.service for line in Arrival.objects.filter(state="annonce")] == [region.south_adults]


def test_a_cancelled_orientation_stays_on_the_wall_until_someone_says_he_saw_it(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    told.say(
        "RS-EDA-MAJ",
        {
            "decision": [
                {
                    "decisionType": "ORIENT",
                    "orientationType": "DOMICILE",
                    "creation": told.stamp(9),
                    "operator": {"role": "MEDECIN"},
                }
            ]
        },
        9,
    )
    (line,) = lines(region.north_adults)
    assert line.state == Arrival.State.CANCELLED
    actions.acknowledge_change(actor=nurse(region.north_adults), arrival_id=line.id)
    assert lines(region.north_adults) == []


def test_a_patient_arrived_leaves_the_wall_after_a_day(region: Chain) -> None:
    told = Told(opened_at=timezone.now() - timedelta(hours=25))
    told.opens()
    told.engages()
    told.orients(region.north)
    told.vehicle("DESTIN", 20)
    assert lines(region.north_adults) == []
    assert Arrival.objects.get().state == Arrival.State.ARRIVED


def test_an_arrival_nobody_confirmed_is_told_to_the_regulator_until_someone_does(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    Timer.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert clock.fire_due() == 1
    assert Arrival.objects.get().escalated_at is not None
    actions.confirm_arrival(actor=nurse(region.north_adults), arrival_id=Arrival.objects.get().id)
    assert not Timer.objects.filter(fired_at=None, stopped_at=None).exists()


def test_an_establishment_the_house_does_not_know_is_asked_of_the_samu(region: Chain) -> None:
    told = Told()
    told.opens()
    region.north.finess = "990999999"
    told.orients(region.north)
    assert Arrival.objects.count() == 0
    (asked,) = waiting_for(regulator(region))
    assert asked.kind_code == "emergency.destination"
    region.south.refresh_from_db()
    told.orients(region.south, minutes=7)
    assert waiting_for(regulator(region)) == []
    assert len(lines(region.south_adults)) == 1


def test_two_patients_of_one_case_are_two_lines(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    second = {"patientId": f"{told.ref}.2", "detail": {"age": "P9Y"}, "identity": {"strictFeatures": {"sex": "M"}}}
    told.say("RS-EDA-MAJ", {"patient": [second]}, 6)
    told.say(
        "RS-EDA-MAJ",
        {"decision": [{**told.orientation(region.north, 7)["decision"][0], "patientId": f"{told.ref}.2"}]},
        7,
    )
    services = set(Arrival.objects.filter(state="annonce").values_list("service__service_type", flat=True))
    assert services == {"urgences_adultes", "urgences_pediatriques"}


def test_a_case_is_seen_by_its_samu_and_its_destination_only(region: Chain) -> None:
    told = Told()
    case = told.opens()
    other_samu = actor_with(P.VIEW_CASES, structure=region.south)
    north, south = nurse(region.north_adults), nurse(region.south_adults)
    assert list(Case.objects.visible_to(regulator(region))) == [case]
    assert not Case.objects.visible_to(other_samu)
    assert not Case.objects.visible_to(north)
    told.orients(region.north)
    assert list(Case.objects.visible_to(north)) == [case]
    assert not Case.objects.visible_to(south)
    with pytest.raises(Forbidden):
        access_case(north, case.id, P.MANAGE_CASES)
    with pytest.raises(NotFound):
        access_case(south, case.id, P.VIEW_CASES)


def test_a_nurse_of_another_service_cannot_confirm(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    with pytest.raises(NotFound):
        actions.confirm_arrival(actor=nurse(region.south_adults), arrival_id=Arrival.objects.get().id)


def test_lines_come_by_priority_then_expected_time(region: Chain) -> None:
    order = []
    for priority, minutes in (("P2", 10), ("P0", 30), ("P1", 50), ("P1", 40)):
        told = Told()
        told.opens(
            qualification={
                "healthMotive": {"code": "M06.03", "label": "x"},
                "details": {"priority": priority, "status": "ACTIF"},
            }
        )
        told.engages()
        told.vehicle("TRANSP", minutes)
        told.orients(region.north, minutes=minutes)
        order.append((priority, minutes))
    shown = [
        (line.priority, round((line.eta_from_at - line.case.opened_at).total_seconds() / 60))
        for line in lines(region.north_adults)
    ]
    assert shown == [("P0", 30), ("P1", 40), ("P1", 50), ("P2", 10)]
