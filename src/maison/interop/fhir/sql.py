"""SQL in pieces: text with its arguments, put together without ever mixing the two."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sql:
    """`text` holds one `%s` for each argument; values of a request are arguments, never text."""

    text: str
    args: tuple[Any, ...] = ()

    def __and__(self, other: Sql) -> Sql:
        return both(" AND ", [self, other])

    def negated(self) -> Sql:
        return Sql(f"NOT ({self.text})", self.args)


WHOLE = re.compile(r"[0-9]{1,9}")
"""A count or a version number. `str.isdigit` also takes digits that `int` refuses."""

TRUE, FALSE = Sql("TRUE"), Sql("FALSE")


def both(word: str, parts: Iterable[Sql]) -> Sql:
    found = [part for part in parts if not (word == " AND " and part is TRUE)]
    if not found:
        return TRUE
    if len(found) == 1:
        return found[0]
    return Sql("(" + word.join(part.text for part in found) + ")", tuple(arg for part in found for arg in part.args))


def every(parts: Iterable[Sql]) -> Sql:
    return both(" AND ", parts)


def some(parts: Iterable[Sql]) -> Sql:
    return both(" OR ", parts)
