"""Many pairs scored by a model, on columns: the formula of `model`, a level and a rarity at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from maison.formats.matching import vectors
from maison.formats.matching.columns import Columns, Ints, Numbers
from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.model import Frequencies, Model
from maison.formats.matching.vectors import Levels

Floats = NDArray[np.float64]
FIRST_YEAR, DAY_CODES = 1800, 401 * 13 * 32
DENSE_PATTERNS = 8_000_000
RARITY_BITS = 40
"""Patterns keep the rarity of what is shared to the nearest bit, from 0 to this many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A trait to compare: its key (that of `Source.texts` or `codes` for those kinds), kind and French name."""

    key: str
    kind: Kind
    name: str


@dataclass(frozen=True)
class Rarity:
    """For each value of a trait, by position: is it borne by several, and by what share of people."""

    listed: NDArray[np.bool_]
    share: NDArray[np.float32]

    @classmethod
    def of(cls, columns: Columns, trait: Asked, frequencies: Frequencies) -> Rarity:
        if trait.kind == Kind.DATE:
            share = np.full(DAY_CODES, frequencies.rest, np.float32)
            for day, count in frequencies.counts.items():
                share[day_codes(np.array([int(day)], np.int32))[0]] = count / frequencies.total
            return cls(np.zeros(0, np.bool_), share)
        size, position = _positions(columns, trait)
        listed, share = np.zeros(size, np.bool_), np.full(size, frequencies.rest, np.float32)
        for value, count in frequencies.counts.items():
            if (rank := position.get(value)) is not None:
                listed[rank], share[rank] = True, count / frequencies.total
        return cls(listed, share)


def _positions(columns: Columns, trait: Asked) -> tuple[int, Mapping[str, int]]:
    """How many values a trait has in these columns, and the position of each."""
    if trait.kind in (Kind.FAMILY, Kind.GIVEN):
        return len(columns.words.texts), columns.words.position
    texts = (
        ["M", "F"]
        if trait.kind == Kind.SEX
        else columns.places
        if trait.kind == Kind.PLACE
        else columns.others[trait.key].texts
    )
    return len(texts), {text: rank for rank, text in enumerate(texts)}


@dataclass(frozen=True)
class Scored:
    """Pairs `row << 32 | other row`, with their probabilities of being one person, and twins or siblings."""

    pairs: Numbers
    match: NDArray[np.float32]
    twin: NDArray[np.float32]
    levels: dict[str, NDArray[np.int8]]

    @property
    def matches(self) -> NDArray[np.bool_]:
        """Where one person is the most probable class."""
        found: NDArray[np.bool_] = (self.match >= self.twin) & (self.match >= 1 - self.match - self.twin)
        return found


class Compared:
    """Pairs with the level of each trait and the bits their rare values add, before any model."""

    def __init__(self, asked: tuple[Asked, ...], pairs: Numbers, size: int) -> None:
        self.asked, self.pairs, self.size = asked, pairs, size
        self.levels: dict[str, NDArray[np.int8]] = {}
        self.share: dict[str, NDArray[np.float32]] = {}

    def counts(self, trait: Asked) -> Floats:
        return np.bincount(self.levels[trait.key], minlength=len(LEVELS[trait.kind])).astype(np.float64)

    def rarity(self, u: dict[str, Floats]) -> NDArray[np.float32]:
        """Bits that the values shared add, all traits together."""
        bits = np.zeros(len(self.pairs), np.float32)
        for trait in self.asked:
            if (share := self.share.get(trait.key)) is not None:
                strangers = np.log2(np.where(u[trait.key] > 0, u[trait.key], 1)).astype(np.float32)
                at = np.flatnonzero(share)
                bits[at] += strangers[self.levels[trait.key][at]] - np.log2(share[at])
        return bits

    def patterns(self, u: dict[str, Floats]) -> tuple[Ints, Floats, Floats]:
        """Distinct combinations of levels and rarity: levels (one column a trait), bits of rarity, pairs of each."""
        sizes = [len(LEVELS[trait.kind]) for trait in self.asked]
        code = np.clip(np.rint(self.rarity(u)) + RARITY_BITS // 2, 0, RARITY_BITS - 1).astype(np.int64)
        for trait, size in zip(self.asked, sizes, strict=True):
            code *= size
            code += self.levels[trait.key]
        if RARITY_BITS * prod(sizes) <= DENSE_PATTERNS:
            every = np.bincount(code)
            distinct = np.flatnonzero(every)
            counts = every[distinct]
        else:
            distinct, counts = np.unique(code, return_counts=True)
        columns = []
        for size in reversed(sizes):
            columns.append(distinct % size)
            distinct = distinct // size
        levels = np.stack(columns[::-1], axis=1).astype(np.int32)
        return levels, (distinct - RARITY_BITS // 2).astype(np.float64), counts.astype(np.float64)

    def scored(self, model: Model, population: int) -> Scored:
        u = {trait.key: np.array(trait.shares.u) for trait in model.traits}
        bits = self.rarity(u)
        odds_match, odds_twin = model.odds(population)
        match = bits + np.float32(np.log2(odds_match))
        twin = bits + np.float32(np.log2(odds_twin) if odds_twin else -200)
        for trait in model.traits:
            level = self.levels[trait.key]
            match += _bits(trait.shares.m, trait.shares.u)[level]
            twin += _bits(trait.shares.twin, trait.shares.u)[level]
        np.exp2(match, out=match)
        np.exp2(twin, out=twin)
        whole = 1 + match + twin
        match /= whole
        twin /= whole
        return Scored(self.pairs, match, twin, self.levels)


def compared(columns: Columns, asked: tuple[Asked, ...], rarities: dict[str, Rarity], pairs: Numbers) -> Compared:
    found = Compared(asked, pairs, columns.size)
    i, j = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    for trait in asked:
        levels = _levels(columns, trait, rarities[trait.key], i, j)
        found.levels[trait.key] = levels.rank
        if trait.kind == Kind.SEX:
            continue
        value = day_codes(levels.value) if trait.kind == Kind.DATE else levels.value
        found.share[trait.key] = np.where(value >= 0, rarities[trait.key].share[value], np.float32(0))
    return found


def score(columns: Columns, pairs: Numbers, model: Model) -> Scored:
    """Pairs scored by a model learnt before, perhaps elsewhere."""
    asked = tuple(Asked(trait.key, trait.kind, trait.name) for trait in model.traits)
    rarities = {
        trait.key: Rarity.of(columns, trait, of.frequencies) for trait, of in zip(asked, model.traits, strict=True)
    }
    return compared(columns, asked, rarities, pairs).scored(model, columns.size)


def day_codes(day_numbers: Ints) -> Ints:
    """Days as small numbers (AAAAMMJJ to 0 … DAY_CODES); -1 where there is none."""
    days = (day_numbers // 10000 - FIRST_YEAR) * 416 + day_numbers // 100 % 100 * 32 + day_numbers % 100
    return np.where(day_numbers > 0, days, np.int32(-1)).astype(np.int32, copy=False)


def day_text(code: int) -> str:
    """The day of a code, as `Identity.day_number` writes it."""
    year, rest = divmod(code, 416)
    return str((year + FIRST_YEAR) * 10000 + rest // 32 * 100 + rest % 32)


def _bits(shares: tuple[float, ...], strangers: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array([0.0, *np.log2(np.array(shares[1:]) / np.array(strangers[1:]))], np.float32)


def _levels(columns: Columns, trait: Asked, rarity: Rarity, i: NDArray[np.int64], j: NDArray[np.int64]) -> Levels:
    match trait.kind:
        case Kind.FAMILY:
            return vectors.families(columns, rarity.listed, i, j)
        case Kind.GIVEN:
            return vectors.givens(columns, rarity.listed, i, j)
        case Kind.DATE:
            return vectors.dates(columns, i, j)
        case Kind.SEX:
            return vectors.sexes(columns, i, j)
        case Kind.PLACE:
            return vectors.places(columns, i, j)
        case Kind.TEXT:
            return vectors.texts(columns.others[trait.key], i, j)
        case Kind.CODE:
            return vectors.codes(columns.others[trait.key], i, j)
