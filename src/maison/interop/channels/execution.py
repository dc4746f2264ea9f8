"""Messages go through their channel: in order, each in its savepoint, its deliveries written with its state.

One worker at a time holds a channel (an advisory lock of the transaction): order needs nothing more, and a worker that
dies gives it back with its transaction. What fails by our fault is tried again (5 s … 1 h), then handed to a person.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid5

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import desks, lanes, live
from .arrivals import CONTENT_TYPES
from .language import engine
from .language.configuration import Configuration
from .language.engine import Outcome, Refusal
from .models import Channel, Delivery, Passage, TargetState, Version

log = logging.getLogger(__name__)
State = Passage.State

LOCK = 7_310_061
BATCH = 50
WINDOW = 400
"""Messages looked at in one turn: what is blocked further on is not read into memory."""
ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
HIGH_WATER = 1000
"""Above this many messages in hand a channel takes no more from its source: they wait where they are."""


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


def _held(channel: Channel) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, str(channel.id)])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def process(channel: Channel, version: Version, limit: int = BATCH) -> int:
    """Deal with the messages that are due, in their order; zero when another worker holds the channel."""
    if not _held(channel):
        return 0
    # A version replaced while we waited for the lock is not applied any more.
    current = live.live_version(channel.id)
    if current is None:
        return 0
    config = live.configuration(current)
    now = timezone.now()
    waiting = lanes.blocked(lanes.PASSAGE_LANES, channel.id, now)
    rows = Passage.objects.filter(channel=channel, state=State.RECEIVED, due_at__lte=now).order_by("seq")
    if waiting:
        # What ties two lanes stays in the walk: held by one, it holds the other for those behind it.
        rows = rows.exclude(lanes__overlap=waiting, lanes__len__lte=1)
    walk = lanes.Walk(waiting, now)
    count = 0
    for passage in walk.free(rows[:WINDOW]):
        count += 1
        if not deal_with(channel, current, config, passage):
            walk.block(passage.lanes)
        if count >= limit:
            break
    return count


def deal_with(channel: Channel, version: Version, config: Configuration, passage: Passage) -> bool:
    """One message, in its savepoint. False when it stays, and holds its lanes."""
    passage.version = version.number
    passage.attempts += 1
    try:
        with transaction.atomic():
            return _go(channel, version, config, passage)
    except OperationalError:
        raise
    except Exception as error:  # a defect of ours must not stop the others nor lose the message: held, logged, retried
        log.exception("channels.passage_failed %s", passage.id)
        return _try_later(channel, passage, type(error).__name__)


def _exchange(passage: Passage) -> Exchange | None:
    return Exchange.objects.filter(id=passage.exchange_id, at=passage.exchange_at).first()


def _go(channel: Channel, version: Version, config: Configuration, passage: Passage) -> bool:
    exchange = _exchange(passage)
    payload = journal.payload_of(exchange) if exchange is not None else None
    if exchange is None or payload is None:
        return _stop(channel, passage, Refusal(desks.GONE, "Le contenu de ce message n'est plus conservé."))
    tables = live.tables(config.tables)
    if missing := [reference for reference in config.tables if reference not in tables]:
        raise LookupError(f"mapping tables not approved: {len(missing)}")
    outcome = engine.run(config, payload, tables, timezone.now(), test_world=not settings.PRODUCTION)
    if outcome.refusal is not None:
        return _stop(channel, passage, outcome.refusal)
    now = timezone.now()
    passage.flags, passage.reason, passage.words, passage.path = list(outcome.flags), "", "", ""
    if outcome.verdict == "filtered":
        passage.state, passage.done_at = State.FILTERED, now
    else:
        passage.state = State.SENDING
        _write(channel, version, config, passage, exchange, outcome)
    passage.save()
    if exchange.channel == channel.journal_channel:
        note = (
            "Écarté par le filtre du canal"
            if outcome.verdict == "filtered"
            else f"Transformé pour {', '.join(outcome.targets)}"
        )
        journal.update(exchange, state=Exchange.State.INTEGRATED, note=note)
    return True


def _write(
    channel: Channel, version: Version, config: Configuration, passage: Passage, exchange: Exchange, outcome: Outcome
) -> None:
    """What each target is owed: an exchange in the journal and its delivery, once for each (passage, target)."""
    entries, deliveries = [], []
    for name in outcome.targets:
        target = config.target(name)
        assert target is not None
        entry = journal.Entry(
            direction="out", channel=channel.journal_channel, door=target.kind, state=Exchange.State.TO_SEND, payload=outcome.payload,
            sender=settings.HUB_CLIENT_ID, recipients=[name], distribution_id=str(uuid5(passage.id, name)),
            message_type=exchange.message_type, content_type=CONTENT_TYPES[config.format], answers=exchange.id, correlation=exchange.distribution_id,
        )  # fmt: skip
        entries.append(entry)
        deliveries.append(
            Delivery(channel=channel, passage=passage, target=name, exchange_id=entry.id, exchange_at=entry.at, version=version.number,
                     lanes=passage.lanes, received_at=passage.received_at)
        )  # fmt: skip
    journal.write(entries)
    Delivery.objects.bulk_create(deliveries)
    TargetState.objects.bulk_create(
        [TargetState(channel=channel, target=name) for name in outcome.targets], ignore_conflicts=True
    )


def _stop(channel: Channel, passage: Passage, refusal: Refusal) -> bool:
    """It waits for a person, and its lanes with it; without a lane it only waits itself."""
    passage.state, passage.reason, passage.words, passage.path = (
        State.STOPPED,
        refusal.reason,
        refusal.words[:300],
        refusal.path,
    )
    passage.save()
    desks.ask(channel, passage)
    return False


def _try_later(channel: Channel, passage: Passage, error: str) -> bool:
    # The savepoint took back what was written, not what this object says: kept as `sending` it would be lost.
    passage.state, passage.done_at, passage.flags, passage.path = State.RECEIVED, None, [], ""
    words = f"Défaut de la maison ({error}), tentative {passage.attempts}"
    if passage.attempts >= ATTEMPTS:
        passage.state, passage.reason, passage.words = State.STOPPED, desks.HOUSE, words
        passage.save()
        desks.ask(channel, passage, urgency=0)
        return False
    passage.due_at = timezone.now() + min(FIRST_RETRY * 2 ** (passage.attempts - 1), LONGEST_RETRY)
    passage.reason, passage.words = desks.HOUSE, words
    passage.save()
    return False
