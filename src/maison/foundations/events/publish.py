"""Store a fact in the current transaction; announce it once committed."""

from __future__ import annotations

from django.db import transaction

from maison.foundations.gathering import insertion, write
from maison.foundations.ids import uuid7

from . import announcer
from .event import Event

INSERT = insertion("events_event", ("id", "name", "payload", "hints"))


def publish(*events: Event) -> None:
    """Rolled back, nothing was said. Bulk loads publish one event, not one per row."""
    awaited = False
    for event in events:
        hints = event.hints()
        awaited = awaited or bool(hints)
        write(INSERT, {"id": uuid7(), "name": event.name, "payload": event.payload(), "hints": hints})
    transaction.on_commit(announcer.wake if awaited else _wake_soon)


def _wake_soon() -> None:
    announcer.wake(at_once=False)
