"""The order of channels: a message waits for every earlier one that shares a lane with it, and for no other (HUB-02, HUB-03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol


class Queued(Protocol):
    lanes: list[str]
    due_at: datetime


class Walk:
    """Walks messages in their order and says which may go now; what stays blocks its lanes for those behind it."""

    def __init__(self, blocked: Iterable[str], now: datetime) -> None:
        self.blocked = set(blocked)
        self.now = now

    def free[T: Queued](self, rows: Iterable[T], limit: int) -> Iterator[T]:
        """At most `limit` of them; no row is read beyond the last one given."""
        for row in rows:
            if self.may_go(row):
                yield row
                limit -= 1
                if not limit:
                    return

    def may_go(self, row: Queued) -> bool:
        if row.due_at > self.now or not self.blocked.isdisjoint(row.lanes):
            self.blocked.update(row.lanes)
            return False
        return True

    def block(self, lanes: Iterable[str]) -> None:
        self.blocked.update(lanes)


# Lanes held by a message that waits for a person or for its time.
PASSAGE_LANES = """
SELECT DISTINCT unnest(lanes) FROM channels_passage
WHERE channel_id = %s AND (state = 'stopped' OR (state = 'received' AND due_at > %s))
"""
DELIVERY_LANES = """
SELECT DISTINCT unnest(lanes) FROM channels_delivery
WHERE channel_id = %s AND target = %s AND (state = 'stopped' OR (state = 'pending' AND due_at > %s))
"""
