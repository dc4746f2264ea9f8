"""The form of every log line. A traceback shows where and what kind, never the words of an exception.

An error's own words often quote the value that failed: a name, a date of birth, a whole row in PostgreSQL's DETAIL. The
house's own errors carry a stable code instead, which is shown.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, override

import psycopg

from maison.foundations.errors import BusinessError

type ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | tuple[Any, ...]
)


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the root first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from chain(cause)
    yield error


def named(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BusinessError):
        return f"{name} {error.code}"
    if isinstance(error, psycopg.Error) and error.sqlstate:
        return f"{name} {error.sqlstate} {error.diag.constraint_name or ''}".rstrip()
    return name


class Discreet(logging.Formatter):
    @override
    def formatException(self, ei: ExceptionInfo) -> str:
        error = ei[1]
        if error is None:
            return ""
        parts = []
        for one in chain(error):
            parts.append("".join(traceback.format_tb(one.__traceback__)).rstrip())
            parts.append(named(one))
        return "\n".join(part for part in parts if part)
