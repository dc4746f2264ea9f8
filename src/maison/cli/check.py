"""`./maison check`: everything a change must pass, all of it even when something fails early."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from maison.cli import suite
from maison.cli.console import say, warn
from maison.cli.house import ROOT, House, python
from maison.cli.postgres import Cluster, throwaway_folder

CODE = ["src", "tests", "benches", "maison"]


def main(words: list[str]) -> int:
    """Words go to pytest; `--no-tests` stops before the suite."""
    steps: list[tuple[str, Callable[[], int]]] = [
        ("format", lambda: tool("ruff", "format", "--check", *existing(CODE))),
        ("règles", lambda: tool("ruff", "check", *existing(CODE))),
        ("types", lambda: tool("mypy")),
        ("contrats d'import", lambda: tool("lint-imports")),
        ("gabarits", templates),
        ("migrations", migrations),
    ]
    if "--no-tests" not in words:
        steps.append(("tests", lambda: suite.main(words)))
    failed = []
    for name, step in steps:
        say(f"{name}…")
        began = time.monotonic()
        if step():
            failed.append(name)
            warn(f"{name} : échec ({time.monotonic() - began:.1f} s)")
        else:
            say(f"{name} : bien ({time.monotonic() - began:.1f} s)", style="green")
    if failed:
        warn(f"À reprendre : {', '.join(failed)}.")
        return 1
    say("Tout est bien.", style="green")
    return 0


def existing(paths: list[str]) -> list[str]:
    return [path for path in paths if (ROOT / path).exists()]


def tool(name: str, *words: str) -> int:
    beside = Path(sys.executable).parent / name
    return subprocess.run([str(beside) if beside.exists() else name, *words], cwd=ROOT, check=False).returncode


def templates() -> int:
    folders = sorted({str(path.parent) for path in (ROOT / "src").rglob("templates") for path in path.rglob("*.html")})
    return tool("djlint", "--lint", "--quiet", *folders) if folders else 0


def migrations() -> int:
    """On a throwaway base: Django also compares the recorded history with the files."""
    cluster = Cluster(throwaway_folder(), throwaway=True)
    try:
        cluster.acquire()
        environ = House(cluster.folder / "data").environ(cluster.url())
        words = ("-m", "django", "makemigrations", "--check", "--dry-run", "--verbosity", "1")
        return subprocess.run(python(*words), env=environ, check=False).returncode
    finally:
        cluster.destroy()
