"""Two people writing at once: a second connection to the test's database, and reading until something is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from maison.foundations.events.announcer import connection_string

DEADLINE = 60.0


@contextmanager
def second_connection(*, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    with psycopg.connect(connection_string(), autocommit=autocommit) as link:
        yield link


def wait_until(condition: Callable[[], object], what: str) -> None:
    """The watermark is that of the whole server: other tests of the run may hold it back for a moment."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"never happened: {what}"
        time.sleep(0.02)
