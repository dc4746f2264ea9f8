"""A wall is read in one query and its lines are kept once drawn: what is kept never hides what has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from maison.foundations.relay.models import Relay, Step
from maison.foundations.structures.models import Structure
from maison.services.emergency import actions, walls
from maison.services.emergency.models import Arrival, Case, Resource, VehicleStatus
from maison.services.emergency.permissions import P
from tests.factories import actor_with
from tests.fixtures import SignIn
from tests.services.emergency.factories import Chain, Told, chain

pytestmark = pytest.mark.django_db

LINE, WALL_LINE = "emergency/_line.html", "emergency/_wall_row.html"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def region() -> Chain:
    return chain()


def announced(region: Chain, minutes: float = 5) -> Arrival:
    told = Told()
    told.opens()
    told.engages()
    told.orients(region.north, minutes=minutes)
    return Arrival.objects.get(case__case_ref=told.ref)


def drawn(region: Chain, *, may_confirm: bool = True, template: str = LINE, later: timedelta = timedelta()) -> str:
    actor = actor_with(P.VIEW_BOARD, structure=region.north_adults)
    wall = walls.read_wall(actor, region.north_adults.id)
    assert wall is not None
    return "".join(walls.draw(template, wall.lines, may_confirm=may_confirm, now=wall.at + later))


def redrawn(region: Chain, **how: object) -> str:
    """The same with nothing kept."""
    walls._drawn = walls.Drawn(walls.KEPT)
    return drawn(region, **how)  # type: ignore[arg-type]


def every_state(region: Chain) -> None:
    now = timezone.now()
    times = (None, now - timedelta(hours=2), now - timedelta(hours=25))
    for state, waiting, arrived_at in product(Arrival.State.values, (True, False), times):
        arrival = announced(region)
        Relay.objects.filter(id=arrival.relay_id).update(waiting=waiting)
        Arrival.objects.filter(id=arrival.id).update(state=state, arrived_at=arrived_at)


def test_a_wall_holds_the_lines_that_the_rules_of_access_and_of_walls_let_through(region: Chain) -> None:
    every_state(region)
    sees_all = actor_with(P.VIEW_BOARD, structure=region.north_adults)
    regulator = actor_with(P.VIEW_CASES, structure=region.samu)
    stranger = actor_with(P.VIEW_BOARD, structure=region.south_adults)
    for actor in (sees_all, regulator, stranger):
        for service in (region.north_adults, region.south_adults):
            wall = walls.read_wall(actor, service.id)
            assert wall is not None
            expected = Arrival.objects.visible_to(actor).filter(service=service).current()
            assert {line.arrival_id for line in wall.lines} == {arrival.id for arrival in expected}
    shown = walls.read_wall(sees_all, region.north_adults.id)
    assert shown is not None
    assert 0 < shown.total == len(shown.lines) < Arrival.objects.count()


def test_what_is_not_a_service_has_no_wall(region: Chain) -> None:
    assert walls.read_wall(actor_with(P.VIEW_BOARD, structure=region.north), region.north.id) is None


def test_the_limit_cuts_the_end_of_the_day_and_never_someone_who_is_expected(
    region: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty patients offloaded since the morning must not push the sixty-first off the wall."""
    first = announced(region)
    last = announced(region)
    expected = announced(region)
    for minutes, arrival in ((30, first), (10, last)):
        Relay.objects.filter(id=arrival.relay_id).update(waiting=False)
        moment = timezone.now() - timedelta(minutes=minutes)
        Arrival.objects.filter(id=arrival.id).update(state="arrive", arrived_at=moment, offloaded_at=moment)
    monkeypatch.setattr(walls, "LIMIT", 2)
    wall = walls.read_wall(actor_with(P.VIEW_BOARD, structure=region.north_adults), region.north_adults.id)
    assert wall is not None
    assert [line.arrival_id for line in wall.lines] == [expected.id, last.id]
    assert wall.total == 3


def test_a_wall_that_is_cut_says_so(region: Chain, signed_in_client: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        announced(region)
    monkeypatch.setattr(walls, "LIMIT", 2)
    browser = signed_in_client("ioa", region.north_adults)
    page = browser.get(reverse("emergency:board", args=[region.north_adults.id])).content.decode()
    assert "1 autre ligne" in page.replace("\u00a0", " ")


def test_reading_a_wall_again_takes_three_queries_whatever_its_length(
    region: Chain, signed_in_client: SignIn, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    browser = signed_in_client("ioa", region.north_adults)
    url = reverse("emergency:board", args=[region.north_adults.id])
    for _ in range(3):
        announced(region)
        browser.get(url, headers=HTMX)
        with django_assert_num_queries(3):  # the session, the rights, the wall
            browser.get(url, headers=HTMX)


def test_lines_never_drawn_before_take_four_more_queries_whatever_their_number(
    region: Chain, signed_in_client: SignIn, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    browser = signed_in_client("ioa", region.north_adults)
    for count in (1, 4):
        for _ in range(count):
            announced(region)
        with django_assert_num_queries(7):
            browser.get(reverse("emergency:board", args=[region.north_adults.id]), headers=HTMX)


def _document(arrival: Arrival) -> None:
    case = Case.objects.get(id=arrival.case_id)
    case.document["qualification"]["healthMotive"] = {"code": "M02.01", "label": "x"}
    Case.objects.filter(id=case.id).update(document=case.document)


def _remarks(arrival: Arrival) -> None:
    told = [{"at": timezone.now().isoformat(), "text": "Porte du fond."}]
    case = Case.objects.get(id=arrival.case_id)
    case.document.pop("medicalNote", None)
    Case.objects.filter(id=case.id).update(document=case.document, remarks=told)


def _second_vehicle(arrival: Arrival) -> None:
    Resource.objects.create(case_id=arrival.case_id, resource_ref="autre", name="VSAV 2")


def _vehicle_moves(arrival: Arrival) -> None:
    now = timezone.now() + timedelta(hours=1)
    VehicleStatus.objects.create(
        resource=Resource.objects.get(case_id=arrival.case_id), code="TRANSP", at=now, sent_at=now
    )


def _status_corrected(arrival: Arrival) -> None:
    VehicleStatus.objects.filter(resource__case_id=arrival.case_id).update(at=timezone.now() + timedelta(minutes=90))


def _status_withdrawn(arrival: Arrival) -> None:
    VehicleStatus.objects.filter(resource__case_id=arrival.case_id).delete()


def _confirmed(arrival: Arrival) -> None:
    Step.objects.create(relay_id=arrival.relay_id, code="confirmed", subject="x", name="Lou Essai")
    Relay.objects.filter(id=arrival.relay_id).update(waiting=False)


CHANGES: list[Callable[[Arrival], object]] = [
    _document,
    _remarks,
    _second_vehicle,
    _vehicle_moves,
    _status_corrected,
    _status_withdrawn,
    _confirmed,
    lambda arrival: Resource.objects.filter(case_id=arrival.case_id).update(name="VLM 9"),
    lambda arrival: Relay.objects.filter(id=arrival.relay_id).update(waiting=False),
    lambda arrival: Arrival.objects.filter(id=arrival.id).update(priority="P0"),
    lambda arrival: Arrival.objects.filter(id=arrival.id).update(eta_at=timezone.now() + timedelta(hours=3)),
    lambda arrival: Arrival.objects.filter(id=arrival.id).update(state="arrive", arrived_at=timezone.now()),
    lambda arrival: Arrival.objects.filter(id=arrival.id).update(service_inferred=True),
    lambda arrival: Arrival.objects.filter(id=arrival.id).update(state="annule"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_in_what_a_line_shows_the_line_changes(
    region: Chain, change: Callable[[Arrival], object]
) -> None:
    """Straight in the base, as a careless job would: nobody is asked to remember that lines are kept."""
    arrival = announced(region)
    Arrival.objects.filter(id=arrival.id).update(service_inferred=False)
    before = drawn(region)
    change(arrival)
    after = drawn(region)
    assert after != before
    assert after == redrawn(region)


def test_the_name_of_the_service_where_a_patient_now_goes_is_followed(region: Chain) -> None:
    told = Told()
    told.opens()
    told.orients(region.north)
    told.orients(region.south, minutes=9)
    assert "Sud – Urgences adultes" in drawn(region)
    Structure.objects.filter(id=region.south_adults.id).update(short_name="SAU")
    assert "Sud – SAU" in drawn(region)
    Structure.objects.filter(id=region.south.id).update(short_name="Midi")
    assert "Midi – SAU" in drawn(region)


def test_the_clock_of_a_kept_line_goes_on_until_it_is_late(region: Chain) -> None:
    arrival = announced(region)
    Arrival.objects.filter(id=arrival.id).update(eta_at=timezone.now() + timedelta(minutes=12, seconds=30))
    Relay.objects.filter(id=arrival.relay_id).update(waiting=False)
    for minutes, words in (
        (0, "dans 12 min"),
        (1, "dans 11 min"),
        (13, "attendu maintenant"),
        (40, "Retard, à vérifier"),
    ):
        line = drawn(region, later=timedelta(minutes=minutes)).replace("\u00a0", " ")
        assert words in line
    assert "Retard" not in drawn(region)


def test_a_line_kept_for_one_who_may_answer_shows_no_button_to_one_who_may_not(region: Chain) -> None:
    announced(region)
    assert "Confirmer</button>" in drawn(region)
    assert "<button" not in drawn(region, may_confirm=False)
    assert "Confirmer</button>" in drawn(region)


def test_the_board_and_the_wall_mode_keep_their_own_lines(region: Chain) -> None:
    announced(region)
    assert "maison-arrival" in drawn(region)
    assert "maison-row" in drawn(region, template=WALL_LINE)


def test_a_kept_line_holds_no_token_of_the_session_that_drew_it(region: Chain) -> None:
    announced(region)
    assert "csrfmiddlewaretoken" not in drawn(region)


def test_a_line_is_loaded_only_when_it_is_new(
    region: Chain, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    for _ in range(3):
        announced(region)
    drawn(region)
    with django_assert_num_queries(1):
        drawn(region)
    arrival = announced(region)
    actions.confirm_arrival(
        actor=actor_with(P.VIEW_BOARD, P.CONFIRM_ARRIVALS, structure=region.north_adults), arrival_id=arrival.id
    )
    assert drawn(region) == redrawn(region)
