"""A model learnt from a population that nobody labelled.

Shares among strangers (`u`) come from pairs drawn at random, rarities from counting values. Shares among records of one
person (`m`) and among twins come from expectation–maximisation over the candidate pairs: each pair is weighed by the odds
it has in each class, the shares are taken again from those odds, until nothing moves. The odds are those of the whole
population, not of the candidates, so that what blocking brought together proves nothing by itself. The expectations
written in `levels` count as `TRUST` pairs seen: they hold a small file together and vanish in a large one.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np

from maison.formats.matching.columns import Columns, Ints, Numbers
from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.model import Frequencies, Model, Shares, Trait
from maison.formats.matching.scoring import Asked, Floats, Rarity, Scored, compared, day_codes, day_text

TRUST = 20
ROUNDS = 100
STILL = 1e-4
RANDOM_PAIRS = (100_000, 300_000)
"""At least, at most; between them, as many as identities."""
BORNE_BY_SEVERAL = 4
LISTED_VALUES = 20_000
HEAP = 4
"""A date is listed when it is this many times more common than the mean one."""
FIXED_FOR_TWINS = (Kind.GIVEN, Kind.SEX)

FRENCH = (
    Asked("family", Kind.FAMILY, "Nom de naissance"),
    Asked("given", Kind.GIVEN, "Prénoms"),
    Asked("born_on", Kind.DATE, "Date de naissance"),
    Asked("sex", Kind.SEX, "Sexe"),
    Asked("birth_place", Kind.PLACE, "Lieu de naissance"),
)


class Counted(NamedTuple):
    frequencies: Frequencies
    agreement: float
    """Chance that two strangers hold one value."""


def count_values(columns: Columns, trait: Asked) -> Counted:
    words = columns.words.texts
    match trait.kind:
        case Kind.FAMILY:
            return _counted(columns.family, words)
        case Kind.GIVEN:
            return _counted(columns.given[0], words)
        case Kind.DATE:
            return _counted(day_codes(columns.day_number), None)
        case Kind.SEX:
            return _counted(columns.sex.astype(np.int32) - 1, ["M", "F"])
        case Kind.PLACE:
            return _counted(columns.place, columns.places)
        case _:
            return _counted(columns.others[trait.key].code, columns.others[trait.key].texts)


def _counted(codes: Ints, texts: list[str] | None) -> Counted:
    """Values borne by several people, and the mean share of the others; `texts` is None for days."""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    total, distinct = max(int(counts.sum()), 1), max(int((counts > 0).sum()), 1)
    threshold = BORNE_BY_SEVERAL if texts is not None else max(BORNE_BY_SEVERAL, HEAP * total / distinct)
    listed = np.flatnonzero(counts >= threshold)
    if len(listed) > LISTED_VALUES:
        listed = listed[np.argsort(-counts[listed], kind="stable")[:LISTED_VALUES]]
    rest, others = total - int(counts[listed].sum()), distinct - len(listed)
    frequencies = Frequencies(
        total,
        rest / total / others if rest and others else 1 / total,
        {(texts[rank] if texts is not None else day_text(rank)): int(counts[rank]) for rank in listed.tolist()},
    )
    return Counted(frequencies, float(((counts / total) ** 2).sum()))


def train(
    columns: Columns,
    pairs: Numbers,
    *,
    asked: tuple[Asked, ...] = FRENCH,
    twins: bool = True,
    sides: Ints | None = None,
    version: str = "1",
    on: date | None = None,
    seed: int = 1,
) -> tuple[Model, Scored]:
    """The model of this population, and its candidate pairs scored by it.

    The pairs are those of `candidates.candidate_pairs`. `twins` is False for a file known to hold no families; `sides`
    (0 or 1 a row) says that two files are linked, neither with duplicates. The same file and seed give the same model.
    """
    counted = {trait.key: count_values(columns, trait) for trait in asked}
    rarities = {trait.key: Rarity.of(columns, trait, counted[trait.key].frequencies) for trait in asked}
    strangers = compared(columns, asked, rarities, across(_random_pairs(columns.size, seed), sides))
    u = {trait.key: _stranger_shares(trait, strangers.counts(trait), counted[trait.key].agreement) for trait in asked}
    seen = compared(columns, asked, rarities, across(pairs, sides))
    population = columns.size if sides is None else _effective_population(sides)
    learnt = _Learning(asked, u, population, twins)
    learnt.run(seen.patterns(u))
    model = Model(
        version=version,
        trained_on=on or date.today(),  # noqa: DTZ011 - a day of the calendar, not an instant
        population=population,
        matches=learnt.matches,
        twins=learnt.twins,
        traits=tuple(
            Trait(
                trait.key,
                trait.kind,
                trait.name,
                Shares(
                    tuple(learnt.m[trait.key].tolist()),
                    tuple(u[trait.key].tolist()),
                    tuple(learnt.twin[trait.key].tolist()),
                ),
                counted[trait.key].frequencies,
            )
            for trait in asked
        ),
    )
    return model, seen.scored(model, population)


def across(pairs: Numbers, sides: Ints | None) -> Numbers:
    """The pairs that join the two files, when there are two."""
    if sides is None:
        return pairs
    kept: Numbers = pairs[sides[pairs >> np.uint64(32)] != sides[pairs & np.uint64(0xFFFFFFFF)]]
    return kept


def _effective_population(sides: Ints) -> int:
    """Size of the one file that would hold as many pairs of strangers as there are between the two."""
    other = int((sides != 0).sum())
    return round((2 * other * (len(sides) - other)) ** 0.5)


def _random_pairs(size: int, seed: int) -> Numbers:
    dice = np.random.default_rng(seed)
    one, other = dice.integers(0, size, (2, min(max(size, RANDOM_PAIRS[0]), RANDOM_PAIRS[1])), dtype=np.uint64)
    keep = one != other
    return (one[keep] << np.uint64(32)) | other[keep]


def _stranger_shares(trait: Asked, counts: Floats, agreement: float) -> Floats:
    """Shares of levels among strangers; that of one whole value is known exactly from how often values are borne."""
    levels = LEVELS[trait.kind]
    seen = counts[1:] + 0.5
    shares = np.concatenate(([0.0], seen / seen.sum()))
    same = [rank for rank, level in enumerate(levels) if level.key.startswith("same") and level.by_value]
    if same:
        exact = shares[same] / shares[same].sum() * agreement
        others = 1 - shares[same].sum()
        shares *= (1 - agreement) / max(others, 1e-9)
        shares[same] = exact
    return shares


class _Learning:
    """Expectation–maximisation over patterns of levels, in three classes."""

    def __init__(self, asked: tuple[Asked, ...], u: dict[str, Floats], size: int, twins: bool) -> None:
        self.asked, self.u, self.size = asked, u, size
        self.matches, self.twins = 0.1, 0.01 if twins else 0.0
        expected = {trait.key: np.array([level.m for level in LEVELS[trait.kind]]) for trait in asked}
        self.m = {key: values / values.sum() for key, values in expected.items()}
        as_twins = {
            trait.key: np.array([level.m if level.twin is None else level.twin for level in LEVELS[trait.kind]])
            for trait in asked
        }
        self.twin = {key: values / values.sum() for key, values in as_twins.items()}
        self.expected, self.expected_twin = dict(self.m), dict(self.twin)

    def run(self, patterns: tuple[Ints, Floats, Floats]) -> None:
        levels, rarity, counts = patterns
        for _ in range(ROUNDS):
            match, twin = self._odds(levels, rarity)
            whole = 1 + match + twin
            match, twin = counts * match / whole, counts * twin / whole
            before = self.matches
            self.matches, self.twins = float(match.sum()) / self.size, float(twin.sum()) / self.size
            for column, trait in enumerate(self.asked):
                self.m[trait.key] = _shares(levels[:, column], match, self.expected[trait.key])
                if trait.kind not in FIXED_FOR_TWINS:
                    self.twin[trait.key] = _shares(levels[:, column], twin, self.expected_twin[trait.key])
            if abs(self.matches - before) <= STILL * before:
                break
        self.matches = max(self.matches, 1 / self.size)

    def _odds(self, levels: Ints, rarity: Floats) -> tuple[Floats, Floats]:
        match, twin = (
            np.log2(self.matches * 2 / self.size) + rarity,
            np.log2(self.twins * 2 / self.size + 1e-300) + rarity,
        )
        for column, trait in enumerate(self.asked):
            match = match + _bits(self.m[trait.key], self.u[trait.key])[levels[:, column]]
            twin = twin + _bits(self.twin[trait.key], self.u[trait.key])[levels[:, column]]
        return np.exp2(match), np.exp2(twin)


def _bits(shares: Floats, strangers: Floats) -> Floats:
    return np.concatenate(([0.0], np.log2(shares[1:] / strangers[1:])))


def _shares(levels: Ints, weights: Floats, expected: Floats) -> Floats:
    found = np.bincount(levels, weights, len(expected))
    found[0] = 0
    found = found + TRUST * expected
    return found / found.sum()
