"""From PAM messages to stays: through what a hospital sends."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from maison.formats.hl7v2.faults import InvalidMessage
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.foundations.ids import uuid7
from maison.registries.stays.errors import OtherPatient
from maison.registries.stays.models import Patient, Stay, StayMessage, Unit
from maison.registries.stays.patients import patients
from tests.interop.mllp import adt, merge, movement
from tests.registries.stays.conftest import Hospital

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


def stay(number="V-1"):
    return Stay.objects.select_related("care_unit").get(number=number)


def test_an_admission_opens_a_stay_in_its_unit_and_publishes_ids_only(hospital):
    hospital.say(adt("A01", zbe=movement("1", "20260304110000"), expected_exit="20260306100000"))
    found = stay()
    assert (found.state, found.care_unit.code, found.care_unit.label) == ("presente", "6268", "Chir V")
    assert (found.room, found.bed, found.patient_class) == ("101", "1", "I")
    assert found.admitted_at == datetime(2026, 3, 4, 11, tzinfo=PARIS)
    assert found.expected_exit_at == datetime(2026, 3, 6, 10, tzinfo=PARIS)
    payload = StoredEvent.objects.get(name="stays.stay_changed").payload
    assert set(payload) == {"stay_id", "structure_id", "patient_id", "state", "care_unit_id", "previous_unit_id"}
    assert "000003" not in str(payload)


@pytest.mark.parametrize(
    ("event", "cancel", "state"), [("A02", "A12", "presente"), ("A03", "A13", "presente"), ("A21", "A52", "presente")]
)
def test_the_cancelling_event_restores_the_state_before(hospital, event, cancel, state):
    hospital.say(adt("A01", zbe=movement("1", "20260304110000"), sent="20260304110001"))
    before = Stay.objects.values("state", "care_unit", "room", "bed", "admitted_at", "left_at").get()
    hospital.say(
        adt(
            event,
            zbe=movement("2", "20260304120000", unit="7000", label="Médecine"),
            bed="MED^7^2",
            sent="20260304120001",
        )
    )
    assert Stay.objects.values("state", "care_unit", "room", "bed", "admitted_at", "left_at").get() != before
    hospital.say(
        adt(cancel, zbe=movement("2", "20260304120000", "CANCEL", origin=event, unit="7000"), sent="20260304130000")
    )
    assert Stay.objects.values("state", "care_unit", "room", "bed", "admitted_at", "left_at").get() == before


def test_a_return_from_leave_that_is_cancelled_leaves_the_patient_on_leave(hospital):
    hospital.say(adt("A01", zbe=movement("1", "20260304080000"), sent="20260304080000"))
    hospital.say(adt("A21", zbe=movement("2", "20260304090000"), sent="20260304090000"))
    hospital.say(adt("A22", zbe=movement("3", "20260304100000"), sent="20260304100000"))
    assert stay().state == "presente"
    hospital.say(adt("A53", zbe=movement("3", "20260304100000", "CANCEL", origin="A22"), sent="20260304110000"))
    assert stay().state == "permission"


def test_a_movement_is_corrected_by_z99_in_its_place(hospital):
    hospital.say(adt("A01", zbe=movement("1", "20260304080000"), sent="20260304080000"))
    hospital.say(adt("A02", zbe=movement("2", "20260304120000", unit="7000"), sent="20260304120000"))
    hospital.say(
        adt(
            "Z99",
            zbe=movement("1", "20260304070000", "UPDATE", origin="A01", unit="6000", label="Urgences"),
            sent="20260304130000",
        )
    )
    found = stay()
    assert (found.care_unit.code, found.admitted_at) == ("7000", datetime(2026, 3, 4, 7, tzinfo=PARIS))


def test_the_order_of_arrival_does_not_matter(hospital):
    messages = [
        adt("A01", zbe=movement("1", "20260304080000"), sent="20260304080000"),
        adt("A02", zbe=movement("2", "20260304120000", unit="7000"), bed="MED^7^2", sent="20260304120000"),
        adt("A03", zbe=movement("3", "20260305120000", unit="7000"), bed="MED^7^2", sent="20260305120000"),
    ]
    for message in reversed(messages):
        hospital.say(message)
    found = stay()
    assert (found.state, found.care_unit.code, found.anomalies) == ("terminee", "7000", [])


def test_the_same_exchange_twice_counts_once(hospital):
    exchange = uuid7()
    message = adt("A01", zbe=movement("1", "20260304110000"))
    hospital.say(message, exchange)
    assert hospital.say(message, exchange).status == "kept"
    assert StayMessage.objects.count() == 1


def test_a_movement_without_zbe_is_refused_with_its_place(hospital):
    with pytest.raises(InvalidMessage) as refusal:
        hospital.say(adt("A02", zbe=""))
    assert "ZBE" in [fault.place for fault in refusal.value.faults]
    assert not Stay.objects.exists()


def test_a_visit_number_that_comes_with_another_patient_is_for_a_person(hospital):
    hospital.say(adt("A01", zbe=movement("1", "20260304110000")))
    with pytest.raises(OtherPatient):
        hospital.say(adt("A02", ipp="000004", zbe=movement("2", "20260304120000")))


def test_the_same_number_in_two_hospitals_is_two_stays(hospital):
    other = Hospital("Autre hôpital fictif")
    for one in (hospital, other):
        one.say(adt("A01", zbe=movement("1", "20260304110000")))
    assert Stay.objects.count() == Unit.objects.count() == 2


# -- identities


def banner(**criteria):
    found = Patient.objects.get(**criteria)
    return patients().banners([found.id])[found.id]


def test_traits_are_sealed_and_what_is_older_than_what_is_known_is_dropped_to_history(hospital, own_patients):
    hospital.say(adt("A28", name="PAT-TROIS^DOMINIQUE", sent="20260304120000"))
    late = hospital.say(adt("A31", name="ANCIEN^NOM", sent="20260304110000"))
    assert "historique" in late.note
    assert banner(ipp="000003").name == "PAT-TROIS DOMINIQUE"
    hospital.say(adt("A31", name="PAT-TROIS^CLAUDE", sent="20260304130000"))
    assert banner(ipp="000003").first_name == "CLAUDE"
    assert b"PAT-TROIS" not in bytes(Patient.objects.get().traits)


def test_an_ins_under_a_provisional_identity_is_set_aside_and_told(hospital):
    """F1.5"""
    hospital.say(adt("A28", ins="279035121518989", status="PROV"))
    assert StoredEvent.objects.get(name="stays.identity_anomaly").payload["code"] == "ins-inexploitable"
    assert Entry.objects.filter(code="stays.ins_set_aside").count() == 1
    hospital.say(adt("A28", ins="279035121518989", status="VALI", ipp="000009"))
    assert StoredEvent.objects.filter(name="stays.identity_anomaly").count() == 1


def test_a_merge_makes_two_numbers_one_patient_and_keeps_both(hospital, own_patients):
    hospital.say(
        adt(
            "A01",
            ipp="OLD",
            visit="V-1",
            zbe=movement("1", "20260304080000"),
            name="ESSAI^SACHA",
            sent="20260304080000",
        )
    )
    hospital.say(adt("A28", ipp="NEW", name="ESSAI^SACHA MARIE", sent="20260304090000"))
    hospital.say(merge(kept="NEW", gone="OLD", sent="20260304100000"))
    old, new = Patient.objects.get(ipp="OLD"), Patient.objects.get(ipp="NEW")
    assert old.merged_into_id == new.id
    assert StoredEvent.objects.filter(name="stays.patients_merged").count() == 1
    hospital.say(adt("A03", ipp="NEW", visit="V-1", zbe=movement("2", "20260305080000"), sent="20260305080000"))
    assert stay().state == "terminee"
    assert hospital.say(merge(kept="NEW", gone="OLD", sent="20260305090000")).status == "kept"


def test_two_merges_in_a_circle_do_not_turn_for_ever(hospital):
    hospital.say(merge(kept="A", gone="B", sent="20260304080000"))
    assert hospital.say(merge(kept="B", gone="A", sent="20260304090000")).status == "kept"
