"""Beds as told: what cannot be is refused, what is old is not counted, what nobody told is not zero."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maison.formats.ror import codes
from maison.foundations.access import Actor
from maison.foundations.clock.models import DelaySetting
from maison.foundations.errors import Forbidden
from maison.foundations.events.models import StoredEvent
from maison.registries.offer import errors, feed, probes
from maison.registries.offer.actions import counting, describing
from maison.registries.offer.coherence import Figure
from maison.registries.offer.models import Capacity, Offer, Report
from maison.registries.offer.models.beds import Source
from maison.registries.offer.selectors import beds
from maison.registries.stays.models import StayMessage
from maison.registries.terminology.house import ROR, tables
from maison.registries.terminology.loading import load_all
from maison.registries.terminology.selectors import labels
from tests.factories import StructureFactory, actor_as
from tests.foundations.ledgers import wait_for_watermark, wait_until
from tests.interop.mllp import adt, movement
from tests.registries.offer.conftest import CAHORS, MENDE, MONTAUBAN, SYSTEM, make_offer, unit_person
from tests.registries.stays.conftest import Hospital

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def say(offer, at=None, source=Source.PHONE, actor=None, **numbers):
    statuses = {"installed": "01", "available": "02", "occupied": "03", "reserved": "04", "closed": "05", "extra": "06"}
    figures = [Figure(statuses[name], number) for name, number in numbers.items()]
    return counting.report_beds(
        actor=actor or unit_person(offer), offer_id=offer.id, figures=figures, source=source, at=at
    )


def seen(offer, role="regulateur"):
    (row,) = beds.units(
        actor_as(role, StructureFactory()), [Offer.objects.select_related("structure", "site").get(id=offer.id)]
    )
    return row


def board(role="regulateur", **asked):
    actor = actor_as(role, StructureFactory(latitude=CAHORS[0], longitude=CAHORS[1]))
    origin = beds.origin_of(actor)
    return beds.board(actor, beds.Asked(**asked), origin)


@pytest.mark.parametrize(
    ("numbers", "refusal"),
    [
        ({"available": -1}, errors.NegativeCapacity),
        ({"available": 11}, errors.AvailableBeyondInstalled),
        ({"available": 6, "closed": 5}, errors.AvailableBeyondInstalled),
        ({"available": 3, "occupied": 8}, errors.SumBeyondInstalled),
        ({"occupied": 8, "reserved": 2, "closed": 1}, errors.SumBeyondInstalled),
        ({"closed": 11}, errors.ClosedBeyondInstalled),
        ({}, errors.NothingSaid),
    ],
    ids=["negative", "more than installed", "more than open", "sum", "sum without available", "closed", "nothing"],
)
def test_figures_that_cannot_be_are_refused_by_name_and_leave_nothing(numbers, refusal):
    offer = make_offer(installed=10, available=2)
    with pytest.raises(refusal):
        say(offer, **numbers)
    assert Report.objects.filter(offer=offer).count() == 1
    assert seen(offer).available == 2


def test_codes_out_of_the_tables_are_refused():
    offer = make_offer(installed=10)
    for figure in (
        Figure("07", 1),
        Figure("02", 1, nature="99"),
        Figure("02", 1, crisis_type="09"),
        Figure("02", 1, assignment="9"),
    ):
        with pytest.raises(errors.UnknownStatus):
            counting.report_beds(actor=unit_person(offer), offer_id=offer.id, figures=[figure], source=Source.API)


def test_a_figure_of_the_future_is_refused_beyond_the_drift_of_a_clock():
    offer = make_offer(installed=10)
    say(offer, at=timezone.now() + timedelta(seconds=60), available=1)
    with pytest.raises(errors.FutureFigure):
        say(offer, at=timezone.now() + timedelta(minutes=10), available=1)


def test_an_older_figure_is_kept_and_does_not_take_the_place_of_a_newer_one():
    offer = make_offer(installed=10, available=2)
    report = say(offer, at=timezone.now() - HOUR, available=5)
    assert report.late
    assert seen(offer).available == 2


def test_said_twice_changes_nothing():
    offer, at = make_offer(installed=10), timezone.now()
    for _ in range(2):
        say(offer, at=at, available=4)
    assert Capacity.objects.filter(offer=offer, status=codes.AVAILABLE).count() == 1


def test_the_age_of_a_figure_decides_what_is_counted():
    ages = [timedelta(0), 1.5 * HOUR, 3 * HOUR, 25 * HOUR]
    rows = {age: seen(make_offer(installed=9, available=2, age=age)) for age in ages}
    assert [rows[age].state for age in ages] == ["free", "late", "stale", "silent"]
    assert [rows[age].counts for age in ages] == [True, True, False, False]
    (total,) = beds.totals(list(rows.values()))
    assert (total.free, total.units, total.left_out) == (4, 2, 2)


def test_a_feed_silent_three_hours_is_shown_red_with_its_age_and_left_out_then_grey_after_a_day(signed_in_client):
    offer = make_offer(installed=9, available=7, age=3 * HOUR)
    browser = signed_in_client("regulateur")
    page = browser.get(reverse("offer:board")).content.decode()
    assert "Non à jour" in page
    assert "<b>7</b>" in page
    assert "aucun chiffre à jour" in page
    assert "il y a 3" in page
    Capacity.objects.update(at=timezone.now() - 25 * HOUR)
    page = browser.get(reverse("offer:board")).content.decode()
    assert "Non communiqué" in page
    assert "<b>7</b>" not in page
    assert ";7;" not in browser.get(reverse("offer:export")).getvalue().decode()
    assert seen(offer).free is None


def test_the_owner_of_the_thresholds_changes_them():
    offer = make_offer(installed=9, available=2, age=timedelta(minutes=20))
    DelaySetting.objects.create(code="offer.fresh", seconds=600, changed_by="x")
    assert seen(offer).state == "late"


def test_unknown_is_never_zero_nor_zero_unknown():
    silent, full = make_offer(installed=9), make_offer(installed=9, available=0)
    assert (seen(silent).available, seen(silent).free, seen(silent).state) == (None, None, "silent")
    assert (seen(full).available, seen(full).free, seen(full).state) == (0, 0, "none")
    say(full, available=None)
    assert seen(full).state == "silent"
    (total,) = beds.totals([seen(silent)])
    assert not total.is_known


def test_beds_told_by_sex_and_as_a_whole_never_add_up():
    offer = make_offer(installed=9, available=2)
    by_sex = [Figure(codes.AVAILABLE, 1, sex="F"), Figure(codes.AVAILABLE, 2, sex="M")]
    counting.report_beds(actor=unit_person(offer), offer_id=offer.id, figures=by_sex, source=Source.API)
    assert (seen(offer).available, sorted(seen(offer).by_sex)) == (3, [("F", 1), ("M", 2)])
    say(offer, available=1)
    assert (seen(offer).available, seen(offer).by_sex) == (1, [])


def test_closing_beds_without_a_word_on_those_available_makes_them_unknown():
    offer = make_offer(installed=9, available=8)
    say(offer, closed=4)
    assert seen(offer).available is None


def test_the_unit_counts_its_own_beds_and_regulation_notes_what_it_hears():
    offer, other = make_offer(installed=9), make_offer(installed=9)
    with pytest.raises(Forbidden):
        say(offer, actor=unit_person(other), available=1)
    say(offer, actor=actor_as("regulateur", StructureFactory(), name="Dr Régulation"), available=1)
    assert Report.objects.get(offer=offer, figures__0__status="02").name == "Dr Régulation"


def test_a_number_is_noted_in_two_taps_and_everyone_hears(signed_in_client):
    offer = make_offer(installed=3)
    browser = signed_in_client("ioa", offer.structure)
    page = browser.get(reverse("offer:unit", args=[offer.id])).content.decode()
    assert page.count('name="available" value=') == 4
    assert browser.post(reverse("offer:note", args=[offer.id]), {"available": "2"}).status_code == 303
    assert seen(offer).free == 2
    assert StoredEvent.objects.filter(name="offer.beds_reported").count() == 2
    refused = browser.post(reverse("offer:note", args=[offer.id]), {"available": "4"})
    assert refused.status_code == 422
    assert "plus de lits disponibles" in refused.content.decode()


def test_an_unpublished_or_closed_unit_counts_nothing(agency):
    offer = make_offer(installed=9, available=2)
    manager = actor_as("gestionnaire_ror", agency)
    describing.close_offer(actor=manager, offer_id=offer.id, for_good=False, reason="Travaux")
    with pytest.raises(errors.OfferClosed):
        say(offer, available=1)
    assert seen(offer).state == "closed"
    assert not seen(offer).counts


def software_of(offer):
    hospital = Hospital()
    hospital.structure = offer.site
    return hospital


def admitted(hospital, rank, at="20260304080000"):
    hospital.say(adt("A01", ipp=f"P{rank}", visit=f"V-{rank}", name=f"FICTIF^NUMERO{rank}", bed=f"REA^{rank}^1", sent=at,
                     zbe=movement(f"{rank}0", at, unit="4001", label="Réanimation")))  # fmt: skip


def test_movements_of_a_hospital_become_its_available_beds():
    offer = make_offer(installed=4)
    hospital = software_of(offer)
    for rank in range(3):
        admitted(hospital, rank)
    counting.follow_movements(actor=SYSTEM, sites=[offer.site_id])
    row = seen(offer)
    assert (row.occupied, row.available, row.freshness.source) == (3, 1, "mouvements de l'établissement")
    # What a person says after that holds until somebody moves; and the age is that of the hospital's last message.
    say(offer, available=0)
    assert counting.follow_movements(actor=SYSTEM, sites=[offer.site_id]) == 0
    assert seen(offer).available == 0
    admitted(hospital, 3)
    assert counting.follow_movements(actor=SYSTEM, sites=[offer.site_id]) == 1
    assert seen(offer).available == 0
    StayMessage.objects.update(received_at=timezone.now() - 3 * HOUR)
    Capacity.objects.update(at=timezone.now() - 3 * HOUR)
    assert seen(offer).state == "stale"
    StayMessage.objects.filter(id=StayMessage.objects.first().id).update(received_at=timezone.now())
    assert seen(offer).state == "none"


def test_more_patients_than_beds_is_said_and_gives_no_number():
    offer = make_offer(installed=1)
    hospital = software_of(offer)
    for rank in range(2):
        admitted(hospital, rank)
    counting.follow_movements(actor=SYSTEM, sites=[offer.site_id])
    row = seen(offer)
    assert row.too_many
    assert row.available is None
    assert row.free is None


@pytest.mark.django_db(transaction=True)
def test_the_reader_of_events_counts_each_movement_once():
    offer = make_offer(installed=4)
    hospital = software_of(offer)
    admitted(hospital, 1)
    wait_for_watermark()
    wait_until(
        lambda: (feed.turn(), Report.objects.filter(offer=offer, source="adt").exists())[1], "the movement counted"
    )
    assert seen(offer).occupied == 1
    feed.turn()
    assert Report.objects.filter(offer=offer, source="adt").count() == 1


def test_jobs_alone_load_and_follow():
    offer, person = make_offer(installed=4), actor_as("gestionnaire_ror", StructureFactory())
    with pytest.raises(Forbidden):
        counting.follow_movements(actor=person, sites=[offer.site_id])
    with pytest.raises(Forbidden):
        describing.load_offer(actor=person, structure_id=offer.structure_id, identifier="x", described={})


def test_the_nearest_units_come_first_with_their_distance_and_line():
    far, near, here = make_offer(MENDE, available=1, installed=9), make_offer(MONTAUBAN, available=1, installed=9), make_offer(CAHORS, available=0, installed=9)  # fmt: skip
    rows = board()
    assert [row.offer for row in rows] == [here, near, far]
    assert 40 <= rows[1].distance_km <= 80
    assert 40 <= rows[1].minutes <= 80
    assert rows[1].line.spoken == "05\u00a036\u00a049\u00a000\u00a001"
    assert rows[0].travel == "sur place"
    assert rows[1].travel.startswith("≈ 1\u00a0h")
    assert [row.offer for row in board(within_minutes=90, free_only=True)] == [near]


def test_the_board_filters_and_starts_from_a_commune(signed_in_client):
    make_offer(MENDE, kind="soins_intensifs", available=1, installed=9, department="48", name="Soins intensifs fictifs")
    make_offer(MONTAUBAN, available=1, installed=9, department="82", name="Réanimation fictive")
    browser = signed_in_client("regulateur")
    url = reverse("offer:board")
    page = browser.get(url, {"lits": "soins_intensifs", "departement": "48"}).content.decode()
    assert "Soins intensifs fictifs" in page
    assert "Réanimation fictive" not in page
    assert "distances depuis Commune fictive" in browser.get(url, {"depuis": "commune FICTIVE"}).content.decode()
    unknown = browser.get(url, {"depuis": "Nullepart"})
    assert unknown.status_code == 200
    assert "Aucune structure connue" in unknown.content.decode()


def test_a_board_makes_as_many_queries_for_one_unit_as_for_many(django_assert_num_queries):
    actor = actor_as("regulateur", StructureFactory())
    make_offer(available=1, installed=9)
    with django_assert_num_queries(7):
        beds.board(actor, beds.Asked(), beds.Origin("", None))
    for _ in range(5):
        make_offer(available=1, installed=9)
    with django_assert_num_queries(7):
        assert len(beds.board(actor, beds.Asked(), beds.Origin("", None))) == 6


def test_supervision_watches_the_cadence_of_units():
    assert probes.cadence().state == "ok"
    make_offer(installed=9, available=1)
    make_offer(installed=9, available=1, age=3 * HOUR)
    make_offer(installed=9)
    reading = probes.cadence()
    assert (reading.state, reading.value) == ("late", "1\u00a0unité à l'heure sur 3")
    assert reading.note == "2 hors des totaux, dont 1 qui n'ont rien dit"


def test_the_tables_of_capacities_are_served_with_their_labels():
    load_all(Actor.system("tests"), tables())
    assert labels(f"{ROR}j188", ["02", "05"]) == {"02": "Disponible", "05": "Fermé"}
    assert labels(f"{ROR}j19", ["28"])["28"] == "Hospitalisation complète (HC)"


def test_the_modes_of_care_are_those_of_the_official_file(shared):
    file = shared / "data" / "terminologies" / "nos" / "JDV_J19_ModePriseEnCharge_ROR.csv"
    rows = [line.split(",", 1) for line in file.read_text().splitlines()[1:]]
    official = {code: rest.rpartition(",")[0].strip('"') for code, rest in rows if code[:2].isdigit()}
    assert official == codes.CARE_MODES
