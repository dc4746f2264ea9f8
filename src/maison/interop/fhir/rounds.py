"""A round: the usual calls of the moment, taken together in one transaction and answered once it is committed (decision 0018).

Together, else alone. Each call keeps its own rights, its own refusal and its own trace, in the name of its own caller. As soon as
anything but an answer or a refusal happens (a defect, a statement the base refuses, one that lasts), the round is undone and none of
its calls is answered here: each is taken alone, by the ordinary way, and only the one at fault fails.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from django.db import Error, close_old_connections, connection, transaction

from maison.foundations.access.actor import Actor
from maison.foundations.gathering import gathered, one_trip, planned, prepared

from . import engine, steps, store, tracing
from .callers import Caller
from .calls import Answer, Call
from .errors import Refusal, Unavailable
from .tracing import Trace

log = logging.getLogger(__name__)

STATEMENT_MILLISECONDS = 400
"""What one statement of a round may last: neighbours do not wait longer for a question that is slow."""
LOOK_AT_CONNECTION_SECONDS = 5.0

type Asked = tuple[Call, Caller]
type Result = tuple[Answer, list[Trace]]

_here = threading.local()


class _Undone(Exception):
    """A call refused itself after having written: its writing goes, hence the round."""


def take(asked: Sequence[Asked]) -> list[Answer | None]:
    """The answers, in order, all committed with their traces; None for those to be taken alone.

    When the base is lost while it commits creations, nobody knows what was kept: 503, and nothing is done twice.
    """
    work, link, committing = _Round(asked), None, False
    try:
        _look_at_connection()
        work.begin()
        connection.ensure_connection()
        link = connection.connection
        with one_trip(), transaction.atomic():
            work.run()
            committing = True
        return list(work.answers)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it happens again to the call at fault, alone, and is told there
        log.warning("fhir.round_undone %s %d", type(error.__cause__ or error).__name__, len(asked))
        # A COMMIT that the base refuses kept nothing. Without its answer, nobody knows.
        unknown = committing and work.kept and (link is None or link.closed or not isinstance(error, Error))
        return [engine.answer_of(Unavailable()) if unknown else None] * len(asked)
    finally:
        _leave_connection()


class _Round:
    def __init__(self, asked: Sequence[Asked]) -> None:
        self.asked = asked
        self.answers: list[Answer | None] = [None] * len(asked)
        self.traces: list[tuple[Actor, Trace]] = []
        self.kept: list[store.Draft] = []
        self.waiting: list[tuple[int, steps.Steps[Result], steps.Step]] = []

    def begin(self) -> None:
        """What needs no transaction: bodies are read, checked and indexed, questions are made."""
        for place, (call, caller) in enumerate(self.asked):
            self._go_on(place, engine.usual_steps(call, caller), None)

    def run(self) -> None:
        bounded = False
        while self.waiting:
            turn, self.waiting = self.waiting, []
            answers = _ask([step for _, _, step in turn], bounded=bounded)
            bounded = True
            if drafts := [step.draft for _, _, step in turn if isinstance(step, steps.Keep)]:
                store.insert(steps.named(drafts))
                self.kept += drafts
            for place, (at, going, step) in enumerate(turn):
                self._go_on(at, going, answers.get(place), written=isinstance(step, steps.Keep))
        with gathered():
            steps.announce(self.kept)
            tracing.record(self.traces)

    def _go_on(self, place: int, going: steps.Steps[Result], answer: Any, *, written: bool = False) -> None:
        call, caller = self.asked[place]
        try:
            self.waiting.append((place, going, going.send(answer)))
        except StopIteration as end:
            self.answers[place], traces = end.value
            self.traces += [(caller.actor, trace) for trace in traces]
        except Refusal as refusal:
            if written:
                raise _Undone from refusal
            self.answers[place] = engine.answer_of(refusal)
            self.traces.append((caller.actor, engine.trace_of(call, refusal)))


SETTING = "SELECT set_config(%s, %s, true)"


def _ask(asked: Sequence[steps.Step], *, bounded: bool) -> dict[int, Any]:
    """The answers of these steps by their place, in one trip; what is to be kept has none."""
    single = [(place, step) for place, step in enumerate(asked) if isinstance(step, steps.Row)]
    many = [(place, step) for place, step in enumerate(asked) if isinstance(step, steps.Rows)]
    steady = [each for each in many if each[1].steady]
    found: dict[int, Any] = {}
    with ExitStack() as stack:
        first, current = stack.enter_context(prepared()), stack.enter_context(prepared())
        cursors = []

        def send(place: int, step: steps.Rows, cursor: Any) -> None:
            cursor.execute(step.statement, step.args)
            cursors.append((place, cursor))

        with one_trip():
            if not bounded:
                first.execute(SETTING, ["statement_timeout", str(STATEMENT_MILLISECONDS)])
            if single:
                current.execute(store.CURRENT_TOGETHER, store.together((step.kind, step.id) for _, step in single))
            if steady:
                first.execute(SETTING, ["plan_cache_mode", "force_generic_plan"])
                for place, step in steady:
                    send(place, step, stack.enter_context(prepared()))
                first.execute(SETTING, ["plan_cache_mode", "auto"])
            for place, step in many:
                if not step.steady:
                    send(place, step, stack.enter_context(planned()))
        if single:
            for row in current.fetchall():
                found[single[row[0] - 1][0]] = store.Current(*row[1:])
        for place, cursor in cursors:
            found[place] = cursor.fetchall()
    return found


def _look_at_connection() -> None:
    """A connection that served a moment ago is not asked again whether it lives: a round that finds it dead is taken alone."""
    if time.monotonic() - getattr(_here, "looked_at", 0.0) > LOOK_AT_CONNECTION_SECONDS:
        close_old_connections()
        connection.close_if_health_check_failed()
        _here.looked_at = time.monotonic()


def _leave_connection() -> None:
    if connection.errors_occurred or connection.settings_dict["CONN_MAX_AGE"] == 0:  # broken perhaps, or lent by a pool
        close()


def close() -> None:
    """Also called when the thread that takes rounds ends."""
    try:
        connection.close()
    except Error as error:
        log.info("fhir.round_connection %s", type(error).__name__)
