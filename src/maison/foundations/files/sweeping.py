"""Bytes that no row knows: what an interrupted write or a transaction that failed left behind."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta

from .models import StoredFile
from .places import place

log = logging.getLogger(__name__)

SWEEP_SECONDS = 6 * 3600.0
OLD_ENOUGH = timedelta(days=1)  # longer than any transaction: its row may still be coming
BATCH = 500


def sweep() -> int:
    """Remove blobs older than a day without a row; returns how many."""
    removed = 0
    for names in itertools.batched(place().names_older_than(OLD_ENOUGH), BATCH):
        known = set(StoredFile.objects.filter(place__in=names).values_list("place", flat=True))
        for name in set(names) - known:
            place().remove(name)
            removed += 1
    if removed:
        log.info("files.swept %s", removed)
    return removed
