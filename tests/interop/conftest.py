from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maison.interop.gateway.process import House
from tests.rabbitmq import Broker, server_script

WAIT_SECONDS = 60


def until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """The first true answer; a condition, never a delay."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, "what was awaited did not come"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    if server_script() is None:
        pytest.skip("RabbitMQ absent : apt-get install rabbitmq-server")
    running = Broker()
    try:
        running.start()
        yield running
    finally:
        running.destroy()


class Background:
    """An event loop in its thread, where listeners and the hub live during a test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="test-loop", daemon=True)
        self.thread.start()
        self.house = House()
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, work: Any) -> asyncio.Task[Any]:
        async def begin() -> asyncio.Task[Any]:
            return asyncio.ensure_future(work)

        task = self.run(begin())
        self.tasks.append(task)
        return task

    def listen(self, listener: Any) -> asyncio.Task[Any]:
        return self.start(listener.run(self.house))

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_SECONDS)

    def stop(self, *tasks: asyncio.Task[Any]) -> None:
        async def end() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(end())

    def close(self) -> None:
        self.stop(*self.tasks)
        self.house.close()
        self.run(self.loop.shutdown_asyncgens())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def background(transactional_db: None) -> Iterator[Background]:
    running = Background()
    yield running
    running.close()
