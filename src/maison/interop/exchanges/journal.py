"""Write exchanges: many in one transaction, bytes sealed, each identity counted once.

Callers say what each exchange is; the journal decides nothing of its meaning. `hold` must run before anything is
acknowledged, and what it returns says which messages are new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations.events import announcer
from maison.foundations.gathering import as_json, ask, insertion, prepared
from maison.foundations.ids import uuid7

from .models import Exchange
from .sealing import seal, unseal

State = Exchange.State
NOTE_LENGTH = 300

COLUMNS = (
    "id", "at", "direction", "channel", "door", "client_id", "sender", "recipients", "distribution_id", "kind", "status",
    "message_type", "case_ref", "content_type", "size", "sha256", "state", "state_at", "next_attempt_at", "lane",
    "also_lane", "patient_key", "visit_key", "fault_code", "faults", "note", "step", "correlation", "answers", "needs_mending",
    "history",
)  # fmt: skip
INSERT = insertion("exchanges_exchange", COLUMNS)
INSERT_PAYLOADS = """
INSERT INTO exchanges_payload (id, at, body) SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::bytea[])
"""
# Claims, headers and bytes in one statement: what comes with an identity already taken is not written at all.
WRITE_NEW = f"""
WITH told AS MATERIALIZED (SELECT * FROM json_populate_recordset(NULL::exchanges_exchange, %s::json)),
claimed AS (
  INSERT INTO exchanges_identity (id, at, channel, sender, distribution_id, sha256)
  SELECT id, at, channel, sender, distribution_id, sha256 FROM told WHERE id = ANY(%s::uuid[])
  ORDER BY channel, sender, distribution_id
  ON CONFLICT (channel, sender, distribution_id) DO NOTHING RETURNING id),
kept AS MATERIALIZED (
  SELECT * FROM told WHERE id IN (SELECT id FROM claimed) OR (id <> ALL(%s::uuid[]) AND answers IN (SELECT id FROM claimed))),
headers AS (INSERT INTO exchanges_exchange ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM kept ORDER BY id),
bodies AS (
  INSERT INTO exchanges_payload (id, at, body)
  SELECT kept.id, kept.at, sealed.body FROM kept
  JOIN unnest(%s::uuid[], %s::bytea[]) AS sealed (id, body) ON sealed.id = kept.id)
SELECT id FROM claimed
"""  # noqa: S608 -- names of ours
PAYLOADS = "SELECT id, body FROM exchanges_payload WHERE at BETWEEN %s AND %s AND id = ANY(%s::uuid[])"
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
UPDATE = """
UPDATE exchanges_exchange e SET state = t.state, state_at = t.state_at, note = t.note, fault_code = t.fault_code,
  faults = t.faults, attempts = t.attempts, next_attempt_at = t.next_attempt_at, case_ref = t.case_ref,
  needs_mending = t.needs_mending, relay_id = t.relay_id, confirmed_step = t.confirmed_step, history = e.history || t.line
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::jsonb[], %s::smallint[],
    %s::timestamptz[], %s::text[], %s::boolean[], %s::uuid[], %s::text[], %s::jsonb[])
  AS t (id, at, state, state_at, note, fault_code, faults, attempts, next_attempt_at, case_ref, needs_mending, relay_id,
    confirmed_step, line)
WHERE e.id = t.id AND e.at = t.at AND e.at BETWEEN %s AND %s
"""
MARK = """
UPDATE exchanges_exchange e SET state = coalesce(t.state, e.state), note = t.note, attempts = e.attempts + t.tries,
  state_at = CASE WHEN t.state IS NULL OR t.state = e.state THEN e.state_at ELSE t.moved_at END,
  history = e.history || (jsonb_build_object('state', coalesce(t.state, e.state)) || t.line)
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[], %s::jsonb[])
  AS t (id, at, state, note, tries, moved_at, line)
WHERE e.id = t.id AND e.at = t.at AND e.at BETWEEN %s AND %s
"""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One exchange to write. `payload` None: the bytes are not kept (too large, or a sender who is nobody)."""

    channel: str
    door: str
    state: str
    payload: bytes | None
    direction: str = "in"
    client_id: UUID | None = None
    sender: str = ""
    recipients: Sequence[str] = ()
    distribution_id: str = ""
    kind: str = ""
    status: str = ""
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
        self.sender, self.distribution_id = storable(self.sender, 200), storable(self.distribution_id, 300)
        self.lane = storable(self.lane, 300) or str(self.id)

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.channel, self.sender, self.distribution_id


@dataclass(frozen=True, slots=True)
class Mark:
    """A usual change of an exchange nobody read: its state (None: the same), a note, how many more tries."""

    id: UUID
    at: datetime
    state: str | None = None
    note: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """The exchange that already holds an identity."""

    id: UUID
    at: datetime
    sha256: str


def storable(text: str, longest: int) -> str:
    """PostgreSQL keeps no NUL; what is cut here stays whole in the payload."""
    return text.replace("\0", "")[:longest]


def _json(value: Any) -> str:
    return json.dumps(value).replace("\\u0000", "")


def moment(state: str, at: datetime, note: str = "", by: str = "") -> dict[str, str]:
    """One line of an exchange's history. `by` is a person's identifier; the house itself is left out."""
    line = {"state": state, "at": at.isoformat(), "note": note, "by": by}
    return {key: value for key, value in line.items() if value}


def claim(entries: Sequence[Entry]) -> dict[UUID, Holder]:
    """Take the identities of these entries. Returns, for those already taken, the exchange that holds them: of two copies in
    one batch, the first wins.

    Two transactions that claim the same identity wait for one another: the second sees the first's exchange.
    """
    if not entries:
        return {}
    with prepared() as cursor:
        cursor.execute(CLAIM, _columns((e.id, e.at, *e.identity, e.sha256) for e in entries))
        won = {row[0] for row in cursor.fetchall()}
        lost = [entry for entry in entries if entry.id not in won]
        if not lost:
            return {}
        cursor.execute(HOLDERS, _columns(entry.identity for entry in lost))
        holders = {(row[0], row[1], row[2]): Holder(*row[3:]) for row in cursor.fetchall()}
    return {entry.id: holders[entry.identity] for entry in lost}


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """One array for each column, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def values_of(entry: Entry) -> tuple[Any, ...]:
    """What is written of an exchange, in the order of `COLUMNS`; lists are those of arrays and of JSON."""
    note = storable(entry.note, NOTE_LENGTH)
    return (
        entry.id, entry.at, entry.direction, entry.channel, entry.door, entry.client_id, entry.sender,
        [storable(recipient, 200) for recipient in entry.recipients], entry.distribution_id,
        storable(entry.kind, 12), storable(entry.status, 12), entry.message_type, storable(entry.case_ref, 200),
        storable(entry.content_type, 80), entry.size, entry.sha256, entry.state, entry.at, entry.at, entry.lane,
        storable(entry.also_lane, 300), entry.patient_key, entry.visit_key,
        entry.fault_code, _storable_faults(entry.faults), note, entry.step, storable(entry.correlation, 300),
        entry.answers, entry.needs_mending, [moment(entry.state, entry.at, note)],
    )  # fmt: skip


def _row(entry: Entry) -> dict[str, Any]:
    return dict(zip(COLUMNS, values_of(entry), strict=True))


def _storable_faults(faults: Sequence[dict[str, str]]) -> Any:
    return json.loads(_json(list(faults))) if faults else []


def write(entries: Iterable[Entry]) -> None:
    """Insert exchanges and their sealed bytes in the current transaction; announced once it is committed."""
    entries = list(entries)
    if not entries:
        return
    payloads = [(entry.id, entry.at, seal(entry.id, entry.payload)) for entry in entries if entry.payload is not None]
    with prepared() as cursor:
        cursor.execute(INSERT, [as_json([_row(entry) for entry in entries])])
        if payloads:
            cursor.execute(INSERT_PAYLOADS, _columns(payloads))
    transaction.on_commit(announcer.wake)


def write_new(entries: Sequence[Entry], following: Sequence[Entry] = ()) -> set[UUID]:
    """Claim the identities of these entries and write those that are new; returns their ids.

    `following` claim nothing: each answers one of the entries (`answers`) and is written with it or not at all.
    """
    if not entries:
        return set()
    everything = [*entries, *following]
    bodies = [(entry.id, seal(entry.id, entry.payload)) for entry in everything if entry.payload is not None]
    claiming = [entry.id for entry in entries]
    parameters = [
        as_json([_row(entry) for entry in everything]), claiming, claiming, [row[0] for row in bodies], [row[1] for row in bodies],
    ]  # fmt: skip
    (claimed,) = ask((WRITE_NEW, parameters))
    if claimed:
        transaction.on_commit(announcer.wake)
    return {row[0] for row in claimed}


def payload_of(exchange: Exchange | Holder) -> bytes | None:
    """The exact bytes, or None when they are not kept (any more). Leaves no trace: for the house's own reading."""
    with prepared() as cursor:
        cursor.execute("SELECT body FROM exchanges_payload WHERE id = %s AND at = %s", [exchange.id, exchange.at])
        row = cursor.fetchone()
    return unseal(exchange.id, bytes(row[0])) if row else None


def payloads_of(exchanges: Sequence[Exchange | Holder]) -> dict[UUID, bytes]:
    """The exact bytes of those that are kept. The caller bounds how much that may be."""
    if not exchanges:
        return {}
    at = [one.at for one in exchanges]
    (rows,) = ask((PAYLOADS, [min(at), max(at), [one.id for one in exchanges]]))
    return {row[0]: unseal(row[0], bytes(row[1])) for row in rows}


def update(exchange: Exchange, *, state: str | None = None, note: str | None = None, by: str = "") -> None:
    """Write what changed in the state of an exchange, and one line in its history."""
    update_all([(exchange, state, note, by)])


def update_all(changes: Iterable[tuple[Exchange, str | None, str | None, str]]) -> None:
    """Several at once: (exchange, new state or None, note or None, by whom)."""
    now = timezone.now()
    rows: dict[UUID, tuple[Any, ...]] = {}
    for exchange, state, note, by in changes:
        if exchange.id in rows:  # one statement changes a row once
            _write_changes(rows.values())
            rows = {}
        if state is not None and state != exchange.state:
            exchange.state, exchange.state_at = state, now
        if note is not None:
            exchange.note = storable(note, NOTE_LENGTH)
        rows[exchange.id] = (
            exchange.id, exchange.at, exchange.state, exchange.state_at, exchange.note, exchange.fault_code, _json(exchange.faults),
            exchange.attempts, exchange.next_attempt_at, storable(exchange.case_ref, 200), exchange.needs_mending,
            exchange.relay_id, exchange.confirmed_step,
            _json([moment(exchange.state, now, storable(note or "", NOTE_LENGTH), by)]),
        )  # fmt: skip
    _write_changes(rows.values())


def _write_changes(rows: Collection[tuple[Any, ...]]) -> None:
    if rows:
        at = [row[1] for row in rows]
        with prepared() as cursor:
            cursor.execute(UPDATE, [*_columns(rows), min(at), max(at)])


def mark(marks: Sequence[Mark]) -> None:
    """Write usual changes without reading the exchanges, and one line in the history of each: one statement for all."""
    if not marks:
        return
    now = timezone.now()
    rows = []
    for one in marks:
        note = storable(one.note, NOTE_LENGTH)
        line = {"at": now.isoformat()} | ({"note": note} if note else {})
        rows.append((one.id, one.at, one.state, note, one.tries, now, _json(line)))
    at = [one.at for one in marks]
    with prepared() as cursor:
        cursor.execute(MARK, [*_columns(rows), min(at), max(at)])
