"""Deliveries leave, each target at its own pace (HUB-02).

A target is lent to one deliverer at a time, for longer than a batch may last; the network is outside any transaction. What a
target took is written at once after the batch: a crash in between sends again under the same key, never less than once.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from maison.foundations import gathering
from maison.foundations.ids import uuid7
from maison.interop.exchanges.sealing import unseal

from . import desks, lanes, live
from .language.configuration import Item
from .language.errors import BadConfiguration
from .models import Channel, Delivery, TargetState, Version
from .ports import base
from .ports.base import Parcel, Receipt, Send
from .receipts import LONGEST_WAIT, settle, stop

log = logging.getLogger(__name__)
State = Delivery.State

BATCH = 50
BATCH_BYTES = 16 * 1024 * 1024
"""Contents read into memory together; a longer message leaves alone."""
WINDOW, CHUNK = 400, 100
"""Deliveries looked at in one turn, and read at a time."""
BATCH_SECONDS = 60
LOAN = timedelta(seconds=150)
"""Longer than a batch and the longest answer a target may take (30 s)."""
TARGETS_AT_ONCE = 8
EXPIRED_AT_ONCE = 500

COLUMNS = tuple(field.attname for field in Delivery._meta.concrete_fields)
DUE_TARGETS = """
SELECT t.id FROM channels_targetstate t JOIN channels_channel c ON c.id = t.channel_id
WHERE t.lent_until <= %(now)s AND t.paused_until <= %(now)s AND c.suspended_at IS NULL AND EXISTS (
  SELECT FROM channels_delivery d
  WHERE d.channel_id = t.channel_id AND d.target = t.target AND d.state = 'pending' AND d.due_at <= %(now)s)
ORDER BY t.id
"""
DUE = f"""
SELECT {", ".join(COLUMNS)} FROM channels_delivery
WHERE channel_id = %s AND target = %s AND state = 'pending' AND due_at <= %s AND seq > %s
  AND NOT (cardinality(lanes) <= 1 AND lanes && %s::varchar[])
ORDER BY seq LIMIT %s
"""  # noqa: S608 -- names of ours
# Contents stop where the batch is heavy enough: `before` is what those in front of a message weigh.
CONTENTS = """
SELECT e.id, e.distribution_id, e.content_type, e.message_type, e.before < %s,
  CASE WHEN e.before < %s THEN (SELECT p.body FROM exchanges_payload p WHERE p.id = e.id AND p.at = e.at) END
FROM (
  SELECT x.id, x.at, x.distribution_id, x.content_type, x.message_type, sum(x.size) OVER (ORDER BY rank) - x.size AS before
  FROM unnest(%s::uuid[], %s::timestamptz[]) WITH ORDINALITY AS asked (id, at, rank)
  JOIN exchanges_exchange x ON x.id = asked.id AND x.at = asked.at AND x.at BETWEEN %s AND %s) e
"""

type Result = tuple[Parcel, Receipt]


class Opening(Protocol):
    """How a target is opened for one batch."""

    def __call__(self, state: TargetState, item: Item) -> AbstractContextManager[Send]: ...


def open_once(state: TargetState, item: Item) -> AbstractContextManager[Send]:
    return base.target(item.kind).opened(item)


@dataclass(slots=True)
class Loan:
    """A target in hand: what leaves now, grouped so that a lane is sent by one thread in its order."""

    state: TargetState
    item: Item
    groups: list[list[Parcel]]
    rows: dict[UUID, Delivery]
    simultaneous: int


def turn(opening: Opening = open_once) -> int:
    """One batch for every target that is due, several targets at once; returns how many messages were tried."""
    due = due_targets()
    if not due:
        return 0
    if len(due) == 1:
        return serve(due[0], opening=opening)
    with ThreadPoolExecutor(min(TARGETS_AT_ONCE, len(due)), thread_name_prefix="channel-target") as pool:
        return sum(pool.map(lambda pk: _serve_apart(pk, opening), due))


def _serve_apart(pk: int, opening: Opening) -> int:
    close_old_connections()
    try:
        return serve(pk, opening=opening)
    finally:
        connections.close_all()


def due_targets() -> list[int]:
    with gathering.prepared() as cursor:
        cursor.execute(DUE_TARGETS, {"now": timezone.now()})
        return [row[0] for row in cursor.fetchall()]


def serve(pk: int, only: UUID | None = None, opening: Opening = open_once) -> int:
    """Take a batch of one target, send it, write what became of it. `only`: this delivery alone (a synchronous channel)."""
    loan = _claim(pk, only)
    if loan is None:
        return 0
    results = _send(loan, opening)
    settle(loan.state, loan.rows, results)
    return len(results)


@transaction.atomic
def _claim(pk: int, only: UUID | None) -> Loan | None:
    now = timezone.now()
    state = (
        TargetState.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("channel")
        .filter(pk=pk)
        .first()
    )
    if state is None or state.lent_until > now or state.paused_until > now:
        return None
    item = _target_of(state.channel, state.target)
    if item is None:
        return None
    _expire(state, item)
    parcels = _parcels(state, now, only)
    if not parcels:
        return None
    state.lent_until, state.lent_to = now + LOAN, uuid7()
    state.save(update_fields=["lent_until", "lent_to"])
    rows = {delivery.id: delivery for delivery, _ in parcels}
    return Loan(state, item, _grouped(parcels), rows, item.number("simultanes") or 1)


def _target_of(channel: Channel, name: str) -> Item | None:
    """As the version in service says; a target it no longer has is served as the last version that had it said."""
    running = live.live_version(channel.id)
    if running is not None and (item := _item(running, name)) is not None:
        return item
    for version in channel.versions.exclude(live_at=None).order_by("-number")[:20]:
        if (item := _item(version, name)) is not None:
            return item
    return None


def _item(version: Version, name: str) -> Item | None:
    try:
        return live.configuration(version).target(name)
    except BadConfiguration:
        log.warning("channels.version_unreadable %s", version.id)
        return None


def _expire(state: TargetState, item: Item) -> None:
    """A target that stayed mute for the whole delay: its oldest messages go to a person, one task for all (24 hours at most)."""
    if state.down_since is None:
        return
    limit = timezone.now() - min(timedelta(hours=item.number("abandon_heures") or 24), LONGEST_WAIT)
    late = Delivery.objects.select_for_update().filter(
        channel=state.channel, target=state.target, state=State.PENDING, since__lt=limit
    )
    words = f"Aucune réponse de la cible : {state.words}"
    stop(state.channel, [(row, desks.TRANSPORT, words) for row in late.order_by("seq")[:EXPIRED_AT_ONCE]])


def _parcels(state: TargetState, now: datetime, only: UUID | None) -> list[tuple[Delivery, Parcel]]:
    _, held = gathering.ask((gathering.KEEP_PLANS, []), (lanes.DELIVERY_LANES, [state.channel_id, state.target, now]))
    shut = [row[0] for row in held]
    limit = 1 if state.down_since else BATCH  # a mute target is tried with one message
    if only is None:
        rows = list(lanes.Walk(shut, now).free(_rows(state, now, shut), limit))
    else:
        # It goes first only when nothing of its lanes is before it.
        alone = Delivery.objects.filter(id=only, state=State.PENDING, due_at__lte=now)
        rows = list(lanes.Walk(shut, now).free([] if _has_before(state, only) else alone, 1))
    return _filled(state, rows)


def _rows(state: TargetState, now: datetime, shut: Sequence[str]) -> Iterator[Delivery]:
    """Due deliveries in their order, a hundred at a time. What ties two lanes stays in the walk: held by one, it holds the
    other for those behind it."""
    after, left = -1, WINDOW
    while left > 0:
        size = min(CHUNK, left)
        (found,) = gathering.ask((DUE, [state.channel_id, state.target, now, after, list(shut), size]))
        for row in found:
            yield Delivery.from_db("default", COLUMNS, row)
        if len(found) < size:
            return
        after, left = found[-1][COLUMNS.index("seq")], left - size


def _filled(state: TargetState, rows: Sequence[Delivery]) -> list[tuple[Delivery, Parcel]]:
    if not rows:
        return []
    at = [row.exchange_at for row in rows]
    (found,) = gathering.ask(
        (CONTENTS, [BATCH_BYTES, BATCH_BYTES, [row.exchange_id for row in rows], at, min(at), max(at)])
    )
    known = {row[0]: row[1:] for row in found}
    filled: list[tuple[Delivery, Parcel]] = []
    gone: list[tuple[Delivery, str, str]] = []
    shut = lanes.Walk((), timezone.now())
    for row in rows:
        key, content_type, message_type, is_read, body = known.get(row.exchange_id, ("", "", "", True, None))
        if not is_read:
            break
        if not shut.may_go(row):
            continue
        if body is None:
            gone.append((row, desks.GONE, "Le contenu de ce message n'est plus conservé."))
            shut.block(row.lanes)
            continue
        payload = unseal(row.exchange_id, bytes(body))
        filled.append((row, Parcel(row.id, key, row.seq, payload, content_type, message_type)))
    stop(state.channel, gone)
    return filled


def _has_before(state: TargetState, delivery_id: UUID) -> bool:
    delivery = Delivery.objects.get(id=delivery_id)
    before = Delivery.objects.filter(
        channel=state.channel, target=state.target, state__in=("pending", "stopped"), seq__lt=delivery.seq
    )
    return bool(delivery.lanes) and before.filter(lanes__overlap=delivery.lanes).exists()


def _grouped(parcels: Sequence[tuple[Delivery, Parcel]]) -> list[list[Parcel]]:
    """Messages that share a lane, directly or through others, stay together and in order."""
    group_of: dict[str, int] = {}
    groups: dict[int, list[tuple[int, Parcel]]] = defaultdict(list)
    for rank, (delivery, parcel) in enumerate(parcels):
        met = sorted({group_of[lane] for lane in delivery.lanes if lane in group_of})
        home = met[0] if met else rank
        for other in met[1:]:
            groups[home] += groups.pop(other)
            group_of.update({lane: home for lane, group in group_of.items() if group == other})
        groups[home].append((rank, parcel))
        group_of.update(dict.fromkeys(delivery.lanes, home))
    return [[parcel for _, parcel in sorted(group, key=lambda pair: pair[0])] for _, group in sorted(groups.items())]


# -- the network


def _send(loan: Loan, opening: Opening) -> list[Result]:
    """Several lanes at once; a lane stops at its first message not taken, everything stops when the target goes silent."""
    deadline = time.monotonic() + BATCH_SECONDS
    down = False

    def one_lane(send: Send, parcels: Sequence[Parcel]) -> list[Result]:
        nonlocal down
        results: list[Result] = []
        for parcel in parcels:
            if down or time.monotonic() > deadline:
                break
            try:
                receipt = send(parcel)
            except Exception as error:  # an adapter in default is a target that does not work, never a lost message
                log.exception("channels.adapter_failed %s", parcel.delivery_id)
                receipt = Receipt("down", f"L'adaptateur de la cible est en défaut ({type(error).__name__}).")
            results.append((parcel, receipt))
            if receipt.result == "down":
                down = True
            if receipt.result != "delivered":
                break
        return results

    with opening(loan.state, loan.item) as send:
        if len(loan.groups) == 1 or loan.simultaneous == 1:
            return [result for group in loan.groups for result in one_lane(send, group)]
        with ThreadPoolExecutor(min(loan.simultaneous, len(loan.groups)), thread_name_prefix="channel-lane") as pool:
            return [
                result for results in pool.map(lambda group: one_lane(send, group), loan.groups) for result in results
            ]
