"""Read the ledger in order, each event at least once, none skipped."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from maison.foundations.ledger import watermark

from .models import Cursor, StoredEvent


class Reader:
    """A named reader. `read` hands it batches in the order of commit-safe positions and moves its cursor with its work."""

    def __init__(self, name: str, names: frozenset[str] | None = None) -> None:
        self.name = name
        self.names = names

    @transaction.atomic
    def read(self, deal_with: Callable[[StoredEvent], None], limit: int = 200) -> int:
        """Deal with the next events in one transaction with the cursor: all of it or nothing. Returns how many."""
        Cursor.objects.get_or_create(reader=self.name)
        cursor = Cursor.objects.select_for_update().get(reader=self.name)
        events = StoredEvent.objects.raw(
            "SELECT * FROM events_event WHERE (position, seq) > (%s, %s) AND position < %s ORDER BY position, seq LIMIT %s",
            [cursor.position, cursor.seq, watermark(), limit],
        )
        count = 0
        for event in events:
            if self.names is None or event.name in self.names:
                deal_with(event)
            cursor.position, cursor.seq = event.position, event.seq
            count += 1
        if count:
            cursor.save(update_fields=["position", "seq", "moved_at"])
        return count
