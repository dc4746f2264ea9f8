"""What became of a batch of messages, written with as few statements whatever its size, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from django.conf import settings
from django.utils import timezone

from maison.foundations import gathering
from maison.foundations.ids import uuid7
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import desks
from .arrivals import CONTENT_TYPES
from .language.configuration import Configuration
from .language.engine import LATE, LATE_WORDS
from .models import Channel, Passage, Version

if TYPE_CHECKING:
    from .execution import Told, Work

State = Passage.State

DELIVERY = gathering.insertion(
    "channels_delivery",
    ("id", "channel_id", "passage_id", "target", "exchange_id", "exchange_at", "version", "lanes", "state", "attempts", "received_at",
     "since", "reason", "words"),
)  # fmt: skip
PASSAGES = """
UPDATE channels_passage p SET state = t.state, version = t.version, attempts = t.attempts, reason = t.reason, words = t.words,
  path = t.path, flags = t.flags, done_at = t.done_at
FROM json_populate_recordset(NULL::channels_passage, %s::json) t WHERE p.id = t.id
"""
TARGETS = """
INSERT INTO channels_targetstate (channel_id, target, lent_until, paused_until, failures, words)
SELECT %s, target, now(), now(), 0, '' FROM unnest(%s::text[]) AS asked (target) ON CONFLICT (channel_id, target) DO NOTHING
"""
TOLD = "SELECT lane, sender, told_at FROM channels_lanetime WHERE channel_id = %s AND lane = ANY(%s::text[])"
TELL = """
INSERT INTO channels_lanetime (channel_id, lane, sender, told_at, moved_at)
SELECT %s, lane, sender, told_at, now() FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS t (lane, sender, told_at)
ORDER BY lane, sender
ON CONFLICT (channel_id, lane, sender) DO UPDATE SET told_at = greatest(channels_lanetime.told_at, excluded.told_at), moved_at = now()
"""


def write(channel: Channel, version: Version, config: Configuration, works: Sequence[Work], told: Told | None) -> None:
    """Every work here has its outcome: routed, filtered, or refused and handed to a desk."""
    now = timezone.now()
    entries: list[journal.Entry] = []
    deliveries: list[dict[str, Any]] = []
    marks: list[journal.Mark] = []
    passages = [_passage(work, now) for work in works]
    for work in works:
        outcome = work.outcome
        assert outcome is not None
        for name in outcome.targets:
            entry = _owed(channel, config, work, name)
            entries.append(entry)
            deliveries.append(_delivery(channel, version, work, name, entry, now))
        if outcome.refusal is None and work.journal_channel == channel.journal_channel:
            marks.append(journal.Mark(*work.exchange, state=Exchange.State.INTEGRATED, note=_note(work)))
    journal.write(entries)
    statements: list[tuple[str, list[Any]]] = [(PASSAGES, [gathering.as_json(passages)])]
    if deliveries:
        statements.append((DELIVERY, [gathering.as_json(deliveries)]))
        statements.append((TARGETS, [channel.id, sorted({row["target"] for row in deliveries})]))
    if said := _said(works, told):
        lanes, senders, times = zip(*((*key, at) for key, at in said.items()), strict=True)
        statements.append((TELL, [channel.id, list(lanes), list(senders), list(times)]))
    gathering.tell(*statements)
    journal.mark(marks)
    stopped = [work.passage for work in works if work.outcome is not None and work.outcome.refusal is not None]
    desks.ask_all(channel, stopped)


def _passage(work: Work, now: datetime) -> dict[str, Any]:
    passage, outcome = work.passage, work.outcome
    assert outcome is not None
    passage.reason = passage.words = passage.path = ""
    passage.flags, passage.done_at = list(outcome.flags), None
    if outcome.refusal is not None:
        passage.state = State.STOPPED
        passage.reason, passage.words, passage.path = (
            outcome.refusal.reason,
            outcome.refusal.words[:300],
            outcome.refusal.path,
        )
    elif outcome.verdict == "filtered":
        passage.state, passage.done_at = State.FILTERED, now
        if outcome.late:
            passage.reason, passage.words = LATE, LATE_WORDS
    else:
        passage.state = State.SENDING
    return {
        "id": passage.id, "state": passage.state, "version": passage.version, "attempts": passage.attempts, "reason": passage.reason,
        "words": journal.storable(passage.words, 300), "path": passage.path, "flags": passage.flags, "done_at": passage.done_at,
    }  # fmt: skip


def _owed(channel: Channel, config: Configuration, work: Work, name: str) -> journal.Entry:
    """What one target is owed: once for each (passage, target), under one key for all its attempts."""
    target, outcome = config.target(name), work.outcome
    assert target is not None
    assert outcome is not None
    return journal.Entry(
        direction="out", channel=channel.journal_channel, door=target.kind, state=Exchange.State.TO_SEND, payload=outcome.payload,
        sender=settings.HUB_CLIENT_ID, recipients=[name], distribution_id=str(uuid5(work.passage.id, name)),
        message_type=work.message_type, content_type=CONTENT_TYPES[config.format], answers=work.passage.exchange_id,
        correlation=work.identity,
    )  # fmt: skip


def _delivery(
    channel: Channel, version: Version, work: Work, name: str, entry: journal.Entry, now: datetime
) -> dict[str, Any]:
    return {
        "id": uuid7(), "channel_id": channel.id, "passage_id": work.passage.id, "target": name, "exchange_id": entry.id,
        "exchange_at": entry.at, "version": version.number, "lanes": work.passage.lanes, "state": "pending", "attempts": 0,
        "received_at": work.passage.received_at, "since": now, "reason": "", "words": "",
    }  # fmt: skip


def _note(work: Work) -> str:
    outcome = work.outcome
    assert outcome is not None
    if outcome.late:
        return LATE_WORDS
    return (
        "Écarté par le filtre du canal"
        if outcome.verdict == "filtered"
        else f"Transformé pour {', '.join(outcome.targets)}"
    )


def _said(works: Sequence[Work], told: Told | None) -> Told:
    """The times to keep for the lanes of what leaves."""
    if told is None:
        return {}
    keys = [
        (lane, work.sender)
        for work in works
        if work.outcome is not None and work.outcome.verdict == "routed" and work.outcome.said is not None
        for lane in work.passage.lanes
    ]
    return {key: told[key] for key in keys if key in told}
