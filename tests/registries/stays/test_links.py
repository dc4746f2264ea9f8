"""Links between two patients (A24, A37) and files given to another patient (A44), through what a hospital sends."""

from __future__ import annotations

import pytest

from maison.formats.hl7v2.faults import InvalidMessage
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.foundations.ids import uuid7
from maison.registries.identity.models import Number
from maison.registries.stays import links
from maison.registries.stays.errors import OtherPatient, SamePatient
from maison.registries.stays.models import LinkMessage, Stay, StayMove
from maison.registries.stays.patients import patients
from tests.interop.mllp import adt, file_move, link, movement
from tests.registries.stays.conftest import Hospital

pytestmark = pytest.mark.django_db


def known(ipp):
    return Number.objects.get(ipp=ipp).identity_id


def told(name):
    return [event.payload for event in StoredEvent.objects.filter(name=name).order_by("id")]


def owner(number="V-1"):
    return Stay.objects.get(number=number).patient_id


# -- links


def test_a_link_is_a_proposal_that_merges_nothing(hospital):
    hospital.say(link(one="A", other="B"))
    one, other = known("A"), known("B")
    assert links.linked_to([one, other]) == {one: {other}, other: {one}}
    assert not patients().same(one, other)
    first, second = sorted((one, other))
    expected = {"one_id": str(first), "other_id": str(second), "structure_id": str(hospital.structure.id)}
    assert told("stays.patients_linked") == [expected]
    assert Entry.objects.filter(code="stays.patients_linked").count() == 1


def test_a_link_is_taken_back_and_both_states_stay(hospital):
    hospital.say(link(one="A", other="B", sent="20260304120000"))
    hospital.say(link(one="B", other="A", event="A37", sent="20260304130000"))
    assert links.linked_to([known("A")]) == {known("A"): set()}
    assert len(told("stays.patients_unlinked")) == 1
    assert list(LinkMessage.objects.values_list("linked", flat=True)) == [True, False]
    hospital.say(link(one="A", other="B", sent="20260304140000"))
    assert links.linked_to([known("A")]) == {known("A"): {known("B")}}


def test_what_was_said_last_counts_whatever_the_order_of_arrival(hospital):
    hospital.say(link(one="A", other="B", event="A37", sent="20260304130000"))
    late = hospital.say(link(one="A", other="B", sent="20260304120000"))
    assert "historique" in late.note
    assert links.linked_to([known("A")]) == {known("A"): set()}
    assert told("stays.patients_linked") == []


def test_the_same_link_again_says_nothing_new(hospital):
    exchange = uuid7()
    message = link(one="A", other="B")
    hospital.say(message, exchange)
    assert hospital.say(message, exchange).status == "kept"
    assert hospital.say(link(one="B", other="A", sent="20260304150000")).status == "kept"
    assert len(told("stays.patients_linked")) == 1


def test_a_patient_is_not_linked_to_himself(hospital):
    with pytest.raises(SamePatient):
        hospital.say(link(one="A", other="A"))


# -- files


@pytest.fixture
def admitted(hospital):
    hospital.say(adt("A01", ipp="OLD", visit="V-1", zbe=movement("1", "20260304080000"), sent="20260304080000"))
    return hospital


def test_a_file_goes_to_another_patient_with_its_stay_and_its_messages_follow(admitted):
    admitted.say(file_move(kept="NEW", gone="OLD", file="V-1", sent="20260304100000"))
    assert owner() == known("NEW")
    move = StayMove.objects.get()
    assert (move.from_patient_id, move.to_patient_id) == (known("OLD"), known("NEW"))
    (fact,) = told("stays.stay_reattached")
    assert (fact["from_patient_id"], fact["to_patient_id"]) == (str(known("OLD")), str(known("NEW")))
    assert Entry.objects.get(code="stays.stay_reattached").details == {
        "before": str(known("OLD")),
        "after": str(known("NEW")),
    }
    admitted.say(adt("A03", ipp="NEW", visit="V-1", zbe=movement("2", "20260305080000"), sent="20260305080000"))
    assert Stay.objects.get().state == "terminee"
    with pytest.raises(OtherPatient):
        admitted.say(adt("A13", ipp="OLD", visit="V-1", zbe=movement("2", "20260305080000", "CANCEL", origin="A03"), sent="20260305090000"))  # fmt: skip


def test_what_was_sent_before_the_move_still_names_the_patient_of_that_time(admitted):
    admitted.say(file_move(kept="NEW", gone="OLD", file="V-1", sent="20260304100000"))
    admitted.say(
        adt("A02", ipp="OLD", visit="V-1", zbe=movement("2", "20260304090000", unit="7000"), sent="20260304090000")
    )
    found = Stay.objects.get()
    assert (found.care_unit.code, found.patient_id) == ("7000", known("NEW"))


def test_the_message_the_other_way_gives_back_the_state_before_and_keeps_both(admitted):
    before = Stay.objects.values("patient_id", "account", "state", "care_unit").get()
    admitted.say(file_move(kept="NEW", gone="OLD", file="V-1", sent="20260304100000"))
    admitted.say(file_move(kept="OLD", gone="NEW", file="V-1", sent="20260304110000"))
    assert Stay.objects.values("patient_id", "account", "state", "care_unit").get() == before
    assert StayMove.objects.count() == 2


def test_a_file_of_several_stays_moves_as_a_whole_and_may_take_another_number(hospital):
    for rank in ("1", "2"):
        message = adt("A01", ipp="OLD", visit=f"V-{rank}", zbe=movement(rank, "20260304080000"), sent="20260304080000")
        hospital.say(message.replace(f"{f'V-{rank}'}^^^CHU-X&1.2.250.1.213.1.4.99&ISO^AN".encode(), b"D-9^^^CHU-X&1.2.250.1.213.1.4.99&ISO^AN"))  # fmt: skip
    hospital.say(file_move(kept="NEW", gone="OLD", file="D-9", becomes="D-10", sent="20260304100000"))
    assert {owner("V-1"), owner("V-2")} == {known("NEW")}
    assert set(Stay.objects.values_list("account", flat=True)) == {"D-10"}


def test_the_same_move_again_and_an_unknown_file_change_nothing(admitted):
    exchange = uuid7()
    message = file_move(kept="NEW", gone="OLD", file="V-1", sent="20260304100000")
    admitted.say(message, exchange)
    assert admitted.say(message, exchange).status == "kept"
    assert admitted.say(file_move(kept="NEW", gone="OLD", file="V-404")).status == "kept"
    assert StayMove.objects.count() == 1


def test_a_file_that_is_not_the_patients_is_for_a_person(admitted):
    with pytest.raises(OtherPatient):
        admitted.say(file_move(kept="NEW", gone="AUTRE", file="V-1"))
    assert owner() == known("OLD")


def test_the_file_of_another_hospital_with_the_same_number_stays_where_it_is(admitted):
    other = Hospital("Autre hôpital fictif")
    assert other.say(file_move(kept="NEW", gone="OLD", file="V-1")).status == "kept"
    assert owner() == known("OLD")


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (adt("A44", zbe="", extra=("MRG|OLD^^^CHU-X&1.2.250.1.213.1.4.99&ISO^PI",)), "MRG-3"),
        (adt("A44", zbe=""), "MRG"),
        (adt("A24"), "PID[2]"),
        (file_move(kept="A", gone="A", file="V-1"), "MRG-1[1]"),
    ],
    ids=["sans dossier", "sans patient précédent", "lien à un seul patient", "au même patient"],
)
def test_what_a_message_lacks_is_said_with_its_place(hospital, message, place):
    with pytest.raises(InvalidMessage) as refusal:
        hospital.say(message)
    assert place in [fault.place for fault in refusal.value.faults]
