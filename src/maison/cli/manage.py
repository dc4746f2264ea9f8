"""Management commands, with the embedded database started when it is not running."""

from __future__ import annotations

import signal
import subprocess

from maison.cli.console import warn
from maison.cli.house import House, python
from maison.cli.postgres import PostgresError


def main(words: list[str]) -> int:
    return run(python("-m", "django", *words))


def simulate(words: list[str]) -> int:
    return run(python("-m", "maison_region", "simulate", *words))


def run(command: list[str]) -> int:
    """Ctrl-C is the child's to answer: the launcher waits, then lets the database go."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with House.at().database() as environ:
            child = subprocess.Popen(command, env=environ, preexec_fn=_listen_again)
            return child.wait()
    except PostgresError as problem:
        warn(str(problem))
        return 1
    finally:
        signal.signal(signal.SIGINT, before)


def _listen_again() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
