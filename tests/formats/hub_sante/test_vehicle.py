"""The course of a vehicle is the same whatever the order of its states."""

import random
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.hub_sante.parts import ResourceState
from maison.formats.hub_sante.vehicle import CANCELLED, STATUSES, course_of, rank_of


def state(status, minute, availability=None):
    return ResourceState(datetime=f"2026-03-04T10:{minute:02}:00+01:00", status=status, availability=availability)


states = st.lists(st.builds(state, st.sampled_from(STATUSES), st.integers(0, 59)), max_size=12)


@given(states, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_and_repetition_of_messages_do_not_matter(items, chance):
    shuffled = items + chance.sample(items, len(items) // 2)
    chance.shuffle(shuffled)
    assert course_of(shuffled) == course_of(items)


def test_the_eighteen_statuses_are_ordered():
    assert len(STATUSES) == 18
    assert [rank_of(status) for status in ("DECISION", "DEPART", "TRANSP", "DESTIN", "REN-BASE")] == [0, 2, 8, 13, 17]


def test_a_regular_course_has_nothing_late():
    items = [state(status, minute) for minute, status in enumerate(STATUSES) if status != CANCELLED]
    random.Random(3).shuffle(items)
    course = course_of(items)
    assert course.late == ()
    assert course.current.status == "REN-BASE"
    assert course.has_arrived


def test_a_transport_tells_when_it_left():
    course = course_of([state("TRANSP", 20), state("DEPART", 2), state("ARRIVEE", 10)])
    assert course.is_transporting
    assert course.left_at == datetime.fromisoformat("2026-03-04T10:20:00+01:00")
    assert course.on_scene_at == datetime.fromisoformat("2026-03-04T10:10:00+01:00")
    assert not course.has_arrived


def test_a_stop_on_the_way_starts_the_count_again():
    items = [state("TRANSP", 20), state("ETAPE1", 30)]
    assert not course_of(items).is_transporting
    assert course_of([*items, state("TRANSP2", 40)]).left_at.minute == 40


def test_a_time_against_the_order_is_pointed_out():
    course = course_of([state("ARRIVEE", 10), state("DEPART", 12)])
    assert [item.status for item in course.late] == ["DEPART"]


def test_cancelling_ends_the_course():
    course = course_of([state("DEPART", 2), state(CANCELLED, 5), state("ARRIVEE", 9)])
    assert course.is_cancelled
    assert [item.status for item in course.late] == ["ARRIVEE"]


def test_no_state_is_no_course():
    assert course_of([]).current is None
