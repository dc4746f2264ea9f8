"""`./maison bench NAME`: runs benches/NAME.py and prints, as its last line, one JSON object to be compared over time.

A bench is a module with `run(quick: bool) -> list[dict]`: its measures {"name", "value", "unit", "reference":
{"name", "value"}, "ratio", "aim", "holds"}, the reference taken in the same run on the same machine.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from maison.cli.console import warn
from maison.cli.house import ROOT
from maison.cli.postgres import PostgresError, find_binaries

PACKAGES = ("django", "psycopg", "uvicorn", "procrastinate")


def main(words: list[str]) -> int:
    known = sorted(path.stem for path in (ROOT / "benches").glob("*.py") if not path.stem.startswith("_"))
    parser = argparse.ArgumentParser(prog="./maison bench", description=f"Bancs : {', '.join(known) or 'aucun'}.")
    parser.add_argument("name", metavar="NOM")
    parser.add_argument("--quick", action="store_true", help="moins de 50 secondes")
    options = parser.parse_args(words)
    if options.name not in known:
        warn(f"Banc inconnu : {options.name}. Bancs : {', '.join(known) or 'aucun'}.")
        return 2
    sys.path.insert(0, str(ROOT))
    before = machine()
    measures = importlib.import_module(f"benches.{options.name}").run(quick=options.quick)
    print(
        json.dumps(
            {
                "bench": options.name,
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": before,
                "versions": versions(),
                "measures": measures,
            },
            ensure_ascii=False,
        ),
        flush=True,
    )
    return 0


def machine() -> dict[str, Any]:
    """`load` is the one-minute load before the bench: above the number of cores, figures say little."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {"cores": os.cpu_count(), "memory_gb": round(memory_gb, 1), "load": round(os.getloadavg()[0], 2)}


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    with contextlib.suppress(PostgresError):  # DATABASE_URL may name a server elsewhere
        server = [find_binaries()["postgres"], "--version"]
        found["postgresql"] = subprocess.run(server, capture_output=True, text=True, check=True).stdout.split()[-1]
    return found
