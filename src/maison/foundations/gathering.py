"""Rows that one transaction writes together: gathered while it works, sent in one go.

Written one by one, each row costs a round trip, a parsing and a plan over the months of its table. Each statement here
takes one parameter, a JSON array of rows, so that one row and a thousand are the same prepared statement.

    write(insertion("audit_entry", ("id", "code")), {"id": uuid7(), "code": "x.y"})     # at once

    with transaction.atomic(), gathered():
        ...                                 # what `write` and `insert` are given waits
    # here it is written, each statement once, in the order of first use; foreign keys are checked at commit

Nothing is gathered unless a caller opened `gathered()`, nor inside a savepoint of that caller's work, which may be
undone without it. Code that reads or changes rows which may be gathered calls `settle()` first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any

import msgspec
from django.db import connection, models
from django.db.backends.postgresql.base import ServerBindingCursor

# A plan that reads its months at each run is kept; a plan made anew for the month asked costs more than the reading.
KEEP_PLANS = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"
"""Asked at the start of a transaction of hot statements."""


class _Prepared(ServerBindingCursor):
    """Binds on the server and prepares from the first time, where the connection allows it (`MAISON_DB_PREPARE`)."""

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = True, **options: Any) -> Any:
        return super().execute(query, params, prepare=prepare, **options)  # type: ignore[misc]


class _Planned(ServerBindingCursor):
    """Binds on the server and never prepares: the plan is made for the values of this time."""

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = False, **options: Any) -> Any:
        return super().execute(query, params, prepare=prepare, **options)  # type: ignore[misc]


@contextmanager
def _cursor(kind: type[ServerBindingCursor]) -> Iterator[Any]:
    connection.ensure_connection()
    raw = connection.connection
    usual, raw.cursor_factory = raw.cursor_factory, kind
    try:
        found = connection.cursor()
    finally:
        raw.cursor_factory = usual
    with found as cursor:
        yield cursor


def prepared() -> AbstractContextManager[Any]:
    """A cursor for statements that run for every message of the region: parsed and planned once for each connection.

    Name the columns: a prepared `SELECT *` breaks when a migration adds one. The plan kept is one for all values.
    """
    return _cursor(_Prepared)


def planned() -> AbstractContextManager[Any]:
    """A cursor for questions whose best plan depends on the values asked; fit for one trip, unlike those of Django."""
    return _cursor(_Planned)


@contextmanager
def one_trip() -> Iterator[None]:
    """Statements sent together and answered together. None of them may need the answer of another.

    Inside another trip, they go with it. A COMMIT that ends a trip travels with its statements.
    """
    connection.ensure_connection()
    if connection.connection.pgconn.pipeline_status:
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def ask(*questions: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """Prepared statements asked together, in this order, each seeing what was committed when its turn came."""
    with ExitStack() as stack:
        cursors = [stack.enter_context(prepared()) for _ in questions]
        with one_trip():
            for cursor, (statement, parameters) in zip(cursors, questions, strict=True):
                cursor.execute(statement, parameters)
        return [cursor.fetchall() for cursor in cursors]


def tell(*statements: tuple[str, Sequence[Any]]) -> None:
    """Prepared statements sent together, whose answers nobody waits for."""
    if statements:
        with one_trip():
            for statement, parameters in statements:
                with prepared() as cursor:
                    cursor.execute(statement, parameters)


class _Gathering:
    """What waits, by statement."""

    def __init__(self) -> None:
        self.savepoints = _savepoints()
        self.rows: dict[str, list[Mapping[str, Any]]] = {}

    def flush(self) -> None:
        waiting, self.rows = self.rows, {}
        if waiting:
            with one_trip():
                for statement, rows in waiting.items():
                    _run(statement, rows)


_current: ContextVar[_Gathering | None] = ContextVar("gathering", default=None)


def _savepoints() -> int:
    return sum(1 for savepoint in connection.savepoint_ids if savepoint is not None)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, set | frozenset | tuple) else str(value)


def as_json(value: Any) -> str:
    """What PostgreSQL reads as JSON; what has no JSON form of its own is written as text."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain).decode()
    except UnicodeEncodeError:  # half a character: PostgreSQL says what is wrong with it, as it would of any text
        return json.dumps(value, default=str)


def _run(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with prepared() as cursor:
        cursor.execute(statement, [as_json(rows)])


@lru_cache(maxsize=64)
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """The statement that inserts rows with these columns; names come from code."""
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) SELECT {names} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608


def write(statement: str, row: Mapping[str, Any]) -> None:
    """Run the statement for this row: now, or with the others that are gathered."""
    gathering = _current.get()
    if gathering is None or gathering.savepoints != _savepoints():
        _run(statement, [row])
    else:
        gathering.rows.setdefault(statement, []).append(row)


def write_all(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run the statement at once for all these rows."""
    if rows:
        _run(statement, rows)


def insert(instance: models.Model) -> None:
    """Insert a new model instance whose key is already known. Signals are not sent."""
    fields = [(str(field.column), field) for field in instance._meta.concrete_fields]
    statement = insertion(instance._meta.db_table, tuple(column for column, _ in fields))
    write(statement, {column: field.pre_save(instance, True) for column, field in fields})
    instance._state.adding, instance._state.db = False, connection.alias


@contextmanager
def gathered() -> Iterator[None]:
    """Inside a transaction: what is written until the end is sent at the end, or not at all when it fails."""
    if _current.get() is not None or not connection.in_atomic_block:
        raise RuntimeError("rows are gathered once, inside a transaction")
    gathering = _Gathering()
    token = _current.set(gathering)
    try:
        yield
        gathering.flush()
    finally:
        _current.reset(token)


def settle() -> None:
    """Send what waits now: the caller is about to read or change it."""
    gathering = _current.get()
    if gathering is None or not gathering.rows:
        return
    if gathering.savepoints != _savepoints():
        raise RuntimeError("what waits would be undone with this savepoint: settle before it")
    gathering.flush()


def settled[**P, R](act: Callable[P, R]) -> Callable[P, R]:
    """Around an act that opens a savepoint and reads rows which may be gathered."""

    @wraps(act)
    def settled_first(*args: P.args, **kwargs: P.kwargs) -> R:
        settle()
        return act(*args, **kwargs)

    return settled_first
