"""Read the ledger in order, each event at least once, none skipped."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from maison.foundations.ledger import watermark

from .models import Cursor, StoredEvent


class Reader:
    """A named reader. `read` hands it batches in the order of commit-safe positions and moves its cursor with its work."""

    def __init__(self, name: str, names: frozenset[str] | None = None) -> None:
        self.name = name
        self.names = names

    @transaction.atomic
    def read(self, deal_with: Callable[[StoredEvent], None], limit: int = 200) -> int:
        """Deal with the next events in one transaction with the cursor: all of it or nothing. Returns how many.

        Facts of other names are passed over in the base: a busy door costs its neighbours' readers nothing.
        """
        Cursor.objects.get_or_create(reader=self.name)
        cursor = Cursor.objects.select_for_update().get(reader=self.name)
        mark = watermark()
        names = None if self.names is None else sorted(self.names)
        events = StoredEvent.objects.raw(
            "SELECT * FROM events_event WHERE (position, seq) > (%s, %s) AND position < %s "
            "AND (%s::text[] IS NULL OR name = ANY(%s::text[])) ORDER BY position, seq LIMIT %s",
            [cursor.position, cursor.seq, mark, names, names, limit],
        )
        count, place = 0, None
        for event in events:
            deal_with(event)
            place = event.position, event.seq
            count += 1
        if count < limit and self.names is not None:
            place = _last_below(mark, after=(cursor.position, cursor.seq))
        if place is not None:
            cursor.position, cursor.seq = place
            cursor.save(update_fields=["position", "seq", "moved_at"])
        return count


def _last_below(mark: int, *, after: tuple[int, int]) -> tuple[int, int] | None:
    """Where the ledger ends for now; None when nothing came since `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, seq FROM events_event WHERE position < %s AND (position, seq) > (%s, %s) "
            "ORDER BY position DESC, seq DESC LIMIT 1",
            [mark, *after],
        )
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else None
