"""One announcer per process: a commit is told at once, those that follow within milliseconds are told together.

A transaction that NOTIFYs takes a lock shared by the whole cluster while it commits; here no action does. If the
process dies before announcing, listeners still find the row: they also look by themselves once a second.
"""

from __future__ import annotations

import logging
import os
import threading
import time

import psycopg
from django.conf import settings

CHANNEL = "maison"
COALESCE_SECONDS = 0.003
QUIET_SECONDS = 0.2
"""Facts that no screen waits for are announced at most so often: each announcement wakes every reader of the house."""

log = logging.getLogger(__name__)
_wanted = threading.Event()
_at_once = threading.Event()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_owner_pid = 0


def connection_string(database: dict[str, object] | None = None) -> str:
    """libpq connection string of the house's database, for connections that Django does not manage."""
    database = database or settings.DATABASES["default"]
    keys = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return psycopg.conninfo.make_conninfo(
        "", **{key: str(database[name]) for key, name in keys.items() if database.get(name)}
    )


def wake(*, at_once: bool = True) -> None:
    """Called after commit. `at_once`: somebody looks at a screen that changes."""
    global _thread, _owner_pid
    if at_once:
        _at_once.set()
    _wanted.set()
    if _thread is None or not _thread.is_alive() or _owner_pid != os.getpid():
        with _lock:
            if _thread is None or not _thread.is_alive() or _owner_pid != os.getpid():
                _owner_pid = os.getpid()
                _thread = threading.Thread(target=_run, name="event-announcer", daemon=True)
                _thread.start()


def _run() -> None:
    connection: psycopg.Connection | None = None
    announced_at = -COALESCE_SECONDS
    while True:
        _wanted.wait()
        _at_once.wait(max(0.0, announced_at + QUIET_SECONDS - time.monotonic()))
        time.sleep(max(0.0, announced_at + COALESCE_SECONDS - time.monotonic()))
        _at_once.clear()
        _wanted.clear()
        announced_at = time.monotonic()
        for attempt in (1, 2):  # the first may only find out that the connection was lost since
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(
                        connection_string(), autocommit=True, application_name="maison-announcer"
                    )
                connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
                break
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                connection = None
                if attempt == 2:
                    # Listeners look once a second by themselves: an announcement is only ever a shortcut.
                    log.warning("events.announce_failed %s", type(error).__name__)
