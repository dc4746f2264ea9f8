"""Sources the house goes to: a server it asks again and again. They have a loop of their own, so that a mute server holds nobody else.

A source is lent to one worker at a time. What it brings is committed in the journal before it is acknowledged, renamed or deleted
there: a crash in between shows the same message again, and its identity says that it is held.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar, override
from uuid import UUID

from django.db import close_old_connections, connections, transaction
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.jobs import Life
from maison.interop.channels import execution, live
from maison.interop.channels.arrivals import Arrival, Fate, receive
from maison.interop.channels.language.configuration import Configuration
from maison.interop.channels.language.errors import BadConfiguration
from maison.interop.channels.models import Channel, SourceState

from . import accesses
from .base import Source, source

log = logging.getLogger(__name__)

LOAN = timedelta(minutes=3)
BATCH = 50
AT_ONCE = 8
IDLE_SECONDS = 0.5
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=10)

type Held = Callable[[Sequence[Arrival]], list[Fate]]
"""Commits these messages and says what became of each. Only then may the server be told."""


class Unreachable(Exception):
    """The server does not answer, or not as it should. Its text is French and names no person."""


class RemoteSource(Source):
    """`pause_seconds`: how long between two looks at a server that has nothing new."""

    pause_seconds: ClassVar[float] = 5.0
    may_be_mute: ClassVar[bool] = True

    @override
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        return 0  # the loop of distant sources brings its messages

    @abstractmethod
    def fetch(self, channel: Channel, config: Configuration, limit: int, hold: Held) -> int:
        """Bring at most `limit` messages, oldest first; returns how many. Raises Unreachable."""

    @override
    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        return accesses.reach(channel, config.source)

    @override
    def forget(self, channel: Channel) -> None:
        SourceState.objects.filter(channel=channel).delete()


def turn() -> int:
    """Look once at every source that is due; returns how many messages came."""
    now = timezone.now()
    busy = SourceState.objects.filter(Q(lent_until__gt=now) | Q(paused_until__gt=now)).values_list(
        "channel_id", flat=True
    )
    waiting = set(busy)
    due = [
        (channel, config) for channel, config in _running() if channel.id not in waiting and isinstance(source(config.source.kind), RemoteSource)
    ]  # fmt: skip
    if not due:
        return 0
    with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="channel-source") as pool:
        return sum(pool.map(lambda pair: _apart(*pair), due))


def _running() -> Iterator[tuple[Channel, Configuration]]:
    for channel, version in live.running():
        try:
            yield channel, live.configuration(version)
        except BadConfiguration:
            log.warning("channels.version_unreadable %s", version.id)


def loop(life: Life) -> None:
    """The worker's loop: at once again while messages come."""
    while not life.stopping:
        close_old_connections()
        try:
            found = turn()
        finally:
            close_old_connections()
        if found:
            life.turned()
        else:
            life.wait(IDLE_SECONDS)


def _apart(channel: Channel, config: Configuration) -> int:
    close_old_connections()
    try:
        return look(channel, config)
    finally:
        connections.close_all()


def look(channel: Channel, config: Configuration, limit: int = BATCH) -> int:
    """One look at one source, when it is due and the channel is not already full."""
    if execution.backlog(channel) >= execution.HIGH_WATER or (loan := _borrow(channel)) is None:
        return 0
    adapter = source(config.source.kind)
    assert isinstance(adapter, RemoteSource)
    words, count = "", 0

    def hold(arrivals: Sequence[Arrival]) -> list[Fate]:
        nonlocal count
        count += len(arrivals)
        return receive(channel, config, arrivals)

    try:
        adapter.fetch(channel, config, limit, hold)
    except Unreachable as error:
        words = str(error)
    except Exception as error:  # an adapter in default must stop no other source; it is logged and tried again
        log.exception("channels.source_failed %s", channel.id)
        words = f"L'adaptateur de la source est en défaut ({type(error).__name__})."
    finally:
        _give_back(channel, loan, words, pause=0 if count else adapter.pause_seconds)
    return count


@transaction.atomic
def _borrow(channel: Channel) -> UUID | None:
    SourceState.objects.get_or_create(channel=channel)
    now = timezone.now()
    state = SourceState.objects.select_for_update(skip_locked=True).filter(channel=channel).first()
    if state is None or state.lent_until > now or state.paused_until > now:
        return None
    state.lent_until, state.lent_to = now + LOAN, uuid7()
    state.save(update_fields=["lent_until", "lent_to"])
    return state.lent_to


@transaction.atomic
def _give_back(channel: Channel, loan: UUID, words: str, *, pause: float) -> None:
    now = timezone.now()
    state = SourceState.objects.select_for_update().filter(channel=channel, lent_to=loan).first()
    if state is None:
        return
    if words:
        state.failures += 1
        state.down_since = state.down_since or now
        state.paused_until = now + min(FIRST_RETRY * 2 ** min(state.failures - 1, 12), LONGEST_RETRY)
        state.words = words[:300]
    else:
        state.failures, state.down_since, state.words, state.last_ok_at = 0, None, "", now
        state.paused_until = now + timedelta(seconds=pause)
    state.lent_until = now
    state.save()
