"""Runs the listeners, says that the process lives, and stops all of it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from maison.foundations import supervision

log = logging.getLogger(__name__)

THREADS = 2
BEAT_SECONDS = 4.0
RESTART_SECONDS = (1, 2, 5, 10, 30)
STOP_SECONDS = 8.0
PROCESS = "gateway"


class House:
    """The house's database work, seen from asyncio."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="house")

    async def do[T](self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, work, arguments)

    def close(self) -> None:
        # One last errand a thread, all at once so that each takes its own, to close the connection it holds.
        together = threading.Barrier(THREADS)

        def last_errand() -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                together.wait(STOP_SECONDS)
            connections.close_all()

        for errand in [self._threads.submit(last_errand) for _ in range(THREADS)]:
            errand.result()
        self._threads.shutdown(wait=True)


def _with_connection[T](work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()


class Listener(Protocol):
    name: str

    async def run(self, house: House) -> None:
        """Until cancelled."""

    def details(self) -> dict[str, object]:
        """What supervision shows: figures and codes."""


def configured() -> list[Listener]:
    """The listeners that the settings open."""
    from maison.interop.hl7v2 import opening
    from maison.interop.hl7v2.sender import MllpSender
    from maison.interop.hub_sante.amqp import AmqpDoor
    from maison.interop.hub_sante.mtls import CertificateDoor

    found: list[Listener] = []
    if settings.HUB_AMQP_URL:
        found.append(AmqpDoor(settings.HUB_AMQP_URL, settings.HUB_CLIENT_ID))
    if settings.HUB_MTLS_LISTEN:
        found.append(CertificateDoor.from_settings())
    if settings.MLLP_LISTEN:
        found.append(opening.door())
    if settings.MLLP_SEND:
        found.append(MllpSender())
    return found


class Gateway:
    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = listeners
        self.house = House()
        self.stopping = asyncio.Event()

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self.stopping.set)
        names = ", ".join(listener.name for listener in self.listeners) or "none"
        log.info("gateway.started %s", names)
        tasks = [asyncio.create_task(self._keep(listener), name=listener.name) for listener in self.listeners]
        tasks.append(asyncio.create_task(self._beat(), name="heartbeat"))
        await self.stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        with contextlib.suppress(DatabaseError):  # the row then ages, and supervision says so
            await self.house.do(supervision.farewell, PROCESS)
        await asyncio.to_thread(self.house.close)
        log.info("gateway.stopped")
        return 0

    async def _keep(self, listener: Listener) -> None:
        """A listener that falls is said and starts again; the others never notice."""
        falls = 0
        while True:
            try:
                await listener.run(self.house)
            except asyncio.CancelledError:
                raise
            except Exception:  # whatever a listener meets must not take the others down; it is logged and restarted
                log.exception("gateway.listener_failed %s", listener.name)
            await asyncio.sleep(RESTART_SECONDS[min(falls, len(RESTART_SECONDS) - 1)])
            falls += 1

    async def _beat(self) -> None:
        while True:
            details = {listener.name: listener.details() for listener in self.listeners}
            try:
                await self.house.do(supervision.heartbeat, PROCESS, details)
            except DatabaseError as error:
                log.warning("gateway.heartbeat_failed %s", type(error).__name__)
            await asyncio.sleep(BEAT_SECONDS)
