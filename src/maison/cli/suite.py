"""`./maison test`: the whole suite, in parallel and random order, on its own database."""

from __future__ import annotations

import os
import subprocess

from maison.cli.house import ROOT, python

MOST_WORKERS = 8


def main(words: list[str]) -> int:
    """`--all`: a missing tool fails instead of leaving tests out. Other words go to pytest."""
    return subprocess.run(command(words), cwd=ROOT, check=False).returncode


def command(words: list[str]) -> list[str]:
    rest = ["--all-tools" if word == "--all" else word for word in words]
    if not any(word.startswith(("-n", "--numprocesses")) for word in rest):
        # One more than the cores: much of the suite waits for browsers, brokers and houses it has started.
        rest += ["-n", str(min((os.cpu_count() or 2) + 1, MOST_WORKERS)), "--dist", "loadgroup"]
    return python("-m", "pytest", *rest)
