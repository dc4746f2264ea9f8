"""Pairs worth comparing in whole columns: the keys of `blocking`, sorted, with no table and no join.

The top bits of a key and the position of its row share one number of 64 bits, so that one sort in place brings the rows of
a block together (a million in a hundredth of a second). Two keys that differ only in the bits left out meet once in tens of
millions of comparisons: one pair too many to compare, never one too few.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray

from maison.formats.matching.blocking import CAP, MIX, RULES
from maison.formats.matching.columns import Columns, Numbers, numbers_of

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Component = tuple[Numbers, Flags]
"""The value of each row, and whether it has one."""


def stirred(numbers: Numbers) -> Numbers:
    """As `blocking.stirred`, on a column."""
    stirred = numbers >> np.uint64(30)
    stirred ^= numbers
    stirred *= np.uint64(MIX)
    stirred ^= stirred >> np.uint64(29)
    return stirred


def components(columns: Columns) -> dict[str, list[Component]]:
    """As `blocking.components_of`: one column for each value a row may have."""
    words = columns.words
    day, year = columns.day_number, columns.day_number // 10000
    month_of, day_of = day // 100 % 100, day % 100
    has_day = (month_of > 0) & (day_of > 0)
    month_and_day = np.minimum(month_of, day_of) * 100 + np.maximum(month_of, day_of)
    first = columns.given[0]
    another = (columns.used >= 0) & (columns.used != columns.family)
    first_part, last_part = columns.part
    every_name = (
        (columns.family, None),
        (columns.used, another),
        (first_part, first_part != columns.family),
        (last_part, (last_part != columns.family) & (last_part != first_part)),
    )
    families = [_by_word(words.sound_key, codes, has) for codes, has in every_name]
    given = _by_word(words.root_key, first)
    starts = [_by_word(words.start_key, columns.family), _by_word(words.start_key, columns.used, another)]
    places = numbers_of(columns.places or [""])
    sound, root = stirred(words.sound_key), stirred(words.root_key)
    names = [
        (_by_word(sound, codes)[0] + _by_word(root, first)[0], has & given[1])
        for (codes, _), (_, has) in zip(every_name, families, strict=True)
    ]
    initial = stirred(words.start_key & np.uint64(0xFF))
    given_initial = _by_word(initial, first)[0]
    initials = [
        (_by_word(initial, codes)[0] + given_initial, has & given[1])
        for (codes, _), (_, has) in zip(every_name[:2], families[:2], strict=True)
    ]
    return {
        "family": families,
        "initials": initials,
        "given": [given],
        "names": names,
        "start": starts,
        "given_start": [_by_word(words.start_key, first)],
        "day": [(day.astype(np.uint64), has_day)],
        "year": [(year.astype(np.uint64), day > 0)],
        "month_and_day": [(month_and_day.astype(np.uint64), has_day & ~columns.is_default_day)],
        "place": [(places[columns.place], columns.place >= 0)],
        **{key: [(column.code.astype(np.uint64), column.code >= 0)] for key, column in columns.others.items()},
    }


def keys_of_rule(
    parts: dict[str, list[Component]], number: int, rule: tuple[str, ...]
) -> Iterator[tuple[Numbers, Rows]]:
    """Keys of one rule with their rows, once for each combination of values a row may have."""
    for values in product(*(parts[name] for name in rule)):
        rows = np.flatnonzero(reduce(np.logical_and, (has for _, has in values)))
        key = np.full(len(rows), stirred(np.full(1, number + 1, np.uint64))[0], np.uint64)
        for value, _ in values:
            key ^= value[rows]
            key *= np.uint64(MIX)
        yield key, rows


def candidate_pairs(
    columns: Columns, *, rules: tuple[tuple[str, ...], ...] = RULES, cap: int = CAP, threads: int = 2
) -> Numbers:
    """Each pair once, sorted, as `row << 32 | other row` with row < other row.

    `rules` may also name complementary traits, for a file that is not of French identities.
    """
    parts = components(columns)

    def of(rule: tuple[int, tuple[str, ...]]) -> Numbers:
        return _pairs_of_blocks(keys_of_rule(parts, *rule), columns.size, cap)

    with ThreadPoolExecutor(threads) as pool:
        pairs = np.concatenate(list(pool.map(of, enumerate(rules))))
    pairs.sort()
    return pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs


def _pairs_of_blocks(columns: Iterator[tuple[Numbers, Rows]], size: int, cap: int) -> Numbers:
    bits = np.uint64(max(size - 1, 1).bit_length())
    rows_mask = (np.uint64(1) << bits) - np.uint64(1)
    packed = np.concatenate([(key & ~rows_mask) | rows.astype(np.uint64) for key, rows in columns])
    packed.sort()
    block = packed >> bits
    rows = packed & rows_mask
    opens = np.flatnonzero(np.concatenate(([True], block[1:] != block[:-1], [True])))
    lengths = np.diff(opens)
    starts = opens[:-1][(lengths > 1) & (lengths <= cap)]
    lengths = lengths[(lengths > 1) & (lengths <= cap)]
    found = []
    for offset in range(1, int(lengths.max(initial=1))):
        keep = lengths > offset
        starts, lengths = starts[keep], lengths[keep]
        counts = lengths - offset
        first = np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) + np.arange(counts.sum())
        one, other = rows[first], rows[first + offset]
        different = one != other
        one, other = one[different], other[different]
        found.append((np.minimum(one, other) << np.uint64(32)) | np.maximum(one, other))
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


def _by_word(numbers: Numbers, codes: NDArray[np.int32], also: Flags | None = None) -> Component:
    has = codes >= 0 if also is None else (codes >= 0) & also
    if not len(numbers):
        return np.zeros(len(codes), np.uint64), has
    return numbers[codes], has
