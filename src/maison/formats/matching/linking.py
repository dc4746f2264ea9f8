"""Two files, neither of which holds a person twice: a record has at most one counterpart on the other side.

The probabilities of its candidates then share one whole with « nobody over there ». A weak likeness with no rival in a file
where nearly everybody is found again is worth more than the same likeness alone; of two rivals, one at most remains.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maison.formats.matching.columns import Ints
from maison.formats.matching.scoring import Floats, Scored

ROUNDS = 20


def one_to_one(scored: Scored, sides: Ints) -> Scored:
    """Probabilities again, knowing that each record matches once at most. `sides` is 0 or 1 for each row."""
    i, j = (scored.pairs >> np.uint64(32)).astype(np.int64), (scored.pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    left, right = np.where(sides[i] == 0, i, j), np.where(sides[i] == 0, j, i)
    size = len(sides)
    counts = size - int((sides != 0).sum()), int((sides != 0).sum())
    odds = scored.match.astype(np.float64) / np.maximum(1 - scored.match - scored.twin, 1e-12)
    found = np.bincount(left, scored.match, size).clip(0, 1).sum() / min(counts)
    prior = found
    for _ in range(ROUNDS):
        scaled = odds / prior * found / max(1 - found, 1e-3)
        share = np.minimum(_share(scaled, left, size), _share(scaled, right, size))
        before, found = found, min(float(share.sum()) / min(counts), 1 - 1e-3)
        if abs(found - before) < 1e-4:
            break
    return replace(scored, match=share.astype(np.float32))


def _share(odds: Floats, rows: Ints, size: int) -> Floats:
    """What each candidate of a row takes of one whole, « nobody » counting for one."""
    whole: Floats = odds / (1 + np.bincount(rows, odds, size))[rows]
    return whole
