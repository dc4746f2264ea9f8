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
    """The simulator knows the house by its public doors only: no database here."""
    house = House.at()
    return wait(python("-m", "maison_region", "simulate", *words), house.environ(house.cluster.url()))


def run(command: list[str]) -> int:
    try:
        with House.at().database() as environ:
            return wait(command, environ)
    except PostgresError as problem:
        warn(str(problem))
        return 1


def wait(command: list[str], environ: dict[str, str]) -> int:
    """Ctrl-C is the child's to answer: we wait for it, then let the database go."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.Popen(command, env=environ, preexec_fn=_listen_again).wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _listen_again() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
