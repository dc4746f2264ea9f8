"""Counts with their age and without a name; names for those who care, traced."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.registries.stays import selectors
from maison.registries.stays.models import Stay, StayMessage, Unit
from tests.factories import StructureFactory, actor_as
from tests.interop.mllp import adt, movement
from tests.registries.stays.conftest import Hospital

pytestmark = pytest.mark.django_db


def admit(hospital, rank, unit="6268", label="Chirurgie V", **fields):
    soon = (timezone.localtime() + timedelta(hours=5)).strftime("%Y%m%d%H%M%S")
    hospital.say(
        adt("A01", ipp=f"P{rank}", visit=f"V-{rank}", name=f"FICTIF^NUMERO-{'ABCDE'[rank]}", bed=f"CHIR^{rank}^1",
            zbe=movement(f"{rank}0", "20260304080000", unit=unit, label=label), sent="20260304080000", expected_exit=soon, **fields)
    )  # fmt: skip


def age(hours):
    StayMessage.objects.update(received_at=timezone.now() - timedelta(hours=hours))


def one(actor):
    ((found,),) = [structure.units for structure in selectors.census(actor)]
    return found


def test_a_unit_counts_who_is_there_on_leave_and_about_to_leave(hospital):
    for rank in range(3):
        admit(hospital, rank)
    hospital.say(
        adt(
            "A21",
            ipp="P0",
            visit="V-0",
            zbe=movement("91", "20260304090000", label="Chirurgie V"),
            sent="20260304090000",
        )
    )
    hospital.say(
        adt(
            "A03",
            ipp="P1",
            visit="V-1",
            zbe=movement("92", "20260304090000", label="Chirurgie V"),
            sent="20260304090000",
        )
    )
    found = one(actor_as("gestionnaire_lits", hospital.structure))
    assert (found.present, found.on_leave, found.expected_out) == (1, 1, 2)
    assert found.freshness.state() == "fresh"


def test_a_stale_unit_is_shown_with_its_age_and_left_out_of_totals(hospital):
    admit(hospital, 1)
    actor = actor_as("gestionnaire_lits", hospital.structure)
    (census,) = selectors.census(actor)
    assert (census.present, census.left_out) == (1, 0)
    age(3)
    (census,) = selectors.census(actor)
    assert (census.present, census.left_out, census.units[0].freshness.state()) == (0, 1, "stale")
    age(30)
    assert one(actor).is_silent


def test_the_census_asks_three_questions_whatever_it_holds(hospital, django_assert_num_queries):
    for rank in range(4):
        admit(hospital, rank, unit=f"U{rank}")
    actor = actor_as("gestionnaire_lits", hospital.structure)
    with django_assert_num_queries(4):
        assert len(selectors.census(actor)[0].units) == 4


def test_a_structure_sees_its_own_units_and_the_agency_all_of_them(hospital):
    other = Hospital("Autre hôpital fictif")
    for each in (hospital, other):
        admit(each, 1)
    mine = selectors.census(actor_as("gestionnaire_lits", hospital.structure))
    assert [census.structure_id for census in mine] == [hospital.structure.id]
    agency = StructureFactory(agency=True)
    assert len(selectors.census(actor_as("charge_territoire", agency))) == 2


def test_the_page_holds_no_name_and_refreshes_itself(signed_in_client, hospital):
    admit(hospital, 1)
    browser = signed_in_client("gestionnaire_lits", hospital.structure)
    page = browser.get(reverse("stays:census"))
    assert "Chirurgie V" in page.text
    assert "FICTIF" not in page.text
    assert f"stays.census:{hospital.structure.id}" in page.text
    table = b"".join(browser.get(reverse("stays:export")).streaming_content).decode()
    assert "6268" in table


def test_silence_is_never_shown_as_an_empty_unit(signed_in_client, hospital):
    admit(hospital, 1)
    age(30)
    page = signed_in_client("gestionnaire_lits", hospital.structure).get(reverse("stays:census"))
    assert "Non communiqué" in page.text
    StayMessage.objects.all().delete()
    Stay.objects.all().delete()
    Unit.objects.all().delete()
    assert (
        "Aucune unité connue"
        in signed_in_client("gestionnaire_lits", hospital.structure).get(reverse("stays:census")).text
    )


def test_the_list_of_a_unit_and_a_stay_are_read_with_a_trace(signed_in_client, hospital):
    admit(hospital, 1)
    found = Stay.objects.get()
    browser = signed_in_client("ioa", hospital.structure)
    assert "FICTIF NUMERO-B" in browser.get(reverse("stays:unit", args=[found.care_unit_id])).text
    sheet = browser.get(reverse("stays:stay", args=[found.id]))
    assert "FICTIF NUMERO-B" in sheet.text
    assert "Admission" in sheet.text
    assert Entry.objects.get(code="stays.unit_read").details == {"stays": [str(found.id)]}
    assert Entry.objects.get(code="stays.stay_read").patient_id == str(found.patient_id)


def test_names_are_for_those_who_care_in_that_structure(signed_in_client, hospital):
    admit(hospital, 1)
    found = Stay.objects.get()
    address = reverse("stays:stay", args=[found.id])
    assert signed_in_client("ioa", StructureFactory()).get(address).status_code == 404
    agency = signed_in_client("charge_territoire", StructureFactory(agency=True))
    assert agency.get(reverse("stays:census")).status_code == 200
    assert agency.get(address).status_code == 403
    local = signed_in_client("ioa", hospital.structure, auth="local")
    assert local.get(address).status_code == 403
    assert not Entry.objects.filter(code="stays.stay_read").exists()


# -- for the rooms above


def test_the_counts_of_units_have_their_age_and_their_source(hospital, django_assert_num_queries):
    for rank in range(3):
        admit(hospital, rank, unit=f"{6268 + rank % 2}")
    with django_assert_num_queries(3):
        first, second = selectors.unit_counts([hospital.structure.id])
    assert (first.code, first.occupied, first.on_leave, first.expected_in, first.expected_out) == ("6268", 2, 0, 0, 2)
    assert (second.code, second.occupied, second.structure_id) == ("6269", 1, hospital.structure.id)
    assert (first.state, first.counts, first.source) == ("fresh", True, "mouvements de l'établissement")
    assert first.heard_at is not None
    age(3)
    assert [(one.state, one.counts) for one in selectors.unit_counts([hospital.structure.id])] == [("stale", False)] * 2
    assert selectors.unit_counts([]) == []


def test_a_change_of_counts_is_told_once_and_the_rest_is_not(hospital):
    def changes():
        return [event.payload for event in StoredEvent.objects.filter(name="stays.unit_counts_changed").order_by("id")]

    def there(hour, event, **fields):
        at = f"202603040{hour}0000"
        hospital.say(adt(event, ipp="P1", sent=at, zbe=movement(f"{hour}", at, **fields)))

    there(8, "A01")
    unit = Unit.objects.get(code="6268").id
    assert changes() == [{"structure_id": str(hospital.structure.id), "unit_id": str(unit), "previous_unit_id": None}]
    hospital.say(adt("A08", ipp="P1", zbe="", sent="20260304083000"))
    assert len(changes()) == 1
    there(9, "A02", unit="7000")
    assert (changes()[-1]["previous_unit_id"], len(changes())) == (str(unit), 2)
    hospital.say(adt("A08", ipp="P1", zbe="", sent="20260304100000", expected_exit="20260306100000"))
    assert len(changes()) == 3
