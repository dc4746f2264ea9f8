"""A stay is the fold of its messages, whatever order they came in; a cancellation gives back the exact state before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.registries.stays import fold
from maison.registries.stays.fold import Move, Told, as_body, from_body

START = datetime(2026, 3, 4, 8, tzinfo=UTC)


def move(identity, event, hour, action="INSERT", **fields):
    return Move(str(identity), START + timedelta(hours=hour), action, event, **fields)


def told(rank, one, **fields):
    return Told(f"m{rank:04d}", START + timedelta(hours=100, minutes=rank), "A01", one, **fields)


def folded(*moves):
    return fold.fold([told(rank, one) for rank, one in enumerate(moves)])


def state(found):
    """What a screen shows: all but the story and the remarks on it."""
    return replace(found, lines=[], anomalies=[], last_sent_at=None)


ADMITTED = move(1, "A01", 0, care_unit="6268", room="101", bed="1", patient_class="I")
MOVED = move(2, "A02", 2, care_unit="7000", room="7", bed="2")
LEAVING = move(3, "A21", 4)
BACK = move(4, "A22", 6)
EXITED = move(5, "A03", 8)


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([move(0, "A05", -24, care_unit="6268")], (fold.EXPECTED, "6268", "")),
        ([ADMITTED], (fold.PRESENT, "6268", "1")),
        ([ADMITTED, MOVED], (fold.PRESENT, "7000", "2")),
        ([ADMITTED, MOVED, LEAVING], (fold.ON_LEAVE, "7000", "2")),
        ([ADMITTED, MOVED, LEAVING, BACK], (fold.PRESENT, "7000", "2")),
        ([ADMITTED, MOVED, LEAVING, BACK, EXITED], (fold.LEFT, "7000", "2")),
        ([move(1, "A04", 0, care_unit="URG"), move(2, "A06", 3, care_unit="6268")], (fold.PRESENT, "6268", "")),
        ([ADMITTED, move(9, "A54", 1, medical_unit="5000")], (fold.PRESENT, "5000", "1")),
    ],
)
def test_movements_make_the_state_of_a_stay(moves, expected):
    found = folded(*moves)
    assert (found.state, found.care_unit, found.bed) == expected
    assert found.anomalies == []


@pytest.mark.parametrize("last", [MOVED, LEAVING, BACK, EXITED])
def test_a_cancelled_movement_gives_back_the_exact_state_before(last):
    story = [ADMITTED, MOVED, LEAVING, BACK, EXITED]
    before = story[: story.index(last)]
    found = folded(*before, last, replace(last, action="CANCEL"))
    assert state(found) == state(folded(*before))
    assert found.lines[-1].cancelled


def test_a_stay_whose_only_movement_is_cancelled_is_cancelled():
    assert folded(ADMITTED, replace(ADMITTED, action="CANCEL")).state == fold.CANCELLED


def test_a_movement_is_corrected_in_its_place():
    later = replace(MOVED, at=START + timedelta(hours=5), action="UPDATE", care_unit="7001")
    found = folded(ADMITTED, MOVED, LEAVING, BACK, later)
    assert [line.move.event for line in found.lines] == ["A01", "A21", "A02", "A22"]
    assert (found.state, found.care_unit) == (fold.PRESENT, "7001")
    assert found.lines[2].versions == 2


def test_a_historic_movement_takes_its_place_and_leaves_the_present_as_it_is():
    between = move(8, "A02", 1, care_unit="6500", room="5", bed="5", is_historic=True)
    found = folded(ADMITTED, MOVED, between)
    assert (found.care_unit, found.bed) == ("7000", "2")
    assert [line.move.care_unit for line in found.lines] == ["6268", "6500", "7000"]


def test_what_does_not_agree_is_said_and_never_refused():
    assert folded(MOVED).state == fold.PRESENT
    assert [code for code, _ in folded(MOVED).anomalies] == ["sans-admission"]
    after = folded(ADMITTED, EXITED, move(9, "A02", 9, care_unit="X"))
    assert (after.state, after.care_unit) == (fold.LEFT, "6268")
    assert [code for code, _ in after.anomalies] == ["apres-sortie"]
    assert [code for code, _ in folded(ADMITTED, replace(MOVED, action="CANCEL")).anomalies] == ["annulation-seule"]


def test_the_exit_expected_is_the_one_said_last_and_may_be_erased():
    planned = START + timedelta(days=2)
    first, second, third = told(1, ADMITTED, expected_exit=planned), told(2, MOVED), told(3, None, expected_exit="")
    assert fold.fold([second, first]).expected_exit_at == planned
    assert fold.fold([third, first, second]).expected_exit_at is None


def test_the_kept_form_gives_back_the_same_message():
    for one in (told(1, MOVED, expected_exit=START), told(2, None, expected_exit=""), told(3, ADMITTED)):
        assert from_body(one.id, one.sent_at, one.event, as_body(one)) == one


EVENTS = st.sampled_from(["A05", "A01", "A02", "A21", "A22", "A03", "A04", "A06", "A07", "A54"])
STORIES = st.lists(
    st.tuples(EVENTS, st.integers(0, 6), st.integers(0, 12), st.sampled_from(["INSERT", "UPDATE", "CANCEL"]), st.sampled_from(["", "U1", "U2"])),
    min_size=1, max_size=10,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(story=STORIES, chance=st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_repetitions_change_nothing(story, chance):
    messages = [
        told(rank, move(identity, event, hour, action, care_unit=unit))
        for rank, (event, identity, hour, action, unit) in enumerate(story)
    ]
    shuffled = list(messages)
    chance.shuffle(shuffled)
    assert fold.fold(shuffled) == fold.fold(messages)


@settings(max_examples=60, deadline=None)
@given(story=STORIES)
def test_a_movement_added_then_cancelled_is_as_if_it_had_never_been(story):
    base = [told(rank, move(identity, event, hour, action, care_unit=unit)) for rank, (event, identity, hour, action, unit) in enumerate(story)]  # fmt: skip
    extra = move("neuf", "A02", 3, care_unit="U9")
    with_it = [*base, told(500, extra), told(501, replace(extra, action="CANCEL"))]
    assert state(fold.fold(with_it)) == state(fold.fold(base))
