"""Two people writing at once: a second connection to the test's database, and reading until something is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from maison.foundations.events.announcer import connection_string
from maison.foundations.ledger import highest_position, watermark

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


def wait_for_watermark() -> None:
    """Until readers of the ledgers may see all that was committed. Inside a test's own transaction nothing ever is."""
    if not connection.in_atomic_block:
        wait_until(lambda: watermark() > highest_position(), "a watermark past all that was written")
