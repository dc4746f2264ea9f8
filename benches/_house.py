"""A whole house of its own for a bench: opened on free ports in a throwaway folder, closed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maison.cli.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
OPENING_SECONDS = 240


@dataclass(frozen=True, slots=True)
class OpenHouse:
    url: str
    port: int
    data: Path
    launcher: int
    database_url: str


def free_ports(count: int) -> int:
    """The first of `count` consecutive free ports."""
    for start in range(18_000, 28_000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", start + offset))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return start
    raise RuntimeError("no free ports")


@contextmanager
def open_house(*, demonstration: bool = True) -> Iterator[OpenHouse]:
    """Start `./maison up` as a user would; yield once it answers; stop it as Ctrl-C would."""
    data = Path(tempfile.mkdtemp(prefix="maison-bench-"))
    port = free_ports(4)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MAISON_", "DATABASE_URL"))}
    command = [sys.executable, "-m", "maison.cli", "up", "--port", str(port), "--data", str(data)]
    with (data / "bench.log").open("w") as log:
        process = subprocess.Popen(
            command + ([] if demonstration else ["--no-demo"]), cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(f"http://127.0.0.1:{port}/sante/prete", process, data / "bench.log")
            cluster = Cluster(data / "pg")
            yield OpenHouse(f"http://127.0.0.1:{port}", port, data, process.pid, cluster.url())
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            shutil.rmtree(data, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + OPENING_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the house closed while opening:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    raise RuntimeError(f"the house did not open in {OPENING_SECONDS} s:\n{log.read_text()[-2000:]}")


def use_django(house: OpenHouse) -> None:
    """Let this process read and write the base of the house through its own code."""
    os.environ |= {
        "DATABASE_URL": house.database_url, "MAISON_DATA": str(house.data), "DJANGO_SETTINGS_MODULE": "maison.config.settings",
    }  # fmt: skip
    import django

    django.setup()


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, pending = [], [pid]
    while pending:
        current = pending.pop()
        found.append(current)
        pending.extend(children.get(current, []))
    return found


def memory_mb(pids: list[int]) -> float:
    """Proportional set size of these processes: shared pages are counted once among those who share them."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def measure(name: str, value: float, unit: str, *, aim: str, holds: bool | None, reference: tuple[str, float] | None = None) -> dict[str, object]:
    """One line of a bench; `ratio` is value over reference."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": {"name": reference[0], "value": round(reference[1], 3)} if reference else None,
        "ratio": round(value / reference[1], 3) if reference and reference[1] else None,
        "aim": aim,
        "holds": holds,
    }
