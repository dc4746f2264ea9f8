"""Store a fact in the current transaction; announce it once committed."""

from __future__ import annotations

import json

from django.db import connection, transaction

from maison.foundations.ids import uuid7

from . import announcer
from .event import Event

INSERT = "INSERT INTO events_event (id, name, payload, hints) VALUES (%s, %s, %s, %s)"


def publish(*events: Event) -> None:
    """Rolled back, nothing was said. Bulk loads publish one event, not one per row."""
    with connection.cursor() as cursor:
        cursor.executemany(
            INSERT, [(uuid7(), event.name, json.dumps(event.payload()), event.hints()) for event in events]
        )
    transaction.on_commit(announcer.wake)
