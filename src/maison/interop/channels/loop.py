"""The two loops of the worker: messages through their channels, deliveries to their targets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import override

from maison.foundations.jobs import Life
from maison.interop.exchanges.lanes import LaneLoop

from . import delivery, execution
from .language.configuration import Item
from .models import TargetState
from .ports import base
from .ports.base import Send


@dataclass(slots=True)
class Line:
    item: Item
    send: Send
    stack: ExitStack
    opened_at: float
    used_at: float


class Lines:
    """Targets kept open while messages follow one another: a line that slept a second, or is a minute old, is opened again.

    Short on purpose: a server closes the connections it finds idle, and what leaves on one of these has an unknown issue; and
    what the operator changes in an access is read again within the minute.
    """

    IDLE_SECONDS, LONGEST_SECONDS = 1.0, 60.0

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._lock = Lock()

    def opening(self, state: TargetState, item: Item) -> AbstractContextManager[Send]:
        return self._opened(state.pk, item)

    @contextmanager
    def _opened(self, pk: int, item: Item) -> Iterator[Send]:
        """The target is lent: nobody else asks for this line meanwhile."""
        with self._lock:
            line = self._lines.pop(pk, None)
        if line is not None and (line.item != item or self._is_old(line)):
            line.stack.close()
            line = None
        if line is None:
            stack, now = ExitStack(), time.monotonic()
            line = Line(item, stack.enter_context(base.target(item.kind).opened(item)), stack, now, now)
        try:
            yield line.send
        except BaseException:
            line.stack.close()
            raise
        line.used_at = time.monotonic()
        with self._lock:
            self._lines[pk] = line

    def _is_old(self, line: Line) -> bool:
        now = time.monotonic()
        return now - line.used_at > self.IDLE_SECONDS or now - line.opened_at > self.LONGEST_SECONDS

    def close(self, *, old_only: bool = False) -> None:
        with self._lock:
            closing = {pk: line for pk, line in self._lines.items() if not old_only or self._is_old(line)}
            for pk in closing:
                del self._lines[pk]
        for line in closing.values():
            line.stack.close()


class DeliveryLoop(LaneLoop):
    def __init__(self) -> None:
        self.lines = Lines()
        super().__init__(self._serve, name="deliveries")

    def _serve(self) -> int:
        done = delivery.turn(self.lines.opening)
        self.lines.close(old_only=True)
        return done

    @override
    def __call__(self, life: Life) -> None:
        try:
            super().__call__(life)
        finally:
            self.lines.close()


channels = LaneLoop(execution.turn, name="channels")
deliveries = DeliveryLoop()
