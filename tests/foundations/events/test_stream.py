"""The hub and its open screens: written to directly while they keep up, told once when they are slow."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from maison.foundations.events.stream import PING_CHUNK, Hub, Stream


class Connection:
    """What a server lends: a transport and its flow control."""

    def __init__(self) -> None:
        self.write_paused = False
        self.written: list[bytes] = []

    def write(self, chunk: bytes) -> None:
        self.written.append(chunk)

    def is_closing(self) -> bool:
        return False


async def nowhere(message: dict[str, Any]) -> None:
    raise AssertionError("only the stream's own task sends")


def opened(hub: Hub, topic: str, connection: Connection | None) -> Stream:
    lent: Any = {"transport": connection, "flow": connection} if connection is not None else None
    stream = Stream(frozenset({topic}), nowhere, lent)
    stream.started = True
    hub.add(stream)
    return stream


async def hub_of() -> Hub:
    """A hub whose tasks are not started: a test says itself what is told."""
    hub = Hub()
    hub._tasks = [asyncio.get_running_loop().create_task(asyncio.sleep(3600)) for _ in range(2)]
    return hub


def test_a_hint_is_one_chunk_of_the_body_written_to_those_who_asked_for_it() -> None:
    async def play() -> None:
        hub = await hub_of()
        mine, other = Connection(), Connection()
        topic = f"emergency.board:{uuid4()}"
        opened(hub, topic, mine)
        opened(hub, "emergency.board:other", other)
        hub.tell([topic])
        said = f"event: hint\ndata: {topic}\n\n".encode()
        assert mine.written == [b"%x\r\n" % len(said) + said + b"\r\n"]
        assert other.written == []

    asyncio.run(play())


def test_a_slow_screen_is_told_once_by_its_own_task_when_it_can_hear() -> None:
    async def play() -> None:
        hub = await hub_of()
        slow = Connection()
        stream = opened(hub, "emergency.cases:1", slow)
        slow.write_paused = True
        for _ in range(3):
            hub.tell(["emergency.cases:1"])
        assert slow.written == []
        await stream.wait(60)
        assert stream.take() == b"event: hint\ndata: emergency.cases:1\n\n"
        assert stream.take() == b""
        slow.write_paused = False
        hub.tell(["emergency.cases:1"])
        assert len(slow.written) == 1

    asyncio.run(play())


def test_a_server_that_lends_nothing_still_tells_through_the_task_of_the_stream() -> None:
    async def play() -> None:
        hub = await hub_of()
        stream = opened(hub, "emergency.cases:1", None)
        waiting = asyncio.create_task(stream.wait(60))
        await asyncio.sleep(0)
        hub.tell(["emergency.cases:1"])
        await waiting
        assert b"emergency.cases:1" in stream.take()

    asyncio.run(play())


def test_a_hint_that_comes_before_the_answer_began_waits_for_it() -> None:
    async def play() -> None:
        hub = await hub_of()
        connection = Connection()
        stream = opened(hub, "emergency.cases:1", connection)
        stream.started = False
        hub.tell(["emergency.cases:1"])
        assert connection.written == []
        assert b"emergency.cases:1" in stream.take()

    asyncio.run(play())


def test_every_screen_is_pinged_and_those_that_left_are_forgotten() -> None:
    async def play() -> None:
        hub = await hub_of()
        connections = [Connection() for _ in range(120)]
        streams = [opened(hub, "emergency.cases:1", connection) for connection in connections]
        gone = streams.pop()
        hub.remove(gone)
        pinging = asyncio.create_task(hub._ping())
        while not all(connection.written for connection in connections[:-1]):
            await asyncio.sleep(0.01)
        pinging.cancel()
        assert connections[0].written[0] == PING_CHUNK
        assert connections[-1].written == []
        assert hub.count == len(streams)

    asyncio.run(play())
