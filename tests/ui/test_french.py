from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from maison.ui import french
from maison.ui.freshness import Freshness

NB = "\u00a0"
AT = dt.datetime(2026, 11, 21, 22, 6, tzinfo=dt.UTC)


def test_a_moment_is_said_in_paris_time() -> None:
    assert french.moment(AT) == "sam. 21 nov. 2026, 23:06"
    assert french.moment(dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)) == "jeu. 2 juil. 2026, 00:30"


def test_a_date_has_no_hour_and_the_first_is_said_premier() -> None:
    assert french.moment(dt.date(2026, 2, 1)) == "dim. 1er févr. 2026"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        french.moment(dt.datetime(2026, 11, 21, 23, 6))  # noqa: DTZ001 -- the point of the test


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "à l'instant"),
        (9, "à l'instant"),
        (40, f"il y a 40{NB}s"),
        (59, f"il y a 59{NB}s"),
        (60, f"il y a 1{NB}min"),
        (4 * 60 + 59, f"il y a 4{NB}min"),
        (3600, f"il y a 1{NB}h"),
        (2 * 3600 + 5 * 60, f"il y a 2{NB}h{NB}05"),
        (3 * 86400 + 10, f"il y a 3{NB}j"),
        (61 * 86400, "le 22 sept. 2026"),
        (-12 * 60, f"dans 12{NB}min"),
    ],
)
def test_an_age_is_said_in_the_unit_that_matters(seconds: int, text: str) -> None:
    assert french.age(AT - dt.timedelta(seconds=seconds), AT) == text


def test_the_night_the_clock_goes_back_makes_no_negative_nor_extra_hour() -> None:
    before = dt.datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=french.PARIS)
    after = dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=french.PARIS)
    assert french.age(before, after) == f"il y a 1{NB}h"
    assert french.elapsed(before, after) == f"depuis 1{NB}h"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (720, f"dans 12{NB}min"),
        (59, f"moins d'1{NB}min"),
        (0, "attendu maintenant"),
        (-59, "attendu maintenant"),
        (-180, f"en retard de 3{NB}min"),
    ],
)
def test_a_countdown_says_what_is_left_then_how_late(left: int, text: str) -> None:
    assert french.countdown(AT + dt.timedelta(seconds=left), AT) == text


def test_numbers_take_narrow_spaces_and_a_comma() -> None:
    assert french.number(1234567.5, 1) == "1\u202f234\u202f567,5"
    assert french.number(Decimal("-12.30")) == "\u221212,30"
    assert french.percent(0.864) == "86\u202f%"


def test_the_plural_starts_at_two() -> None:
    assert [french.count(n, "arrivée") for n in (0, 1, 2)] == [f"0{NB}arrivée", f"1{NB}arrivée", f"2{NB}arrivées"]


def figure(minutes: float | None) -> Freshness:
    at = None if minutes is None else AT - dt.timedelta(minutes=minutes)
    return Freshness(at, "CHU de Nîmes, flux ADT", dt.timedelta(minutes=15), dt.timedelta(hours=2))


@pytest.mark.parametrize(
    ("minutes", "state", "counts"),
    [(4, "fresh", True), (15, "fresh", True), (47, "late", True), (121, "stale", False), (None, "unknown", False)],
)
def test_a_figure_ages_and_a_stale_one_is_never_summed(minutes: float | None, state: str, counts: bool) -> None:
    assert figure(minutes).state(AT) == state
    assert figure(minutes).counts(AT) is counts


def test_a_figure_says_its_age_or_that_it_has_none() -> None:
    assert figure(4).age_text(AT) == f"il y a 4{NB}min"
    assert figure(None).age_text(AT) == "âge inconnu"


def test_a_figure_cannot_be_stale_before_it_stops_being_fresh() -> None:
    with pytest.raises(ValueError, match="stale"):
        Freshness(AT, "", dt.timedelta(hours=2), dt.timedelta(hours=1))
