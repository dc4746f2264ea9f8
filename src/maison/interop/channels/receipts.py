"""What targets took and did not, written for a whole batch; the target given back, or left alone for a while (HUB-02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import gathering
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import desks
from .models import Channel, Delivery, TargetState
from .ports.base import Parcel, Receipt

State = Delivery.State

FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=24)

LOCK = "SELECT id FROM channels_delivery WHERE id = ANY(%s::uuid[]) AND state = 'pending' ORDER BY id FOR UPDATE"
SETTLE = """
UPDATE channels_delivery d SET state = t.state, attempts = t.attempts, due_at = t.due_at, done_at = t.done_at, reason = t.reason,
  words = t.words
FROM json_populate_recordset(NULL::channels_delivery, %s::json) t WHERE d.id = t.id
"""
# Two targets that end at the same instant must not each wait for the other: the second sees what the first has written.
LOCK_PASSAGES = """
SELECT id FROM channels_passage WHERE id = ANY(%s::uuid[]) AND state = 'sending' ORDER BY id FOR UPDATE
"""
FINISH = """
UPDATE channels_passage p SET state = 'done', done_at = %s WHERE p.id = ANY(%s::uuid[]) AND p.state = 'sending' AND NOT EXISTS (
  SELECT FROM channels_delivery d WHERE d.passage_id = p.id AND d.state IN ('pending', 'stopped'))
"""


def retry_after(attempts: int) -> timedelta:
    return min(FIRST_RETRY * 2 ** min(attempts - 1, 12), LONGEST_RETRY)


@transaction.atomic
def settle(loaned: TargetState, rows: Mapping[UUID, Delivery], results: Sequence[tuple[Parcel, Receipt]]) -> None:
    """Write what the target took and did not; give the target back, or leave it alone for a while."""
    now = timezone.now()
    state = TargetState.objects.select_for_update(of=("self",)).select_related("channel").get(pk=loaned.pk)
    _, pending = gathering.ask((gathering.KEEP_PLANS, []), (LOCK, [[parcel.delivery_id for parcel, _ in results]]))
    ours = {row[0] for row in pending}
    changed: list[Delivery] = []
    marks: list[journal.Mark] = []
    stopped: list[tuple[Delivery, str, str]] = []
    down = ""
    for parcel, receipt in results:
        if parcel.delivery_id not in ours:
            continue  # settled by another, or given up by a person meanwhile
        row = rows[parcel.delivery_id]
        row.attempts += 1
        row.words = receipt.words[:300]
        match receipt.result:
            case "delivered":
                row.state, row.done_at, row.reason = State.DELIVERED, now, ""
                state.last_ok_at = now
                marks.append(_mark(row, Exchange.State.ACKNOWLEDGED, receipt.words))
            case "rejected":
                stopped.append((row, receipt.reason or desks.REFUSED, receipt.words))
            case "unknown":
                stopped.append((row, receipt.reason or desks.UNKNOWN, receipt.words))
            case "later" if now - row.since > LONGEST_WAIT:
                stopped.append((row, desks.LATER, receipt.words))
            case "later":
                row.due_at = now + retry_after(row.attempts)
                marks.append(_mark(row, None, f"Tentative {row.attempts} : {receipt.words}"))
            case _:
                down = receipt.words
                marks.append(_mark(row, None, f"Tentative {row.attempts} : {receipt.words}"))
        changed.append(row)
    if changed:
        gathering.tell((SETTLE, [gathering.as_json([_as_row(row) for row in changed])]))
    journal.mark(marks)
    stop(state.channel, stopped, tries=1)
    finish_passages([row.passage_id for row in changed if row.state == State.DELIVERED])
    if down:
        state.failures += 1
        state.down_since = state.down_since or now
        state.paused_until = now + retry_after(state.failures)
        state.words = down[:300]
    elif results:
        state.failures, state.down_since, state.words = 0, None, ""
    if state.lent_to == loaned.lent_to:
        state.lent_until = now
    state.save()


def _mark(row: Delivery, state: str | None, note: str) -> journal.Mark:
    return journal.Mark(row.exchange_id, row.exchange_at, state and str(state), note, tries=1)


def _as_row(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id, "state": row.state, "attempts": row.attempts, "due_at": row.due_at, "done_at": row.done_at,
        "reason": row.reason, "words": journal.storable(row.words, 300),
    }  # fmt: skip


def stop(channel: Channel, stopped: Sequence[tuple[Delivery, str, str]], *, tries: int = 0) -> None:
    """(delivery, reason, words): they wait for a person, and their lanes with them."""
    if not stopped:
        return
    for row, reason, words in stopped:
        row.state, row.reason, row.words = State.STOPPED, reason, words[:300]
    rows = [row for row, _, _ in stopped]
    gathering.tell((SETTLE, [gathering.as_json([_as_row(row) for row in rows])]))
    exchanges = Exchange.objects.filter(
        id__in=[row.exchange_id for row in rows], at__gte=min(row.exchange_at for row in rows)
    ).in_bulk()
    changes = []
    for row, reason, words in stopped:
        if (exchange := exchanges.get(row.exchange_id)) is not None:
            exchange.fault_code = reason[:20]
            exchange.attempts += tries
            changes.append((exchange, Exchange.State.FAILED.value, words, ""))
    journal.update_all(changes)
    desks.ask_all(channel, rows)


def finish_passages(passage_ids: Sequence[UUID], now: datetime | None = None) -> None:
    """A passage is done with the last of its deliveries."""
    if passage_ids:
        ids = list(set(passage_ids))
        gathering.tell((LOCK_PASSAGES, [ids]), (FINISH, [now or timezone.now(), ids]))
