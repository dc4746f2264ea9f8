"""Calls that wait for the next round: one thread and one connection for each kind, a limit, and a share for each caller.

While a round is with the base, the calls that arrive wait together: a quiet house answers each at once, a busy one by ever larger
rounds, whose cost grows much less than their size. Rounds that last are made smaller, so that nobody waits long for a neighbour.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from . import engine, rounds
from .callers import Caller
from .calls import Answer, Call
from .errors import Full, Unavailable

log = logging.getLogger(__name__)

MOST_WAITING = 256
"""Calls of one kind that may wait in one process; beyond, they are told to come back (503)."""
MOST_OF_ONE = 128
"""Of which those of one caller: a hospital that sends everything at once leaves room for the others."""
MOST_TOGETHER = 32
LONG_SECONDS = 0.1
"""A round that lasted longer is followed by one of half its size."""
QUIET_SECONDS = 1.0


@dataclass(slots=True)
class _Waiting:
    call: Call
    caller: Caller
    answer: asyncio.Future[Answer | None] = field(default_factory=asyncio.Future)


class Queue:
    """One kind of call. Used from one event loop; rounds are taken in a thread of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: deque[_Waiting] = deque()
        self._of_each: Counter[str] = Counter()
        self._size = MOST_TOGETHER
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"fhir-{name}")
        self._told_at = float("-inf")

    async def ask(self, call: Call, caller: Caller) -> Answer | None:
        """The answer, committed with its trace; None when the call must be taken alone. Raises Full."""
        subject = caller.actor.subject
        if len(self._waiting) >= MOST_WAITING or self._of_each[subject] >= MOST_OF_ONE:
            self._tell()
            raise Full
        one = _Waiting(call, caller)
        self._waiting.append(one)
        self._of_each[subject] += 1
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._start)  # what arrives in this turn of the loop goes with it
        return await one.answer

    def _start(self) -> None:
        turn = [self._waiting.popleft() for _ in range(min(self._size, len(self._waiting)))]
        for one in turn:
            subject = one.caller.actor.subject
            self._of_each[subject] -= 1
            if not self._of_each[subject]:
                del self._of_each[subject]
        self._busy = bool(turn)
        if turn:
            self._thread.submit(self._take, turn, asyncio.get_running_loop())

    def _take(self, turn: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        began = time.monotonic()
        answers: list[Answer | None] = [engine.answer_of(Unavailable())] * len(turn)  # should the round itself break
        try:
            answers = rounds.take([(one.call, one.caller) for one in turn])
        finally:
            loop.call_soon_threadsafe(self._done, turn, answers, time.monotonic() - began)

    def _done(self, turn: list[_Waiting], answers: list[Answer | None], seconds: float) -> None:
        self._size = max(1, len(turn) // 2) if seconds > LONG_SECONDS else min(MOST_TOGETHER, self._size * 2)
        for one, answer in zip(turn, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
        self._start()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at > QUIET_SECONDS:
            self._told_at = now
            log.warning("fhir.queue_full %s %d", self.name, len(self._waiting))

    def close(self) -> None:
        """What has begun ends; what waits is told to come back."""
        while self._waiting:
            one = self._waiting.popleft()
            if not one.answer.done():
                one.answer.set_exception(Full())
        self._thread.submit(rounds.close)
        self._thread.shutdown(wait=True)
