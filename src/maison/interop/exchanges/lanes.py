"""Held messages given to the rooms, in the order of each lane, many lanes in one commit.

A *lane* is what must keep its order: a patient, a case; a message that belongs to none is a lane of its own. A *barrier* (a merge)
holds two lanes: it waits for all that came before it in both, and all that came after it in both waits for it. An error holds
its lane until its next attempt; after the last one a person looks, and the lane goes on (HUB-02, HUB-03).

Several workers share the work: whoever holds the lock of a lane deals with it. What rooms do and the states of the exchanges are
one transaction: killed at any moment, a worker leaves each message as it was, or done. A batch runs without savepoints; the
moment something goes wrong in it, it is given up and run again message by message, so that only what fails fails.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.events import announcer, publish
from maison.foundations.jobs import Life

from . import attempts, mending
from .attempts import Outcome, Tried
from .events import ExchangeRefused
from .journal import moment, storable
from .models import Client, Exchange, exchange_target
from .sealing import unseal

log = logging.getLogger(__name__)
State = Exchange.State

BATCH, LANES = 100, 48
BATCH_SECONDS = 0.25
"""A batch ends after this time: screens hear of its messages when it commits."""
ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
POLL_SECONDS = 1.0

CANDIDATES = """
SELECT lane, also_lane FROM exchanges_exchange WHERE channel = %s AND state = 'received' AND next_attempt_at <= %s
ORDER BY seq LIMIT %s
"""
LOCKED = """
SELECT lane FROM (SELECT lane FROM unnest(%s::text[]) WITH ORDINALITY AS asked (lane, rank) ORDER BY rank OFFSET 0) asked
WHERE pg_try_advisory_xact_lock(%s, hashtext(lane)) LIMIT %s
"""
# Read under the locks: another worker may just have dealt with some of them.
PENDING = """
SELECT id, at, seq, lane, also_lane, attempts, next_attempt_at, client_id, message_type, case_ref, distribution_id, door
FROM exchanges_exchange
WHERE channel = %(channel)s AND state = 'received' AND (lane = ANY(%(lanes)s) OR also_lane = ANY(%(lanes)s))
ORDER BY seq LIMIT %(limit)s
"""
PAYLOADS = "SELECT id, body FROM exchanges_payload WHERE at BETWEEN %s AND %s AND id = ANY(%s)"
SETTLE = """
UPDATE exchanges_exchange e SET state = s.state, state_at = CASE WHEN e.state = s.state THEN e.state_at ELSE s.now END,
  note = s.note, fault_code = s.fault_code, faults = s.faults, attempts = s.attempts, next_attempt_at = s.next_attempt_at,
  case_ref = s.case_ref, needs_mending = s.needs_mending, history = e.history || s.line
FROM (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::smallint[],
        %s::timestamptz[], %s::text[], %s::boolean[], %s::jsonb[])
      AS t (id, at, state, note, fault_code, faults, attempts, next_attempt_at, case_ref, needs_mending, line)) t,
  LATERAL (SELECT t.*, %s::timestamptz AS now) s
WHERE e.id = s.id AND e.at = s.at AND e.at BETWEEN %s AND %s
"""


@dataclass(slots=True)
class Pending:
    """One message to deal with. `payload` is what the door received, to the byte."""

    id: UUID
    at: datetime
    seq: int
    lane: str
    also_lane: str
    attempts: int
    next_attempt_at: datetime
    client_id: UUID | None
    message_type: str
    case_ref: str
    distribution_id: str
    door: str
    payload: bytes = b""

    @property
    def lanes(self) -> set[str]:
        return {self.lane, self.also_lane} - {""}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one message: `integrated`, `kept` or `waiting` for another one."""

    state: str
    note: str = ""
    case_ref: str = ""


class Refused(Exception):
    """The message cannot be used, whatever is tried: said with its faults (`kept` holds no value of the message)."""

    def __init__(self, code: str, detail: str = "", kept: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(code)
        self.code, self.detail, self.kept = code, detail, list(kept)


class PayloadMissing(Exception):
    """A message still to be dealt with has no bytes: the house's defect."""


class _SomethingWrong(Exception):
    """In a batch without savepoints: it must be run again, message by message."""


type Dealer = Callable[[Actor, Pending], Done]
"""Gives one message to its room, in the current transaction. May run twice. Raises Refused or a BusinessError for what the
message is; anything else it raises is tried again later."""


@dataclass(slots=True)
class _Change:
    pending: Pending
    state: str
    note: str = ""
    fault_code: str = ""
    faults: list[dict[str, str]] = field(default_factory=list)
    attempts: int = 0
    next_attempt_at: datetime | None = None
    case_ref: str = ""
    needs_mending: bool = False


type Decided = Callable[[Pending, str, str, Sequence[dict[str, str]], str], None]
"""Hears what became of each message in the transaction that writes it: state, code of the fault, faults, note."""


@dataclass(slots=True)
class Lanes:
    """The lanes of one channel. `lock` is the namespace of its advisory locks; `house_fault`, `room_fault`: codes of the faults
    of the house and of refusals by a room."""

    channel: str
    lock: int
    dealer: Dealer
    house_fault: str
    room_fault: str
    decided: Decided | None = None

    def work(self, limit: int = BATCH) -> int:
        """Deal with what is due, in one commit; returns how many messages. Zero: nothing is due, or others are on it."""
        try:
            with contextlib.suppress(_SomethingWrong):
                return self._batch(limit, careful=False)
            return self._batch(limit, careful=True)
        except OperationalError as error:
            # Two batches met on the rows of a room, or the database went away: nothing was done. One by one there is nothing
            # to meet on.
            log.warning("lanes.batch_again %s %s", self.channel, type(error).__name__)
            close_old_connections()
            return self._batch(1, careful=True)

    @transaction.atomic
    def _batch(self, limit: int, *, careful: bool) -> int:
        now = timezone.now()
        held = self._claimed(now, limit)
        if not held:
            return 0
        rows = self._pending(held, limit)
        actors = _Actors(rows)
        deadline = time.monotonic() + BATCH_SECONDS
        changes: list[_Change] = []
        blocked: set[str] = set()
        for row in rows:
            if row.lanes & blocked or not row.lanes <= held or row.next_attempt_at > now or time.monotonic() > deadline:
                blocked |= row.lanes  # its order holds: what follows in its lanes waits with it
                continue
            change = self._deal(row, actors.of(row), careful=careful)
            changes.append(change)
            if change.state == State.RECEIVED:
                blocked |= row.lanes
        self._settle(changes, now)
        return len(changes)

    def _claimed(self, now: datetime, limit: int) -> set[str]:
        """Lanes with something due that nobody else is on. A barrier asks for its two lanes together."""
        with connection.cursor() as cursor:
            cursor.execute(CANDIDATES, [self.channel, now, limit * 4])
            lanes = list(dict.fromkeys(lane for row in cursor.fetchall() for lane in row if lane))
            if not lanes:
                return set()
            cursor.execute(LOCKED, [lanes, self.lock, min(LANES, limit + 1)])
            return {row[0] for row in cursor.fetchall()}

    def _pending(self, held: set[str], limit: int) -> list[Pending]:
        with connection.cursor() as cursor:
            cursor.execute(PENDING, {"channel": self.channel, "lanes": list(held), "limit": limit})
            rows = [Pending(*row) for row in cursor.fetchall()]
            if rows:
                at = [row.at for row in rows]
                cursor.execute(PAYLOADS, [min(at), max(at), [row.id for row in rows]])
                bodies = dict(cursor.fetchall())
                for row in rows:
                    if row.id in bodies:
                        row.payload = unseal(row.id, bytes(bodies[row.id]))
        return rows

    def _deal(self, row: Pending, actor: Actor, *, careful: bool) -> _Change:
        if not careful:
            try:
                return self._dealt(row, actor)
            except OperationalError:
                raise
            except Exception as error:
                raise _SomethingWrong from error
        try:
            with transaction.atomic():
                return self._dealt(row, actor)
        except OperationalError:
            raise
        except Refused as refusal:
            return self._refused(row, actor, refusal)
        except BusinessError as error:
            return self._refused(row, actor, Refused(self.room_fault, f"{error.code} : {error.text}"))
        except (
            Exception
        ) as error:  # a defect of a room must neither stop the others nor lose the message: logged, tried again
            log.exception("lanes.failed %s %s", self.channel, row.id)
            return self._later(row, type(error).__name__)

    def _dealt(self, row: Pending, actor: Actor) -> _Change:
        if not row.payload:
            raise PayloadMissing
        done = self.dealer(actor, row)
        return _Change(row, done.state, done.note, attempts=row.attempts + 1, case_ref=done.case_ref or row.case_ref)

    def _refused(self, row: Pending, actor: Actor, refusal: Refused) -> _Change:
        """Kept whole, handed to a person."""
        audit.record(
            actor, "exchanges.refused", target=exchange_target(row.id), outcome="refused",
            details={"code": refusal.code, "door": row.door, "type": row.message_type},
        )  # fmt: skip
        publish(ExchangeRefused(row.id, row.client_id, refusal.code))
        attempts.write([Tried(row.id, row.attempts + 1, Outcome.REFUSED, refusal.code)])
        return _Change(
            row, State.REFUSED, refusal.detail, refusal.code, refusal.kept, row.attempts + 1, case_ref=row.case_ref,
            needs_mending=True,
        )  # fmt: skip

    def _later(self, row: Pending, error: str) -> _Change:
        """5 s, 10 s, 20 s … one hour at most; after the last attempt a person looks, and the lane goes on."""
        number = row.attempts + 1
        over = number >= ATTEMPTS
        attempts.write([Tried(row.id, number, Outcome.LATER, error)])
        return _Change(
            row, State.WAITING if over else State.RECEIVED, f"Défaut de la maison ({error}), tentative {number}",
            self.house_fault, attempts=number, next_attempt_at=timezone.now() + retry_after(number), case_ref=row.case_ref,
            needs_mending=over,
        )  # fmt: skip

    def _settle(self, changes: Sequence[_Change], now: datetime) -> None:
        if not changes:
            return
        columns: list[list[Any]] = [
            list(column) for column in zip(*(_columns(change, now) for change in changes), strict=True)
        ]
        at = columns[1]
        with connection.cursor() as cursor:
            cursor.execute(SETTLE, [*columns, timezone.now(), min(at), max(at)])
        for change in changes:
            if self.decided is not None:
                self.decided(change.pending, change.state, change.fault_code, change.faults, change.note)
            if change.needs_mending:
                row = change.pending
                urgency = 0 if change.state == State.WAITING else 1
                mending.ask(row.id, client_id=row.client_id, fault_code=change.fault_code, urgency=urgency)

    # -- one by one

    def deal_again(self, exchange: Exchange) -> None:
        """One exchange in the state `received`, in the current transaction: for a dry run."""
        with connection.cursor() as cursor:
            cursor.execute(PAYLOADS, [exchange.at, exchange.at, [exchange.id]])
            found = cursor.fetchone()
        row = Pending(
            exchange.id, exchange.at, exchange.seq, exchange.lane, exchange.also_lane, exchange.attempts,
            exchange.next_attempt_at, exchange.client_id, exchange.message_type, exchange.case_ref,
            exchange.distribution_id, exchange.door, unseal(exchange.id, bytes(found[1])) if found else b"",
        )  # fmt: skip
        change = self._deal(row, _Actors([row]).of(row), careful=True)
        change.needs_mending = False
        self._settle([change], timezone.now())


def retry_after(attempts_made: int) -> timedelta:
    return min(FIRST_RETRY * 2 ** min(attempts_made - 1, 12), LONGEST_RETRY)


def _columns(change: _Change, now: datetime) -> tuple[Any, ...]:
    row, note = change.pending, storable(change.note, 300)
    return (
        row.id, row.at, change.state, note, change.fault_code, json.dumps(change.faults).replace("\\u0000", ""),
        change.attempts, change.next_attempt_at or row.next_attempt_at, storable(change.case_ref, 200), change.needs_mending,
        json.dumps([moment(change.state, now, note)]),
    )  # fmt: skip


class _Actors:
    """Who sent each message of a batch, asked once."""

    def __init__(self, rows: Iterable[Pending]) -> None:
        self._clients = Client.objects.in_bulk({row.client_id for row in rows if row.client_id})

    def of(self, row: Pending) -> Actor:
        client = self._clients.get(row.client_id)
        if client is None:
            return Actor.software("unknown", "Émetteur inconnu", exchange_id=row.id)
        return Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=row.id)


class LaneLoop:
    """Runs in the worker: works while there is something, then waits to be told by the database, a second at most."""

    def __init__(self, *works: Callable[[], int], name: str = "lanes") -> None:
        self.works, self.name = works, name
        self.listening: psycopg.Connection | None = None

    def __call__(self, life: Life) -> None:
        try:
            while not life.stopping:
                life.turned()
                if not self.turn():
                    self.wait()
        finally:
            self._forget()

    def turn(self) -> int:
        close_old_connections()
        try:
            return sum(work() for work in self.works)
        finally:
            close_old_connections()

    def wait(self) -> None:
        try:
            if self.listening is None or self.listening.closed:
                self.listening = psycopg.connect(
                    announcer.connection_string(), autocommit=True, application_name=f"maison-{self.name}"
                )
                self.listening.execute(f"LISTEN {announcer.CHANNEL}")
                return  # something may have come before we listened
            for _ in self.listening.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        except psycopg.Error as error:
            log.warning("lanes.listen_failed %s %s", self.name, type(error).__name__)
            self._forget()
            time.sleep(POLL_SECONDS)

    def _forget(self) -> None:
        if self.listening is not None:
            self.listening.close()
            self.listening = None
