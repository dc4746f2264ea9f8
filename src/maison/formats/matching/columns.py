"""A whole file of identities as columns of numbers: each distinct name and place once, rows as their positions.

A missing value is -1 in a column of codes, 0 in a date. `reading` makes them from a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maison.formats.matching.diminutives import ROOTS
from maison.formats.matching.sounds import sound_of

Ints = NDArray[np.int32]
Numbers = NDArray[np.uint64]
Alphabets = NDArray[np.uint32]
GIVEN_NAMES = 4


@dataclass(frozen=True)
class Words:
    """Distinct texts and what each is like: equal numbers in `sound`, `root` or `letters` are one class.

    `alphabet` has a bit for each letter used.

    `sound_key`, `root_key` and `start_key` are the numbers blocking keys are made of.
    """

    texts: list[str]
    position: Mapping[str, int]
    sound: Ints
    root: Ints
    letters: Numbers
    alphabet: Alphabets
    length: Ints
    sound_key: Numbers
    root_key: Numbers
    start_key: Numbers

    @classmethod
    def of(cls, texts: list[str], position: Mapping[str, int]) -> Words:
        sounds = sound_of("\n".join(texts)).split("\n") if texts else []
        roots = sounds.copy()
        for form, root in ROOTS.items():
            if form in position:
                roots[position[form]] = sound_of(root)
        return cls(
            texts,
            position,
            _classes(sounds),
            _roots(texts, position),
            letters_of(texts),
            alphabets_of(texts),
            lengths_of(texts),
            numbers_of(sounds),
            numbers_of(roots),
            numbers_of([text[:3] for text in texts]),
        )


def _roots(texts: list[str], position: Mapping[str, int]) -> Ints:
    """Two forms of one given name have one number."""
    numbers: Ints = np.arange(len(texts), dtype=np.int32)
    unseen: dict[str, int] = {}
    for form, root in ROOTS.items():
        if form in position:
            numbers[position[form]] = position.get(root, -1 - unseen.setdefault(root, len(unseen)))
    return numbers


def _classes(sounds: list[str]) -> Ints:
    """One number for each sound; a sound of one letter is like no other."""
    numbers = {sound: number for number, sound in enumerate(dict.fromkeys(sounds))}
    found = np.fromiter(map(numbers.__getitem__, sounds), np.int32, len(sounds))
    alone = -1 - np.arange(len(sounds), dtype=np.int32)
    return np.where(lengths_of(sounds) > 1, found, alone)


@dataclass(frozen=True)
class Texts:
    """A complementary trait: codes of the rows in `texts`, with the parts of each."""

    texts: list[str]
    code: Ints
    letters: Numbers
    alphabet: Alphabets
    length: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True)
class Columns:
    """`family`, `used`, `given` hold positions in `words`; `part` the telling words of a compound name."""

    size: int
    words: Words
    family: Ints
    used: Ints
    part: tuple[Ints, Ints]
    given: tuple[Ints, ...]
    day_number: Ints
    is_default_day: NDArray[np.bool_]
    sex: NDArray[np.int8]
    place: Ints
    places: list[str]
    area: NDArray[np.int16]
    others: dict[str, Texts]


def numbers_of(texts: list[str]) -> Numbers:
    """The same numbers as `blocking.number_of`, all at once."""
    if not texts:
        return np.zeros(0, np.uint64)
    return np.array(texts, dtype="S8").view("<u8").astype(np.uint64)


def lengths_of(texts: list[str]) -> Ints:
    return np.fromiter(map(len, texts), np.int32, len(texts))


_LETTER_NUMBERS = np.random.default_rng(20261125).integers(1, 2**62, 256, dtype=np.uint64)
_LETTER_BITS = np.uint32(1) << (np.arange(256, dtype=np.uint32) % 32)


def letters_of(texts: list[str]) -> Numbers:
    """Equal for texts made of the same letters in another order."""
    letters, ends, starts = _letters(texts)
    values = _LETTER_NUMBERS[letters]
    values[ends] = 0
    sums: Numbers = np.add.reduceat(values, starts) if len(letters) else np.zeros(len(texts), np.uint64)
    return sums


def alphabets_of(texts: list[str]) -> Alphabets:
    """The letters of each text as bits. A slip changes two of them at most: texts further apart need not be read."""
    letters, ends, starts = _letters(texts)
    values = _LETTER_BITS[letters]
    values[ends] = 0
    bits: Alphabets = np.bitwise_or.reduceat(values, starts) if len(letters) else np.zeros(len(texts), np.uint32)
    return bits


def _letters(texts: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Every character, where each text but the last ends, and where each starts (on the end of the one before)."""
    letters = np.frombuffer("\n".join(texts).encode(), np.uint8)
    ends = np.flatnonzero(letters == 10)
    return letters, ends, np.concatenate((np.zeros(1, np.int64), ends))
