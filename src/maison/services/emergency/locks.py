"""One order for all who change cases (URG-01): the names of the cases, sorted, then their rows, by id; arrivals and relays after.

A regulator's act and a batch of messages that took them in different orders would wait for one another. The name comes first
because a case that is only coming has no row yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from maison.foundations import gathering

NAMES = "SELECT pg_advisory_xact_lock(hashtextextended(ref, 0)) FROM unnest(%s::text[]) AS ref"
ROWS = "SELECT id FROM emergency_case WHERE case_ref = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE"


def names(refs: Iterable[str]) -> list[list[str]]:
    """Parameters of `NAMES`."""
    return [[f"emergency.case:{ref}" for ref in sorted(set(refs))]]


def hold(refs: Iterable[str]) -> None:
    """Both, until the end of the transaction."""
    refs = sorted(set(refs))
    gathering.tell((NAMES, names(refs)), (ROWS, [refs]))
