"""The ear of the room: movements of hospitals become counts of beds."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from maison.foundations.access import Actor
from maison.foundations.events.models import StoredEvent
from maison.foundations.events.reader import Reader

from .actions.counting import follow_movements

READER = Reader("offer.beds", frozenset({"stays.unit_counts_changed"}))
SECONDS = 2.0
BATCH = 1_000


def turn() -> None:
    """All that was said since last time, in whole batches."""
    while hear() == BATCH:
        pass


@transaction.atomic
def hear() -> int:
    """Take in a batch of what hospitals said, one count for each establishment however many movements; in one transaction with the
    place in the ledger, so that a power cut forgets nothing and counts nothing twice. Returns how many events were read."""
    sites: set[UUID] = set()

    def note(event: StoredEvent) -> None:
        sites.add(UUID(event.payload["structure_id"]))

    read = READER.read(note, BATCH)
    if sites:
        follow_movements(actor=Actor.system("offer"), sites=sites)
    return read
