"""The journal written by the hundred: identities claimed, headers and sealed bytes copied, all in the caller's transaction.

For doors that acknowledge thousands of messages a second after their commit. Order is kept: what stands first in the batch has
the lower rank.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from maison.foundations.events import announcer
from maison.foundations.ids import uuid7

from .sealing import seal

COPY = """
COPY exchanges_exchange (id, at, position, direction, channel, door, client_id, sender, recipients, distribution_id, message_type,
  case_ref, content_type, size, sha256, state, state_at, next_attempt_at, lane, also_lane, patient_key, visit_key,
  fault_code, faults, note, step, correlation, answers, needs_mending, history) FROM STDIN
"""
COPY_PAYLOAD = "COPY exchanges_payload (id, at, position, body) FROM STDIN (FORMAT BINARY)"
CLAIM = """
INSERT INTO exchanges_identity (id, at, channel, sender, distribution_id, sha256)
SELECT id, at, channel, sender, distribution_id, sha256
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[])
     WITH ORDINALITY AS claimed (id, at, channel, sender, distribution_id, sha256, rank)
ORDER BY channel, sender, distribution_id, rank
ON CONFLICT (channel, sender, distribution_id) DO NOTHING RETURNING id
"""
HOLDERS = """
SELECT i.channel, i.sender, i.distribution_id, i.id, i.at, i.sha256 FROM exchanges_identity i
JOIN unnest(%s::text[], %s::text[], %s::text[]) AS asked (channel, sender, distribution_id)
  USING (channel, sender, distribution_id)
"""
FIRST_ANSWERS = """
SELECT e.id, e.step, e.fault_code, e.faults, e.note FROM exchanges_exchange e
JOIN unnest(%s::uuid[], %s::timestamptz[]) AS asked (id, at) ON asked.id = e.id AND asked.at = e.at
"""


@dataclass(slots=True, kw_only=True)
class Held:
    """One exchange to write. `payload` None: the bytes are not kept. Texts are cut and cleaned by `storable` beforehand."""

    channel: str
    door: str
    state: str
    payload: bytes | None
    direction: str = "in"
    client_id: UUID | None = None
    sender: str = ""
    recipients: Sequence[str] = ()
    distribution_id: str = ""
    message_type: str = ""
    case_ref: str = ""
    content_type: str = ""
    lane: str = ""
    also_lane: str = ""
    patient_key: str = ""
    visit_key: str = ""
    fault_code: str = ""
    faults: Sequence[dict[str, str]] = ()
    note: str = ""
    step: str = ""
    correlation: str = ""
    answers: UUID | None = None
    needs_mending: bool = False
    size: int = 0
    sha256: str = ""
    id: UUID = field(default_factory=uuid7)
    at: datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        if self.payload is not None:
            self.size = len(self.payload)
            self.sha256 = self.sha256 or hashlib.sha256(self.payload).hexdigest()

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.channel, self.sender, self.distribution_id


@dataclass(frozen=True, slots=True)
class Holder:
    """The exchange that already holds an identity."""

    id: UUID
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered the first time, so that it is answered the same."""

    step: str
    fault_code: str
    faults: list[dict[str, Any]]
    note: str


def claim(entries: Sequence[Held]) -> dict[UUID, Holder]:
    """Take the identities of these entries. Returns, for those already taken, the exchange that holds them: of two copies in
    one batch, the first wins."""
    if not entries:
        return {}
    columns = list(zip(*((e.id, e.at, *e.identity, e.sha256) for e in entries), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [list(column) for column in columns])
        won = {row[0] for row in cursor.fetchall()}
        if len(won) == len(entries):
            return {}
        lost = [entry for entry in entries if entry.id not in won]
        cursor.execute(HOLDERS, [list(column) for column in zip(*(entry.identity for entry in lost), strict=True)])
        holders = {row[:3]: Holder(*row[3:]) for row in cursor.fetchall()}
    return {entry.id: holders[entry.identity] for entry in lost}


def first_answers(holders: Sequence[Holder]) -> dict[UUID, FirstAnswer]:
    if not holders:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ANSWERS, [[holder.id for holder in holders], [holder.at for holder in holders]])
        return {row[0]: FirstAnswer(row[1], row[2], _loaded(row[3]), row[4]) for row in cursor.fetchall()}


def _loaded(value: Any) -> list[dict[str, Any]]:
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, list) else []


def write(entries: Sequence[Held]) -> None:
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


def _row(entry: Held, position: int) -> tuple[Any, ...]:
    faults = json.dumps(list(entry.faults)).replace("\\u0000", "") if entry.faults else "[]"
    line = {"state": entry.state, "at": entry.at.isoformat()} | ({"note": entry.note} if entry.note else {})
    return (
        entry.id, entry.at, position, entry.direction, entry.channel, entry.door, entry.client_id, entry.sender,
        _array(entry.recipients), entry.distribution_id, entry.message_type, entry.case_ref, entry.content_type, entry.size,
        entry.sha256, entry.state, entry.at, entry.at, entry.lane or str(entry.id), entry.also_lane, entry.patient_key,
        entry.visit_key, entry.fault_code, faults, entry.note, entry.step, entry.correlation, entry.answers,
        entry.needs_mending, json.dumps([line]),
    )  # fmt: skip


def _array(texts: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
