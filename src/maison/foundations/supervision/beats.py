"""Heartbeats: written by each long-lived process every few seconds, read by the probes of the launcher and by the board."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from .models import Heartbeat

log = logging.getLogger(__name__)

BEAT_SECONDS = 4.0
FRESH_SECONDS = 15
FORGOTTEN_AFTER = timedelta(days=1)

_started_at = timezone.now()
_first_beat_done: set[tuple[str, int]] = set()


def instance_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def heartbeat(process: str, details: Mapping[str, Any] | None = None) -> None:
    """Say that this process lives. `details` holds figures and codes for supervision, never an identity."""
    if (process, os.getpid()) not in _first_beat_done:
        _forget_fallen_here(process)
        _first_beat_done.add((process, os.getpid()))
    beat = Heartbeat(process=process, instance=instance_name(), started_at=_started_at, details=dict(details or {}))
    Heartbeat.objects.bulk_create(
        [beat],
        update_conflicts=True,
        unique_fields=["process", "instance"],
        update_fields=["seen_at", "started_at", "details"],
    )


def farewell(process: str) -> None:
    """A clean stop: the process is no longer expected."""
    Heartbeat.objects.filter(process=process, instance=instance_name()).delete()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        log.debug("supervision.process_of_another_user %s", pid)
    return True


def _forget_fallen_here(process: str) -> None:
    """A process that takes the place of one that fell on this machine no longer lets it be expected."""
    machine = f"{socket.gethostname()}:"
    for beat in Heartbeat.objects.filter(process=process, instance__startswith=machine):
        if not _runs(int(beat.instance.removeprefix(machine))):
            beat.delete()


def forget_the_dead() -> int:
    deleted, _ = Heartbeat.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    return deleted


def is_alive(process: str) -> bool:
    limit = timezone.now() - timedelta(seconds=FRESH_SECONDS)
    return Heartbeat.objects.filter(process=process, seen_at__gte=limit).exists()


class Beating:
    """Heartbeats from a thread, for a process that has no loop of its own to give them from."""

    def __init__(self, process: str, details: Callable[[], Mapping[str, Any]] = dict) -> None:
        self.process = process
        self.details = details
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{process}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(BEAT_SECONDS)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._try(lambda: heartbeat(self.process, self.details()))
            self._stop.wait(BEAT_SECONDS)
        self._try(lambda: farewell(self.process))
        connection.close()

    def _try(self, act: Callable[[], None]) -> None:
        try:
            close_old_connections()
            act()
        except DatabaseError as error:
            log.warning("supervision.heartbeat_failed %s", type(error).__name__)
