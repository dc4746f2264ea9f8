"""Deliveries leave, each target at its own pace (HUB-02).

A target is lent to one deliverer at a time, for longer than a batch may last; the network is outside any transaction. What a
target took is written at once after the batch: a crash in between sends again under the same key, never less than once.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import desks, lanes, live
from .language.configuration import Configuration, Item
from .language.errors import BadConfiguration
from .models import Channel, Delivery, Passage, TargetState
from .ports import base
from .ports.base import Parcel, Receipt, Send

log = logging.getLogger(__name__)
State = Delivery.State

BATCH = 50
WINDOW = 400
BATCH_SECONDS = 60
LOAN = timedelta(seconds=150)
"""Longer than a batch and the longest answer a target may take (30 s)."""
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
TARGETS_AT_ONCE = 8
LONGEST_WAIT = timedelta(hours=24)
EXPIRED_AT_ONCE = 500

type Result = tuple[Parcel, Receipt]


@dataclass(slots=True)
class Loan:
    """A target in hand: what leaves now, grouped so that a lane is sent by one thread in its order."""

    state: TargetState
    item: Item
    adapter: base.Target
    groups: list[list[Parcel]]
    simultaneous: int


def turn() -> int:
    """One batch for every target that is due, several targets at once; returns how many messages were tried."""
    due = [state.pk for state in due_targets()]
    if not due:
        return 0
    if len(due) == 1:
        return serve(due[0])
    with ThreadPoolExecutor(min(TARGETS_AT_ONCE, len(due)), thread_name_prefix="channel-target") as pool:
        return sum(pool.map(_serve_apart, due))


def _serve_apart(pk: int) -> int:
    close_old_connections()
    try:
        return serve(pk)
    finally:
        connections.close_all()


def due_targets() -> list[TargetState]:
    now = timezone.now()
    pending = Delivery.objects.filter(state=State.PENDING, due_at__lte=now)
    states = TargetState.objects.filter(
        lent_until__lte=now, paused_until__lte=now, channel__suspended_at=None
    ).select_related("channel")
    return [one for one in states if pending.filter(channel_id=one.channel_id, target=one.target).exists()]


def serve(pk: int, only: UUID | None = None) -> int:
    """Take a batch of one target, send it, write what became of it. `only`: this delivery alone (a synchronous channel)."""
    loan = _claim(pk, only)
    if loan is None:
        return 0
    results = _send(loan)
    settle(loan.state, results)
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
    config, item = _target_of(state.channel, state.target)
    if item is None or config is None:
        return None
    _expire(state, item)
    parcels = _parcels(state, now, only)
    if not parcels:
        return None
    state.lent_until, state.lent_to = now + LOAN, uuid7()
    state.save(update_fields=["lent_until", "lent_to"])
    return Loan(state, item, base.target(item.kind), _grouped(parcels), item.number("simultanes") or 1)


def _target_of(channel: Channel, name: str) -> tuple[Configuration | None, Item | None]:
    """As the version in service says; a target it no longer has is served as the last version that had it said."""
    versions = channel.versions.exclude(live_at=None).order_by("-number")
    for version in versions[:20]:
        try:
            config = live.configuration(version)
        except BadConfiguration:
            log.warning("channels.version_unreadable %s", version.id)
            continue
        if (item := config.target(name)) is not None:
            return config, item
    return None, None


def _expire(state: TargetState, item: Item) -> None:
    """A target that stayed mute for the whole delay: its oldest messages go to a person, one task for all (24 hours at most)."""
    if state.down_since is None:
        return
    limit = timezone.now() - min(timedelta(hours=item.number("abandon_heures") or 24), LONGEST_WAIT)
    late = Delivery.objects.select_for_update().filter(
        channel=state.channel, target=state.target, state=State.PENDING, since__lt=limit
    )
    for delivery in late.order_by("seq")[:EXPIRED_AT_ONCE]:
        _stop(state.channel, delivery, desks.TRANSPORT, f"Aucune réponse de la cible : {state.words}"[:300])


def _parcels(state: TargetState, now: object, only: UUID | None) -> list[tuple[Delivery, Parcel]]:
    moment = timezone.now()
    waiting = lanes.blocked(lanes.DELIVERY_LANES, state.channel_id, state.target, moment)
    rows = Delivery.objects.filter(
        channel=state.channel, target=state.target, state=State.PENDING, due_at__lte=moment
    ).order_by("seq")
    if waiting:
        # What ties two lanes stays in the walk: held by one, it holds the other for those behind it.
        rows = rows.exclude(lanes__overlap=waiting, lanes__len__lte=1)
    if only is not None:
        # It goes first only when nothing of its lanes is before it.
        rows = rows.filter(id=only) if not _has_before(state, only) else rows.none()
    limit = 1 if state.down_since else BATCH  # a mute target is tried with one message
    found: list[tuple[Delivery, Parcel]] = []
    for delivery in lanes.Walk(waiting, moment).free(rows[:WINDOW]):
        exchange = Exchange.objects.filter(id=delivery.exchange_id, at=delivery.exchange_at).first()
        payload = journal.payload_of(exchange) if exchange is not None else None
        if exchange is None or payload is None:
            _stop(state.channel, delivery, desks.GONE, "Le contenu de ce message n'est plus conservé.")
            continue
        parcel = Parcel(
            delivery.id, exchange.distribution_id, delivery.seq, payload, exchange.content_type, exchange.message_type
        )
        found.append((delivery, parcel))
        if len(found) >= limit:
            break
    return found


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


def _send(loan: Loan) -> list[Result]:
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

    with loan.adapter.opened(loan.item) as send:
        if len(loan.groups) == 1 or loan.simultaneous == 1:
            return [result for group in loan.groups for result in one_lane(send, group)]
        with ThreadPoolExecutor(min(loan.simultaneous, len(loan.groups)), thread_name_prefix="channel-lane") as pool:
            return [
                result for results in pool.map(lambda group: one_lane(send, group), loan.groups) for result in results
            ]


# -- what became of it


@transaction.atomic
def settle(loaned: TargetState, results: Sequence[Result]) -> None:
    """Write what the target took and did not; give the target back, or leave it alone for a while."""
    now = timezone.now()
    state = TargetState.objects.select_for_update(of=("self",)).select_related("channel").get(pk=loaned.pk)
    rows = Delivery.objects.select_for_update(of=("self",)).in_bulk([parcel.delivery_id for parcel, _ in results])
    exchanges = Exchange.objects.in_bulk([row.exchange_id for row in rows.values()])
    changes: list[tuple[Exchange, str | None, str | None, str]] = []
    delivered: list[UUID] = []
    down = ""
    for parcel, receipt in results:
        row, exchange = rows[parcel.delivery_id], exchanges[rows[parcel.delivery_id].exchange_id]
        if row.state != State.PENDING:
            continue  # settled by another, or given up by a person meanwhile
        row.attempts += 1
        exchange.attempts += 1
        row.words = receipt.words[:300]
        if receipt.result == "delivered":
            row.state, row.done_at, row.reason = State.DELIVERED, now, ""
            state.last_ok_at = now
            delivered.append(row.passage_id)
            changes.append((exchange, Exchange.State.ACKNOWLEDGED.value, receipt.words, ""))
            row.save()
        elif receipt.result in ("rejected", "unknown"):
            reason = receipt.reason or (desks.REFUSED if receipt.result == "rejected" else desks.UNKNOWN)
            row.save()
            _stop(state.channel, row, reason, receipt.words, exchange)
        elif receipt.result == "later":
            _later(state.channel, row, exchange, receipt, changes)
        else:
            down = receipt.words
            row.save()
            changes.append((exchange, None, f"Tentative {row.attempts} : {receipt.words}", ""))
    journal.update_all(changes)
    finish_passages(delivered)
    if down:
        state.failures += 1
        state.down_since = state.down_since or now
        state.paused_until = now + min(FIRST_RETRY * 2 ** min(state.failures - 1, 12), LONGEST_RETRY)
        state.words = down[:300]
    elif results:
        state.failures, state.down_since, state.words = 0, None, ""
    if state.lent_to == loaned.lent_to:
        state.lent_until = now
    state.save()


def _later(
    channel: Channel,
    row: Delivery,
    exchange: Exchange,
    receipt: Receipt,
    changes: list[tuple[Exchange, str | None, str | None, str]],
) -> None:
    """A refusal of the moment (AR): this message again later, then a person."""
    now = timezone.now()
    if now - row.since > LONGEST_WAIT:
        row.save()
        _stop(channel, row, desks.LATER, receipt.words, exchange)
        return
    row.due_at = now + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 12), LONGEST_RETRY)
    row.save()
    changes.append((exchange, None, f"Tentative {row.attempts} : {receipt.words}", ""))


def _stop(channel: Channel, row: Delivery, reason: str, words: str, exchange: Exchange | None = None) -> None:
    row.state, row.reason, row.words = State.STOPPED, reason, words[:300]
    row.save()
    exchange = exchange or Exchange.objects.filter(id=row.exchange_id, at=row.exchange_at).first()
    if exchange is not None:
        exchange.fault_code = reason[:20]
        journal.update(exchange, state=Exchange.State.FAILED, note=words)
    desks.ask(channel, row)


def finish_passages(passage_ids: Sequence[UUID]) -> None:
    """A passage is done with the last of its deliveries."""
    left = Delivery.objects.filter(passage_id__in=passage_ids, state__in=("pending", "stopped")).values("passage_id")
    done = Passage.objects.filter(id__in=passage_ids, state=Passage.State.SENDING).exclude(id__in=left)
    done.update(state=Passage.State.DONE, done_at=timezone.now())
