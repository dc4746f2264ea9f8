"""Hints to open screens, over Server-Sent Events: `GET /flux/?sujets=emergency.board:<id>,relay.waiting:<id>`.

A plain ASGI application outside Django's handler: one LISTEN connection for the whole process, rights asked of Django
once at the opening of a stream and again every few minutes. A hint names a topic and never carries data: the screen
re-reads with its own rights, so a stream that outlives a right for a moment tells nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from . import announcer

log = logging.getLogger(__name__)

type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Receive = Callable[[], Awaitable[dict[str, Any]]]

PING_SECONDS = 2
LOOK_SECONDS = 1.0  # when no announcement comes, the hub looks by itself
RECHECK_SECONDS = 120
MAX_TOPICS = 40
PING = b"event: ping\ndata: %d\n\n" % PING_SECONDS
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
# What is new since the last look, late commits included: rows already told are remembered until the watermark passes.
NEWS = """
SELECT ledger_watermark(), position, seq, hints FROM (SELECT 1) AS one
LEFT JOIN events_event ON position >= %s AND at > now() - interval '10 minutes' ORDER BY position, seq
"""


class Stream:
    """One open screen.

    The hub writes to it directly: a server whose `send` is a plain coroutine (uvicorn) finishes without suspending unless
    the client is slow, so a hint reaches a thousand screens without waking a task for each. A slow client, or a server
    that sends otherwise, is told by the stream's own task instead; hints that come meanwhile are told once.
    """

    __slots__ = ("loop_waiter", "pending", "send", "started", "topics")

    def __init__(self, topics: frozenset[str], send: Send) -> None:
        self.topics = topics
        self.send = send
        self.started = False
        self.pending: dict[str, None] = {}
        self.loop_waiter: asyncio.Future[None] | None = None

    def tell(self, topic: str, message: dict[str, Any]) -> None:
        """`message` is the ASGI event that says `topic`, made once for all streams."""
        if self.started and not self.pending and self._sent_at_once(message):
            return
        self.pending[topic] = None
        waiter = self.loop_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _sent_at_once(self, message: dict[str, Any]) -> bool:
        sending = self.send(message)
        if not isinstance(sending, Coroutine):
            return False
        try:
            sending.send(None)
        except StopIteration:
            return True
        sending.close()  # the client is slow: nothing of this message was written yet
        return False

    async def wait(self, seconds: float) -> None:
        """Until something is told, or the time of a ping."""
        if self.pending:
            return
        loop = asyncio.get_running_loop()
        self.loop_waiter = waiter = loop.create_future()
        timer = loop.call_later(seconds, _release, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self.loop_waiter = None

    def take(self) -> bytes:
        topics, self.pending = self.pending, {}
        return b"".join(_hint(topic) for topic in topics)


def _hint(topic: str) -> bytes:
    return b"event: hint\ndata: %s\n\n" % topic.encode()


def _body(content: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": content, "more_body": True}


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Hub:
    """Follows the ledger of events for the streams of this process."""

    def __init__(self) -> None:
        self.by_topic: dict[str, set[Stream]] = {}
        self.count = 0
        self._low = 0
        self._told: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, stream: Stream) -> None:
        for topic in stream.topics:
            self.by_topic.setdefault(topic, set()).add(stream)
        self.count += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def remove(self, stream: Stream) -> None:
        for topic in stream.topics:
            listeners = self.by_topic.get(topic)
            if listeners is not None:
                listeners.discard(stream)
                if not listeners:
                    del self.by_topic[topic]
        self.count -= 1

    def tell(self, topics: Iterable[str]) -> None:
        for topic in topics:
            listeners = self.by_topic.get(topic)
            if listeners:
                message = _body(_hint(topic))
                for stream in tuple(listeners):
                    stream.tell(topic, message)

    def tell_all(self) -> None:
        """After a lost connection nobody knows what was missed: every screen re-reads."""
        for topic in list(self.by_topic):
            self.tell([topic])

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
    stream = Stream(topics, send)
    HUB.add(stream)
    gone = asyncio.ensure_future(_until_gone(receive, stream))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send(_body(b"retry: 2000\n\n" + PING))
        stream.started = True
        loop = asyncio.get_running_loop()
        recheck_at = loop.time() + RECHECK_SECONDS
        while not gone.done():
            await stream.wait(PING_SECONDS)
            if gone.done():
                break
            await send(_body(stream.take() or PING))
            if loop.time() > recheck_at:
                recheck_at = loop.time() + RECHECK_SECONDS
                if await check(session_key, wanted) != topics:
                    break  # the browser asks again, with what is allowed now
    finally:
        HUB.remove(stream)
        gone.cancel()


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if stream.loop_waiter is not None:
        _release(stream.loop_waiter)
