"""The worker process: the job queue, every registered loop and a heartbeat, stopped together within three seconds."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from typing import Any

from django.db import connections
from procrastinate import App
from procrastinate.contrib.django import DjangoApp, app

from maison.foundations.supervision.beats import BEAT_SECONDS, farewell, heartbeat

from .loops import Life, Watched, every, loops

log = logging.getLogger(__name__)

CONCURRENCY = 4
STOP_SECONDS = 2.0
FORCED = 1


def queue_app() -> App:
    """The same tasks over an asynchronous connection, used to fetch jobs only.

    What a job defers still goes through Django's connection, in the job's own transaction.
    """
    connector: Any = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    connector._pool_args.update(min_size=1, max_size=3)
    fetching = DjangoApp(connector=connector, import_paths=app.import_paths)
    fetching.tasks, fetching.periodic_registry = app.tasks, app.periodic_registry
    return fetching


def job_queue(life: Life) -> None:
    """Fetch and run jobs until the worker stops; a lost database ends it, and it is started again."""
    asyncio.run(_job_queue(life))


async def _job_queue(life: Life) -> None:
    async with queue_app().open_async() as fetching:
        running = asyncio.create_task(
            fetching.run_worker_async(
                name="worker",
                concurrency=CONCURRENCY,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOP_SECONDS / 2,
                delete_jobs="never",
            )
        )
        while not life.stopping and not running.done():
            life.turned()
            await asyncio.wait([running], timeout=0.2)
        running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            log.debug("jobs.queue_stopped")


class Worker:
    def __init__(self) -> None:
        self.stop_asked = threading.Event()
        self.watched: list[Watched] = []

    def run(self) -> int:
        """Runs until SIGTERM or SIGINT; returns the exit code."""
        connections["default"].settings_dict["OPTIONS"].pop("pool", None)  # a few threads, a connection each
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)
        registered = {"queue": job_queue, **loops(), "heartbeat": every(BEAT_SECONDS, self._beat)}
        self.watched = [Watched(name, loop, self.stop_asked) for name, loop in registered.items()]
        for thread in self.watched:
            thread.start()
        log.info("worker.started %s", " ".join(sorted(registered)))
        self.stop_asked.wait()
        return self._end()

    def _ask(self, signum: int, frame: object) -> None:
        self.stop_asked.set()

    def _beat(self) -> None:
        heartbeat("worker", {"loops": {thread.loop_name: thread.state.as_details() for thread in self.watched}})

    def _end(self) -> int:
        pause = threading.Event()
        waited = 0.0
        while any(thread.is_alive() for thread in self.watched) and waited < STOP_SECONDS:
            pause.wait(0.05)
            waited += 0.05
        late = [thread.loop_name for thread in self.watched if thread.is_alive()]
        farewell("worker")
        log.info("worker.stopped %s", " ".join(late))
        if late:  # a job that does not end: its transaction is rolled back, another worker takes it again
            logging.shutdown()
            os._exit(FORCED)
        return 0
