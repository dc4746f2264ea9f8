"""Which changes were already there when a subscription began: by the transactions the base had finished, never by clocks."""

from __future__ import annotations

from django.db import connection


def taken() -> tuple[str, int]:
    """(snapshot of now, shift of positions), to be kept with the subscription."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text, (SELECT shift FROM ledger_epoch)")
        text, shift = cursor.fetchone()
    return text, int(shift)


def already_there(snapshot: str, shift: int, position: int) -> bool:
    """Whether what that transaction wrote was committed when the snapshot was taken."""
    low, high, running = snapshot.split(":")
    number = position - shift
    if number < int(low):
        return True
    return number < int(high) and str(number) not in running.split(",")
