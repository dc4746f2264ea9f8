"""A whole house of its own for a journey or a bench: opened on free ports in a throwaway folder, closed at the end."""

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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maison.cli.house import ROOT
from maison.cli.postgres import Cluster

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
def open_house(*, demonstration: bool = True, settings: Mapping[str, str] | None = None) -> Iterator[OpenHouse]:
    """Start `./maison up` as a user would, with these settings; yield once it answers; stop it as Ctrl-C would."""
    data = Path(tempfile.mkdtemp(prefix="maison-throwaway-"))
    port = free_ports(8)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("MAISON_", "DATABASE_URL"))}
    environ |= settings or {}
    command = [sys.executable, "-m", "maison.cli", "up", "--port", str(port), "--data", str(data), "--no-activity"]
    with (data / "house.log").open("w") as log:
        process = subprocess.Popen(
            command + ([] if demonstration else ["--no-demo"]),
            cwd=ROOT,
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/sante/prete", process, data / "house.log")
            cluster = Cluster(data / "pg")
            yield OpenHouse(f"http://localhost:{port}", port, data, process.pid, cluster.url())
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
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- our own loopback address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    raise RuntimeError(f"the house did not open in {OPENING_SECONDS} s:\n{log.read_text()[-2000:]}")
