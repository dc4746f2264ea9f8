"""Loops of the worker: each in its thread, each watched, one that falls is said and starts again a little later."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import close_old_connections, connections
from django.utils import timezone

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (1, 2, 5, 10, 30)
STEADY_SECONDS = 60  # turning that long, a loop is forgiven its earlier falls


@dataclass(slots=True)
class LoopState:
    """What supervision says of a loop."""

    turned_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    error: str = ""

    def as_details(self) -> dict[str, object]:
        return {
            "turned_at": self.turned_at and self.turned_at.isoformat(timespec="seconds"),
            "failures": self.failures,
            "failed_at": self.failed_at and self.failed_at.isoformat(timespec="seconds"),
            "error": self.error,
        }


class Life:
    """What a loop is given: whether it must end, and a way to wait that ends with it."""

    def __init__(self, stop: threading.Event, state: LoopState) -> None:
        self._stop = stop
        self._state = state

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def turned(self) -> None:
        """Says that the loop is alive; `wait` says it too."""
        self._state.turned_at = timezone.now()

    def wait(self, seconds: float) -> bool:
        """Sleep until the next turn; True when the worker is stopping."""
        self.turned()
        return self._stop.wait(seconds)


type Loop = Callable[[Life], None]

_loops: dict[str, Loop] = {}


def register_loop(name: str, loop: Loop) -> None:
    """A loop of the worker: `loop(life)` works until `life.stopping`, and may fall: it is then started again.

    Connections to the database are closed for it when it ends or falls. See `every` for the usual loop.
    """
    if _loops.setdefault(name, loop) is not loop:
        raise ValueError(f"The loop {name} is registered twice.")


def loops() -> dict[str, Loop]:
    return dict(_loops)


def every(seconds: float, turn: Callable[[], object]) -> Loop:
    """The loop that does one `turn` at once, then one every so many seconds, each with a live connection."""

    def loop(life: Life) -> None:
        while not life.stopping:
            close_old_connections()
            turn()
            close_old_connections()
            if life.wait(seconds):
                return

    return loop


class Watched(threading.Thread):
    """One loop in its thread, started again with a growing delay whenever it falls."""

    def __init__(self, name: str, loop: Loop, stop: threading.Event) -> None:
        super().__init__(name=f"loop-{name}", daemon=True)
        self.loop_name = name
        self.state = LoopState()
        self._loop = loop
        self._stop_asked = stop

    def run(self) -> None:
        falls = 0
        while not self._stop_asked.is_set():
            began = time.monotonic()
            try:
                self._loop(Life(self._stop_asked, self.state))
                if self._stop_asked.is_set():
                    return
                error: Exception = RuntimeError("the loop returned before it was asked to")
            except Exception as fallen:  # noqa: BLE001 -- whatever a loop meets, it is said and the loop starts again
                error = fallen
            finally:
                connections.close_all()
            falls = 1 if time.monotonic() - began > STEADY_SECONDS else falls + 1
            self.state.failures += 1
            self.state.failed_at, self.state.error = timezone.now(), type(error).__name__
            log.error("worker.loop_failed %s", self.loop_name, exc_info=error)
            self._stop_asked.wait(BACKOFF_SECONDS[min(falls, len(BACKOFF_SECONDS)) - 1])
