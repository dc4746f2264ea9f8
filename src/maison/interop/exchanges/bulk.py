"""The journal written by the hundred: headers and sealed bytes copied, in the caller's transaction.

For doors that acknowledge thousands of messages a second after their commit. Order is kept: what stands first in the batch has
the lower rank.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from maison.foundations.events import announcer

from .journal import COLUMNS, Entry, Holder, values_of
from .sealing import seal

COPY = f"COPY exchanges_exchange (position, {', '.join(COLUMNS)}) FROM STDIN"
COPY_PAYLOAD = "COPY exchanges_payload (id, at, position, body) FROM STDIN (FORMAT BINARY)"
FAULTS, HISTORY = COLUMNS.index("faults"), COLUMNS.index("history")
FIRST_ANSWERS = """
SELECT e.id, e.step, e.fault_code, e.faults, e.note FROM exchanges_exchange e
JOIN unnest(%s::uuid[], %s::timestamptz[]) AS asked (id, at) ON asked.id = e.id AND asked.at = e.at
"""


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered the first time, so that it is answered the same."""

    step: str
    fault_code: str
    faults: list[dict[str, Any]]
    note: str


def first_answers(holders: Sequence[Holder]) -> dict[UUID, FirstAnswer]:
    if not holders:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ANSWERS, [[holder.id for holder in holders], [holder.at for holder in holders]])
        return {row[0]: FirstAnswer(row[1], row[2], _loaded(row[3]), row[4]) for row in cursor.fetchall()}


def _loaded(value: Any) -> list[dict[str, Any]]:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, list) else []


def write(entries: Sequence[Entry]) -> None:
    """Copy exchanges and their sealed bytes; announced once the transaction is committed."""
    if not entries:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_position()")  # the transaction's own: asked once, not once a row
        position = cursor.fetchone()[0]
        with cursor.copy(COPY) as copy:
            for entry in entries:
                copy.write_row(_row(entry, position))
        with cursor.copy(COPY_PAYLOAD) as copy:
            copy.set_types(["uuid", "timestamptz", "int8", "bytea"])
            for entry in entries:
                if entry.payload is not None:
                    copy.write_row((entry.id, entry.at, position, seal(entry.id, entry.payload)))
    transaction.on_commit(announcer.wake)


def _row(entry: Entry, position: int) -> list[Any]:
    values = list(values_of(entry))
    for rank in (FAULTS, HISTORY):
        values[rank] = json.dumps(values[rank])
    return [position, *values]
