"""How good a model is on a population whose truth nobody holds: blind judgement of a sample.

Pairs are drawn in strata of probability, so that the doubtful middle, where errors are, is seen as much as the sure ends. They are
given in random order, without score or class. From what people answered, each stratum is weighed by the pairs it stands for.
Recall is among candidate pairs: what blocking never brought together is not seen here.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

BOUNDS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
"""Probabilities that separate the strata; 0.5 is where a pair begins to be proposed."""
PROPOSED = 0.5
NINETY_FIVE = 1.96


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pairs to judge, in random order, with nothing that tells what the model thinks; `sizes` are pairs of each stratum."""

    pairs: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share from 0 to 1 and the bounds it lies between with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """`precision`: proposed pairs that are one person; `recall`: pairs of one person, among candidates, that are proposed."""

    precision: Estimate
    recall: Estimate
    judged: int


class NotEnough(ValueError):
    """A stratum that holds pairs has no judgement yet: any figure would be invented."""


def stratum_of(probability: float) -> int:
    return sum(probability >= bound for bound in BOUNDS)


def draw(probabilities: Mapping[int, float], each: int, seed: int) -> Drawn:
    """`each` pairs of every stratum (all when it holds fewer). `probabilities` by pair; the same seed draws the same pairs."""
    dice = random.Random(seed)  # noqa: S311 - a sample, not a secret
    strata: list[list[int]] = [[] for _ in range(len(BOUNDS) + 1)]
    for pair, probability in sorted(probabilities.items()):
        strata[stratum_of(probability)].append(pair)
    drawn = [pair for stratum in strata for pair in dice.sample(stratum, min(each, len(stratum)))]
    dice.shuffle(drawn)
    return Drawn(tuple(drawn), tuple(len(stratum) for stratum in strata))


def estimate(drawn: Drawn, probabilities: Mapping[int, float], judged: Mapping[int, bool]) -> Quality:
    """What the answers say; a pair nobody could decide is simply absent from `judged`. Raises NotEnough."""
    answers: list[list[bool]] = [[] for _ in drawn.sizes]
    for pair in drawn.pairs:
        if pair in judged:
            answers[stratum_of(probabilities[pair])].append(judged[pair])
    if any(size and not answer for size, answer in zip(drawn.sizes, answers, strict=True)):
        raise NotEnough("Une tranche de probabilité n’a encore aucune paire jugée.")
    limit = stratum_of(PROPOSED)
    precision = _weighed(drawn.sizes[limit:], answers[limit:])
    proposed, kept_back = _total(drawn.sizes[limit:], answers[limit:]), _total(drawn.sizes[:limit], answers[:limit])
    return Quality(precision, _ratio(proposed, kept_back), sum(map(len, answers)))


def _total(sizes: Sequence[int], answers: Sequence[Sequence[bool]]) -> tuple[float, float]:
    """Expected pairs of one person in these strata, and the variance of that number."""
    total = variance = 0.0
    for size, answer in zip(sizes, answers, strict=True):
        if size:
            share, seen = (sum(answer) + 0.5) / (len(answer) + 1), len(answer)
            unseen = 1 - seen / size
            total += size * (sum(answer) / seen)
            variance += size**2 * unseen * share * (1 - share) / seen
    return total, variance


def _weighed(sizes: Sequence[int], answers: Sequence[Sequence[bool]]) -> Estimate:
    total, variance = _total(sizes, answers)
    whole = sum(sizes)
    return _between(total / whole, sqrt(variance) / whole) if whole else Estimate(1.0, 0.0, 1.0)


def _ratio(proposed: tuple[float, float], kept_back: tuple[float, float]) -> Estimate:
    """Proposed among all, with the error of both (first-order expansion)."""
    whole = proposed[0] + kept_back[0]
    if not whole:
        return Estimate(1.0, 0.0, 1.0)
    deviation = sqrt(kept_back[0] ** 2 * proposed[1] + proposed[0] ** 2 * kept_back[1]) / whole**2
    return _between(proposed[0] / whole, deviation)


def _between(value: float, deviation: float) -> Estimate:
    return Estimate(value, max(0.0, value - NINETY_FIVE * deviation), min(1.0, value + NINETY_FIVE * deviation))
