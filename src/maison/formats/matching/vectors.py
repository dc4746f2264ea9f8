"""Levels of many pairs at once: the rules of `comparison`, on columns.

Equal codes are compared as numbers; letters are read (rapidfuzz) only where two names differ.
Rules are tried in order on the pairs that none has settled yet.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from maison.formats.matching.columns import Columns, Ints, Texts, Words
from maison.formats.matching.levels import Code, Date, Family, Given, Place, Sex, Text

Ranks = NDArray[np.int8]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
FEMALE = 2


class Levels(NamedTuple):
    """For each pair, its level, and the position of the value shared (-1 where its rarity does not count)."""

    rank: Ranks
    value: Ints


class _Settling:
    """Levels being decided: `settle` writes where nothing is written yet, `narrow` keeps the pairs still open."""

    def __init__(self, size: int, last: int) -> None:
        self.rank = np.full(size, last, np.int8)
        self.value = np.full(size, -1, np.int32)
        self.open: Rows = np.arange(size)

    def settle(self, where: Flags, rank: int | Ranks, value: Ints | None = None) -> Flags:
        """`where`, `rank` and `value` follow the open pairs; gives back those that stay open among them."""
        at = self.open[where]
        self.rank[at] = rank if isinstance(rank, int) else rank[where]
        if value is not None:
            self.value[at] = value[where]
        self.open = self.open[~where]
        return ~where

    @property
    def levels(self) -> Levels:
        return Levels(self.rank, self.value)


def families(columns: Columns, usual: Flags, i: Rows, j: Rows) -> Levels:
    words, family, used, first = columns.words, columns.family, columns.used, columns.given[0]
    found = _Settling(len(i), Family.DIFFERENT)
    one, other = family[i], family[j]

    def keep(stay: Flags) -> None:
        nonlocal i, j, one, other
        i, j, one, other = i[stay], j[stay], one[stay], other[stay]

    keep(found.settle((one < 0) | (other < 0), Family.MISSING))
    keep(found.settle(one == other, Family.SAME, one))
    crossed = one == used[j]
    keep(found.settle(crossed | (used[i] == other), Family.EXCHANGED, np.where(crossed, one, other)))
    crossed, back = one == first[j], first[i] == other
    at = np.flatnonzero(crossed | back)
    swapped = np.zeros(len(one), np.int8)
    swapped[at] = np.where(
        _alike_across(columns, i[at], j[at], crossed[at], back[at]), Family.SWAPPED, Family.HALF_SWAPPED
    )
    keep(found.settle(crossed | back, swapped))
    both = usual[one] & usual[other]
    stay = found.settle(
        words.sound[one] == words.sound[other], np.where(both, Family.SOUND_USUAL, Family.SOUND).astype(np.int8)
    )
    keep(stay)
    near = close(words, one, other)
    both = both[stay]
    keep(found.settle(near, np.where(both, Family.CLOSE_USUAL, Family.CLOSE).astype(np.int8)))
    shared = np.zeros(len(one), np.bool_)
    for mine in columns.part:
        for theirs in columns.part:
            shared |= mine[i] == theirs[j]
    keep(found.settle(shared, Family.PART))
    found.settle((columns.sex[i] == FEMALE) & (columns.sex[j] == FEMALE), Family.DIFFERENT_WOMEN)
    return found.levels


def _alike_across(columns: Columns, i: Rows, j: Rows, crossed: Flags, back: Flags) -> Flags:
    """Where a name equals the given name of the other: whether the other two are alike as well."""
    words, family, first = columns.words, columns.family, columns.given[0]
    one, other = np.where(crossed, first[i], family[i]), np.where(crossed, family[j], first[j])
    result = crossed & back
    at = np.flatnonzero(~result & (one >= 0) & (other >= 0))
    one, other = one[at], other[at]
    near = close(words, one, other)
    result[at] = near | (words.sound[one] == words.sound[other])
    return result


def givens(columns: Columns, usual: Flags, i: Rows, j: Rows) -> Levels:
    words, family, given = columns.words, columns.family, columns.given
    found = _Settling(len(i), Given.DIFFERENT)
    one, other = given[0][i], given[0][j]

    def keep(stay: Flags) -> None:
        nonlocal i, j, one, other
        i, j, one, other = i[stay], j[stay], one[stay], other[stay]

    own, others = family[i], family[j]
    swapped = (own >= 0) & (others >= 0) & ((one == others) | (other == own))
    at = np.flatnonzero(swapped)
    used = columns.used
    swapped[at] = ~((own[at] == others[at]) | (own[at] == used[j[at]]) | (used[i[at]] == others[at]))
    keep(found.settle((one < 0) | (other < 0) | swapped, Given.MISSING))
    same = one == other
    at = np.flatnonzero(same)
    at = at[(given[1][i[at]] >= 0) & (given[1][j[at]] >= 0)]
    at = at[given[1][i[at]] != given[1][j[at]]]
    mine, theirs = [names[i[at]] for names in given], [names[j[at]] for names in given]
    rank = np.full(len(i), Given.SAME, np.int8)
    rank[at[~_among(mine[1], theirs) & ~_among(theirs[1], mine)]] = Given.SAME_FIRST
    keep(found.settle(same, rank, one))
    listed = np.zeros(len(one), np.bool_)
    for names in given[1:]:
        listed |= (one == names[j]) | (names[i] == other)
    keep(found.settle(listed, Given.LISTED))
    both = usual[one] & usual[other]
    stay = found.settle(
        words.sound[one] == words.sound[other], np.where(both, Given.SOUND_USUAL, Given.SOUND).astype(np.int8)
    )
    keep(stay)
    both = both[stay]
    stay = found.settle(words.root[one] == words.root[other], Given.DIMINUTIVE)
    keep(stay)
    near = close(words, one, other)
    both = both[stay]
    keep(found.settle(near, np.where(both, Given.CLOSE_USUAL, Given.CLOSE).astype(np.int8)))
    initial = (words.start_key[one] ^ words.start_key[other]) & np.uint64(0xFF) == 0
    found.settle(initial & ((words.length[one] == 1) | (words.length[other] == 1)), Given.INITIAL)
    return found.levels


def _among(name: Ints, names: list[Ints]) -> Flags:
    found = np.zeros(len(name), np.bool_)
    for other in names:
        found |= name == other
    return found


def dates(columns: Columns, i: Rows, j: Rows) -> Levels:
    """`value` is the day itself."""
    found = _Settling(len(i), Date.DIFFERENT)
    one, other = columns.day_number[i], columns.day_number[j]
    default = columns.is_default_day[i], columns.is_default_day[j]
    stay = found.settle((one == 0) | (other == 0), Date.MISSING)
    one, other, default = one[stay], other[stay], (default[0][stay], default[1][stay])
    stay = found.settle(one == other, np.where(default[0], Date.SAME_DEFAULT, Date.SAME).astype(np.int8), one)
    one, other, either = one[stay], other[stay], default[0][stay] | default[1][stay]
    years = one // 10000 == other // 10000
    stay = found.settle(years & either, Date.YEAR)
    one, other, years = one[stay], other[stay], years[stay]
    month, day, other_month, other_day = one // 100 % 100, one % 100, other // 100 % 100, other % 100
    swapped = years & (month == other_day) & (day == other_month)
    enough = years.astype(np.int8) + (month == other_month) + (day == other_day) >= 2
    rank = np.where(swapped, Date.SWAPPED, Date.TWO_OF_THREE).astype(np.int8)
    at = np.flatnonzero(enough & ~swapped)
    rank[at[_one_digit_apart(one[at], other[at])]] = Date.DIGIT
    found.settle(swapped | enough, rank)
    return found.levels


def _one_digit_apart(one: Ints, other: Ints) -> Flags:
    apart = np.zeros(len(one), np.int8)
    mine, theirs = np.zeros(len(one), np.int64), np.zeros(len(one), np.int64)
    for power in range(8):
        a, b = one // 10**power % 10, other // 10**power % 10
        apart += a != b
        mine += 9 ** a.astype(np.int64)
        theirs += 9 ** b.astype(np.int64)
    return (apart == 1) | (mine == theirs)


def sexes(columns: Columns, i: Rows, j: Rows) -> Levels:
    one, other = columns.sex[i], columns.sex[j]
    rank = np.where(one == other, Sex.SAME, Sex.DIFFERENT).astype(np.int8)
    rank[(one == 0) | (other == 0)] = Sex.MISSING
    return Levels(rank, np.full(len(i), -1, np.int32))


def places(columns: Columns, i: Rows, j: Rows) -> Levels:
    one, other = columns.place[i], columns.place[j]
    area = columns.area[i]
    rank = np.where((area == columns.area[j]) & (area >= 0), Place.SAME_AREA, Place.DIFFERENT).astype(np.int8)
    same = one == other
    rank[same] = Place.SAME
    rank[(one < 0) | (other < 0)] = Place.MISSING
    return Levels(rank, np.where(same, one, np.int32(-1)))


def texts(column: Texts, i: Rows, j: Rows) -> Levels:
    found = _Settling(len(i), Text.DIFFERENT)
    one, other = column.code[i], column.code[j]
    stay = found.settle((one < 0) | (other < 0), Text.MISSING)
    one, other = one[stay], other[stay]
    stay = found.settle(one == other, Text.SAME, one)
    one, other = one[stay], other[stay]
    stay = found.settle(close(column, one, other), Text.CLOSE)
    one, other = one[stay], other[stay]
    first, last = column.first, column.last
    shared = (
        (first[one] == first[other])
        | (last[one] == last[other])
        | (first[one] == last[other])
        | (last[one] == first[other])
    )
    found.settle(shared, Text.WORD)
    return found.levels


def codes(column: Texts, i: Rows, j: Rows) -> Levels:
    found = _Settling(len(i), Code.DIFFERENT)
    one, other = column.code[i], column.code[j]
    stay = found.settle((one < 0) | (other < 0), Code.MISSING)
    one, other = one[stay], other[stay]
    stay = found.settle(one == other, Code.SAME, one)
    one, other = one[stay], other[stay]
    apart = column.letters[one] == column.letters[other]
    at = np.flatnonzero(~apart & (np.bitwise_count(column.alphabet[one] ^ column.alphabet[other]) <= 2))
    apart[at] = _distances(column.texts, one[at], other[at], 1) <= 1
    found.settle(apart, Code.DIGIT)
    return found.levels


def close(spellings: Words | Texts, one: Ints, other: Ints) -> Flags:
    """As `comparison.close`, for positions in `spellings`. Only texts of nearly the same letters are read."""
    if not len(one):
        return np.zeros(0, np.bool_)
    length, letters = spellings.length, spellings.letters
    short, long = np.minimum(length[one], length[other]), np.maximum(length[one], length[other])
    allowed = np.digitize(short, (3, 6, 10)).astype(np.int8)
    result = (letters[one] == letters[other]) & (allowed > 0)
    changed = np.bitwise_count(spellings.alphabet[one] ^ spellings.alphabet[other])
    at = np.flatnonzero(~result & (allowed > 0) & (long - short <= allowed) & (changed <= 2 * allowed))
    result[at] = _distances(spellings.texts, one[at], other[at], 3) <= allowed[at]
    return result


def _distances(spellings: list[str], one: Ints, other: Ints, furthest: int) -> Ranks:
    """Levenshtein distances; anything beyond `furthest` is `furthest + 1`."""
    left = [spellings[rank] for rank in one.tolist()]
    right = [spellings[rank] for rank in other.tolist()]
    return cpdist(left, right, scorer=Levenshtein.distance, score_cutoff=furthest, dtype=np.int8, workers=2)
