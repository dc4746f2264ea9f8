"""Messages go through their channel: in order, many in one transaction, their deliveries written with their state.

One worker at a time holds a channel (an advisory lock of the transaction, tried and passed over like a locked row): order needs
nothing more, and a worker that dies gives it back with its transaction. A message is transformed before anything is written, so
that one that fails there fails alone; when writing fails, the batch is written again by halves, until what fails is alone.
What fails by our fault is tried again (5 s … 1 h), then handed to a person.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from maison.foundations import gathering
from maison.interop.exchanges.sealing import unseal

from . import desks, lanes, live, writing
from .language import engine
from .language.configuration import WHOLE, Configuration
from .language.engine import Outcome, Refusal
from .models import Channel, Passage, Version

log = logging.getLogger(__name__)
State = Passage.State

LOCK = 7_310_061
BATCH = 50
BATCH_BYTES = 16 * 1024 * 1024
"""Contents read into memory together; a longer message is dealt with alone."""
WINDOW = 400
"""Messages looked at in one turn: what is blocked further on is not read into memory."""
ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
HIGH_WATER = 1000
"""Above this many messages in hand a channel takes no more from its source: they wait where they are."""

COLUMNS = tuple(field.attname for field in Passage._meta.concrete_fields)
HOLD = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))"
IN_SERVICE = "SELECT id FROM channels_version WHERE channel_id = %s AND state = 'live'"
DUE = f"""
SELECT {", ".join(COLUMNS)} FROM channels_passage
WHERE channel_id = %s AND state = 'received' AND due_at <= %s AND NOT (cardinality(lanes) <= 1 AND lanes && ARRAY({lanes.PASSAGE_LANES}))
ORDER BY seq LIMIT %s
"""  # noqa: S608 -- names of ours
# Contents stop where the batch is heavy enough: `before` is what those in front of a message weigh.
CONTENTS = """
SELECT e.id, e.channel, e.message_type, e.distribution_id, e.sender, e.before < %s,
  CASE WHEN e.before < %s THEN (SELECT p.body FROM exchanges_payload p WHERE p.id = e.id AND p.at = e.at) END
FROM (
  SELECT x.id, x.at, x.channel, x.message_type, x.distribution_id, x.sender, sum(x.size) OVER (ORDER BY rank) - x.size AS before
  FROM unnest(%s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS asked (id, at, rank)
  JOIN exchanges_exchange x ON x.id = asked.id AND x.at = asked.at AND x.at BETWEEN %s AND %s) e
"""


@dataclass(slots=True)
class Work:
    """One message in hand. `outcome` None: nothing was decided (`error` says why, or its bytes are gone)."""

    passage: Passage
    journal_channel: str
    message_type: str
    identity: str
    sender: str
    payload: bytes | None
    outcome: Outcome | None = None
    error: str = ""

    @property
    def exchange(self) -> tuple[UUID, datetime]:
        return self.passage.exchange_id, self.passage.exchange_at

    @property
    def stays(self) -> bool:
        """It holds its lanes: it waits for a person or for its next attempt."""
        return self.outcome is None or self.outcome.refusal is not None


def backlog(channel: Channel) -> int:
    """Messages still to deal with, counted up to the limit."""
    return len(
        Passage.objects.filter(channel=channel, state=State.RECEIVED)
        .order_by("seq")
        .values_list("seq")[: HIGH_WATER + 1]
    )


def turn(limit: int = BATCH) -> int:
    """Collect and deal with what is due in every running channel; returns how much was done."""
    done = 0
    for channel, version in live.running():
        try:
            done += collect(channel, version, limit)
            done += process(channel, version, limit)
        except OperationalError:
            raise
        except Exception:
            # One channel that breaks (a folder unmounted while read, an adapter gone) must not stop the others.
            log.exception("channels.turn_failed %s", channel.id)
    return done


def collect(channel: Channel, version: Version, limit: int = BATCH) -> int:
    """New messages from the source, unless too many are already in hand (back-pressure)."""
    from .ports.base import source

    if backlog(channel) >= HIGH_WATER:
        return 0
    config = live.configuration(version)
    return source(config.source.kind).collect(channel, config, limit)


@transaction.atomic
def process(channel: Channel, version: Version, limit: int = BATCH) -> int:
    """Deal with the messages that are due, in their order; zero when another worker holds the channel."""
    now = timezone.now()
    _, held, in_service, shut, due = gathering.ask(
        (gathering.KEEP_PLANS, []),
        (HOLD, [LOCK, str(channel.id)]),
        (IN_SERVICE, [channel.id]),
        (lanes.PASSAGE_LANES, [channel.id, now]),
        (DUE, [channel.id, now, channel.id, now, WINDOW]),
    )
    if not held[0][0] or not due:
        return 0
    # A version replaced since this turn began is not applied any more.
    current = version if in_service == [(version.id,)] else live.live_version(channel.id)
    if current is None:
        return 0
    config = live.configuration(current)
    walk = lanes.Walk((row[0] for row in shut), now)
    rows = list(walk.free((Passage.from_db("default", COLUMNS, row) for row in due), limit))
    works = _works(rows)
    batch = Batch(channel, current, config, _told(channel, config, rows))
    for work in works:
        if walk.may_go(work.passage):
            batch.decide(work)
            if work.stays:
                walk.block(work.passage.lanes)
    batch.settle(batch.works)
    return len(batch.works)


def _works(rows: Sequence[Passage]) -> list[Work]:
    """What each message is, read together; those too heavy to be read with the others wait for the next turn."""
    if not rows:
        return []
    at = [row.exchange_at for row in rows]
    (found,) = gathering.ask(
        (CONTENTS, [BATCH_BYTES, BATCH_BYTES, [row.exchange_id for row in rows], at, min(at), max(at)])
    )
    known = {row[0]: row[1:] for row in found}
    works = []
    for row in rows:
        channel, kind, identity, sender, is_read, body = known.get(row.exchange_id, ("", "", "", "", True, None))
        if not is_read:
            break
        works.append(Work(row, channel, kind, identity, sender, unseal(row.exchange_id, bytes(body)) if body else None))
    return works


type Told = dict[tuple[str, str], datetime]
"""(lane, sender) → the time that sender gave to the last thing sent on about it."""


def _told(channel: Channel, config: Configuration, rows: Sequence[Passage]) -> Told | None:
    """None: nothing of this channel can come too late."""
    if not rows or config.format != "hl7v2" or config.order in ("", WHOLE):
        return None
    asked = list({lane for row in rows for lane in row.lanes})
    (found,) = gathering.ask((writing.TOLD, [channel.id, asked]))
    return {(lane, sender): at for lane, sender, at in found}


class Batch:
    """Messages decided one after the other, then written together."""

    def __init__(self, channel: Channel, version: Version, config: Configuration, told: Told | None) -> None:
        self.channel, self.version, self.config, self.told = channel, version, config, told
        self.works: list[Work] = []
        self._tables: engine.Tables | None = None

    def decide(self, work: Work) -> None:
        """Nothing is written here: whatever a message makes fail, it fails alone."""
        passage = work.passage
        passage.channel, passage.version = self.channel, self.version.number
        passage.attempts += 1
        self.works.append(work)
        if work.payload is None:
            work.outcome = Outcome("refused", Refusal(desks.GONE, "Le contenu de ce message n'est plus conservé."))
            return
        try:
            work.outcome = engine.run(
                self.config, work.payload, self._known_tables(), timezone.now(), test_world=not settings.PRODUCTION
            )
            self._order_in_time(work, work.outcome)
        except OperationalError:
            raise
        except Exception as error:  # a defect of ours must not stop the others nor lose the message: logged, retried
            log.exception("channels.passage_failed %s", passage.id)
            work.error = type(error).__name__

    def _known_tables(self) -> engine.Tables:
        if self._tables is None:
            tables = live.tables(self.config.tables)
            if missing := [reference for reference in self.config.tables if reference not in tables]:
                raise LookupError(f"mapping tables not approved: {len(missing)}")
            self._tables = tables
        return self._tables

    def _order_in_time(self, work: Work, outcome: Outcome) -> None:
        """An update older than what the same sender already said of this patient would undo it: kept, not sent (HUB-03)."""
        said = outcome.said
        if self.told is None or said is None or outcome.verdict != "routed":
            return
        keys = [(lane, work.sender) for lane in work.passage.lanes]
        if said.is_update and any(key in self.told and said.latest < self.told[key] for key in keys):
            work.outcome = Outcome("filtered", late=True)
            return
        # A clock that runs ahead once must not silence those that come after.
        earliest = min(said.earliest, work.passage.received_at)
        for key in keys:
            self.told[key] = max(earliest, self.told.get(key, earliest))

    def settle(self, works: Sequence[Work]) -> set[str]:
        """Write what became of them, all or, when something fails, by halves. Returns the lanes of what has failed."""
        ready = [work for work in works if work.outcome is not None]
        failed = [work for work in works if work.outcome is None]
        shut: set[str] = set()
        for work in failed:
            self._try_later(work)
            shut.update(work.passage.lanes)
        if not ready:
            return shut
        try:
            with transaction.atomic():
                writing.write(self.channel, self.version, self.config, ready, self.told)
        except OperationalError:
            raise
        except Exception as error:  # whatever a message makes the writing meet, only that message waits
            if len(ready) == 1:
                log.exception("channels.passage_failed %s", ready[0].passage.id)
                ready[0].outcome, ready[0].error = None, type(error).__name__
                return shut | self.settle(ready)
            log.warning("channels.batch_in_halves %s %s", self.channel.id, type(error).__name__)
        else:
            return shut
        half = len(ready) // 2
        shut |= self.settle(ready[:half])
        rest = []
        for work in ready[half:]:
            if shut.isdisjoint(work.passage.lanes):
                rest.append(work)
            else:
                shut.update(work.passage.lanes)  # behind what failed: it stays as it was
        return shut | self.settle(rest)

    def _try_later(self, work: Work) -> None:
        passage = work.passage
        words = f"Défaut de la maison ({work.error}), tentative {passage.attempts}"
        changes: dict[str, Any] = {"version": passage.version, "attempts": passage.attempts, "words": words}
        changes |= {"reason": desks.HOUSE, "path": "", "flags": [], "done_at": None}
        over = passage.attempts >= ATTEMPTS
        if over:
            changes["state"] = State.STOPPED
        else:
            changes["due_at"] = timezone.now() + min(FIRST_RETRY * 2 ** (passage.attempts - 1), LONGEST_RETRY)
        Passage.objects.filter(id=passage.id).update(**changes)
        if over:
            for name, value in changes.items():
                setattr(passage, name, value)
            desks.ask_all(self.channel, [passage], urgency=0)
