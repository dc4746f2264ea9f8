"""What a room says of an official file: how its rows are cut, read and used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

MAX_GONE_RATIO = 0.05
FRESH_DAYS = 7


class Line(NamedTuple):
    """A row still in bytes: enough to know whether it changed. `key` is unique in its source; `entity` is what it speaks of."""

    key: str
    entity: str
    raw: bytes


class Unreadable(NamedTuple):
    """A line that cannot even be cut: `text` says in French what was expected."""

    place: str
    code: str
    text: str


class Fault(NamedTuple):
    """What is wrong in a row. `blocking` refuses the row and keeps its last good one; a warning is told and the row is used."""

    code: str
    field: str
    text: str
    blocking: bool = True


class Understood(NamedTuple):
    """A row as the registry keeps it (JSON values), with its faults. `body` is None when a fault is blocking."""

    body: dict[str, Any] | None
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file once recognised: its date for its publisher, and its lines, that can be read as often as needed."""

    vintage: dt.date
    lines: Callable[[], Iterator[Line | Unreadable]]
    understand: Callable[[Line], Understood]
    total_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One official file. `project(source, entities)` rebuilds what the registry shows of these entities from all their rows;
    it runs in the transaction of each batch and must give the same result when it runs twice. `shown` are the fields of an example
    of difference, `tables` those that `project` writes."""

    code: str
    name: str
    publisher: str
    licence: str
    open: Callable[[Path], Opened]
    project: Callable[[str, Sequence[str]], None]
    max_gone_ratio: float = MAX_GONE_RATIO
    fresh_days: int = FRESH_DAYS
    public: bool = True
    shown: Sequence[str] = ()
    tables: Sequence[str] = ()


_sources: dict[str, Source] = {}


def register_source(source: Source) -> Source:
    if _sources.setdefault(source.code, source) is not source:
        raise ValueError(f"Two rooms follow {source.code}.")
    return source


def sources() -> dict[str, Source]:
    return dict(sorted(_sources.items()))


def source_named(code: str) -> str:
    """How a person calls the source, known here or not (a nomenclature loaded from its own file)."""
    known = _sources.get(code)
    return known.name if known else code
