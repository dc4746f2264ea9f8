"""Hints to open screens, over Server-Sent Events: `GET /flux/?sujets=emergency.board:<id>,relay.waiting:<id>`.

A plain ASGI application outside Django's handler: one LISTEN connection for the whole process, rights asked of Django
once at the opening of a stream and again every few minutes. A hint names a topic and never carries data: the screen
re-reads with its own rights, so a stream that outlives a right for a moment tells nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, Protocol, TypedDict
from urllib.parse import parse_qs

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from . import announcer

log = logging.getLogger(__name__)

type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Receive = Callable[[], Awaitable[dict[str, Any]]]


class Flow(Protocol):
    write_paused: bool


class Wire(TypedDict):
    """What a server lends of a connection."""

    transport: asyncio.Transport
    flow: Flow


PING_SECONDS = 2
LOOK_SECONDS = 1.0  # when no announcement comes, the hub looks by itself
RECHECK_SECONDS = 120
MAX_TOPICS = 40
PING = b"event: ping\ndata: %d\n\n" % PING_SECONDS
PINGED_TOGETHER = 50
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
WIRE = "maison.wire"
"""ASGI extension by which a server lends its connection (`Wire`). Only chunks of the started body may be
written, and only while `flow.write_paused` is false. Without it every hint goes through `send`."""
# What is new since the last look, late commits included: rows already told are remembered until the watermark passes.
NEWS = """
SELECT ledger_watermark(), position, seq, hints FROM (SELECT 1) AS one
LEFT JOIN events_event ON position >= %s AND at > now() - interval '10 minutes' ORDER BY position, seq
"""


class Stream:
    """One open screen.

    The hub writes to its connection directly when the server lends it (`WIRE`) and the client keeps up: a hint then
    reaches a thousand screens without waking a task for each. A slow client, or one of a server that lends nothing, is
    told by the stream's own task; hints that come meanwhile are told once.
    """

    __slots__ = ("flow", "pending", "send", "started", "topics", "transport", "waiter")

    def __init__(self, topics: frozenset[str], send: Send, wire: Wire | None = None) -> None:
        self.topics = topics
        self.send = send
        self.transport: asyncio.Transport | None = wire["transport"] if wire else None
        self.flow: Flow | None = wire["flow"] if wire else None
        self.started = False
        self.pending: dict[bytes, None] = {}
        self.waiter: asyncio.Future[None] | None = None

    def tell(self, said: bytes, chunk: bytes) -> None:
        """`chunk` is `said` as it goes over the wire, made once for all streams."""
        transport = self.transport
        if (
            transport is not None
            and self.flow is not None
            and self.started
            and not self.pending
            and not self.flow.write_paused
            and not transport.is_closing()
        ):
            transport.write(chunk)
            return
        self.pending[said] = None
        self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Until something is told that could not be written at once, the client leaves, or the time has passed."""
        if self.pending:
            return
        self.waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self.waiter
        except TimeoutError:
            return
        finally:
            self.waiter = None

    def take(self) -> bytes:
        pending, self.pending = self.pending, {}
        return b"".join(pending)


def _hint(topic: str) -> bytes:
    return b"event: hint\ndata: %s\n\n" % topic.encode()


def _chunk(said: bytes) -> bytes:
    """As HTTP/1.1 carries a piece of a body whose length is not known."""
    return b"%x\r\n%b\r\n" % (len(said), said)


PING_CHUNK = _chunk(PING)


def _body(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}


class Hub:
    """Follows the ledger of events for the streams of this process."""

    def __init__(self) -> None:
        self.by_topic: dict[str, set[Stream]] = {}
        self.streams: set[Stream] = set()
        self._low = 0
        self._told: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def count(self) -> int:
        return len(self.streams)

    def add(self, stream: Stream) -> None:
        for topic in stream.topics:
            self.by_topic.setdefault(topic, set()).add(stream)
        self.streams.add(stream)
        if not self._tasks or any(task.done() for task in self._tasks):
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(self._follow()), loop.create_task(self._ping())]

    def remove(self, stream: Stream) -> None:
        for topic in stream.topics:
            listeners = self.by_topic.get(topic)
            if listeners is not None:
                listeners.discard(stream)
                if not listeners:
                    del self.by_topic[topic]
        self.streams.discard(stream)

    def tell(self, topics: Iterable[str]) -> None:
        for topic in topics:
            listeners = self.by_topic.get(topic)
            if listeners:
                said = _hint(topic)
                chunk = _chunk(said)
                for stream in tuple(listeners):
                    stream.tell(said, chunk)

    def tell_all(self) -> None:
        """After a lost connection nobody knows what was missed: every screen re-reads."""
        for topic in list(self.by_topic):
            self.tell([topic])

    async def _ping(self) -> None:
        """Every screen hears a ping each PING_SECONDS; a few at a time, so that no hint waits behind a thousand pings."""
        while True:
            streams = list(self.streams)
            slices = [streams[start : start + PINGED_TOGETHER] for start in range(0, len(streams), PINGED_TOGETHER)]
            for some in slices:
                for stream in some:
                    stream.tell(PING, PING_CHUNK)
                await asyncio.sleep(PING_SECONDS / len(slices))
            if not slices:
                await asyncio.sleep(PING_SECONDS)

    async def _follow(self) -> None:
        first = True
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    announcer.connection_string(), autocommit=True, application_name="maison-streams"
                )
                async with connection:
                    await connection.execute(f"LISTEN {announcer.CHANNEL}")
                    await self._start_here(connection)
                    if not first:
                        self.tell_all()
                    first = False
                    while True:
                        async for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                            pass
                        await self._look(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("events.stream_connection_lost %s", type(error).__name__)
                first = False
                await asyncio.sleep(1)

    async def _start_here(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute("SELECT ledger_watermark()")
        row = await cursor.fetchone()
        self._low, self._told = row[0] if row else 0, set()

    async def _look(self, connection: psycopg.AsyncConnection[Any]) -> None:
        cursor = await connection.execute(NEWS, [self._low])
        still_open: set[int] = set()
        topics: dict[str, None] = {}
        watermark = self._low
        for row in await cursor.fetchall():
            watermark, position, seq, hints = row
            if seq is None:
                continue
            if seq not in self._told:
                topics.update(dict.fromkeys(hints))
            if position >= watermark:
                still_open.add(seq)
        self._low, self._told = watermark, still_open
        self.tell(topics)


HUB = Hub()


def _allowed_topics(session_key: str, topics: list[str]) -> frozenset[str] | None:
    """The topics this session may hear; None when it is nobody's session. Runs in a thread, and leaves no connection open."""
    from maison.foundations.access.actor import actor_of

    from .topics import may_listen

    class _Request:
        session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)

    try:
        actor = actor_of(_Request())  # type: ignore[arg-type]
        if actor.is_anonymous:
            return None
        return frozenset(topic for topic in topics if may_listen(actor, topic))
    finally:
        # A stream lives for hours: it must not keep the connection its opening used.
        connections.close_all()


def _session_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    jar: SimpleCookie = SimpleCookie()
    for name, value in headers:
        if name == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                continue
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The ASGI application mounted on `/flux/`."""
    if scope["method"] != "GET":
        await _refuse(send, 405)
        return
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    wanted = [topic for topic in ",".join(query.get("sujets", [])).split(",") if topic][:MAX_TOPICS]
    session_key = _session_key(scope["headers"])
    check = sync_to_async(_allowed_topics, thread_sensitive=False)
    topics = await check(session_key, wanted) if session_key else None
    if topics is None:
        # 204 tells an EventSource to stop asking: the page itself will be sent to the sign-in.
        await _refuse(send, 204)
        return
    stream = Stream(topics, send, scope.get("extensions", {}).get(WIRE))
    HUB.add(stream)
    gone = asyncio.ensure_future(_until_gone(receive, stream))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send(_body(b"retry: 2000\n\n" + PING))
        stream.started = True
        loop = asyncio.get_running_loop()
        recheck_at = loop.time() + RECHECK_SECONDS
        while not gone.done():
            await stream.wait(recheck_at - loop.time())
            if gone.done():
                break
            if stream.pending:
                await send(_body(stream.take()))
            if loop.time() >= recheck_at:
                recheck_at = loop.time() + RECHECK_SECONDS
                if await check(session_key, wanted) != topics:
                    break  # the browser asks again, with what is allowed now
    finally:
        HUB.remove(stream)
        gone.cancel()


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.wake()
