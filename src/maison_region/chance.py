"""Chance that can be played again: one generator per purpose, so that a change in one leaves the others as they were."""

from __future__ import annotations

import random
from collections.abc import Mapping
from uuid import UUID

Dice = random.Random


def dice(seed: int, *purpose: object) -> Dice:
    """A generator that depends on the seed and the purpose only, never on the process or the machine."""
    return random.Random("/".join([str(seed), *map(str, purpose)]))  # noqa: S311 - a simulation, not a secret


def pick[T](generator: Dice, weights: Mapping[T, float]) -> T:
    """One key, with a probability in proportion to its weight."""
    return generator.choices(list(weights), weights=list(weights.values()))[0]


def uuid4_from(generator: Dice) -> UUID:
    return UUID(int=generator.getrandbits(128), version=4)
