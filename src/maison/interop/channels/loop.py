"""The two loops of the worker: messages through their channels, deliveries to their targets; woken by the database, at worst each second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psycopg
from django.db import close_old_connections

from maison.foundations.events import announcer
from maison.foundations.jobs import Life

from . import delivery, execution

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class Woken:
    """Turns while there is work, then waits for a sign of the database or a second."""

    def __init__(self, name: str, work: Callable[[], int]) -> None:
        self.name, self.work = name, work
        self.listening: psycopg.Connection | None = None

    def __call__(self, life: Life) -> None:
        try:
            while not life.stopping:
                life.turned()
                if not self.turn():
                    self.wait()
        finally:
            self._close()

    def turn(self) -> int:
        close_old_connections()
        try:
            return self.work()
        finally:
            close_old_connections()

    def wait(self) -> None:
        try:
            if self.listening is None or self.listening.closed:
                self.listening = psycopg.connect(
                    announcer.connection_string(), autocommit=True, application_name=f"maison-{self.name}"
                )
                self.listening.execute(f"LISTEN {announcer.CHANNEL}")
                return  # something may have come before we listened
            for _ in self.listening.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        except psycopg.Error as error:
            log.warning("channels.listen_failed %s", type(error).__name__)
            self._close()
            time.sleep(POLL_SECONDS)

    def _close(self) -> None:
        if self.listening is not None:
            self.listening.close()
        self.listening = None


channels = Woken("channels", execution.turn)
deliveries = Woken("deliveries", delivery.turn)
