"""`./maison up` as a person starts it: a real process, its own base, its own ports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import psycopg
import pytest

from maison.cli.house import House, free_port
from maison.cli.postgres import Cluster, throwaway_folder

pytestmark = pytest.mark.xdist_group("up")  # one house for all, in one worker
OPEN_SECONDS = 180


class Launcher:
    """A running `./maison up` and what it has said."""

    def __init__(self, data: Path, port: int, *words: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAISON_", "DJANGO_"))}
        inherited.pop("DATABASE_URL", None)
        self.data, self.port = data, port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maison.cli", "up", "--data", str(data), "--port", str(port), "--no-demo", *words],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=inherited,
        )
        self.said: list[str] = []
        self.reader = Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    def wait_for(self, pattern: str) -> None:
        deadline = time.monotonic() + OPEN_SECONDS
        while not re.search(pattern, "".join(self.said)):
            assert time.monotonic() < deadline, f"never said {pattern!r}:\n{''.join(self.said)}"
            assert self.process.poll() is None or re.search(pattern, "".join(self.said)), "".join(self.said)
            time.sleep(0.05)

    def children(self, words: str) -> list[int]:
        lines = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        found = re.findall(rf"^\s*(\d+)\s+{self.process.pid}\s+.*{re.escape(words)}", lines, re.MULTILINE)
        return [int(pid) for pid in found]

    def end(self, signum: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signum)
        code = self.process.wait(timeout=60)
        self.reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory: a first opening writes eighty migrations."""
    place = Cluster(throwaway_folder(), throwaway=True)
    place.reserve()
    yield place.folder
    Cluster(place.folder / "pg", throwaway=True).destroy()
    place.destroy()


@pytest.fixture(scope="module")
def launchers(folder: Path) -> Iterator[list[Launcher]]:
    started: list[Launcher] = []
    yield started
    for launcher in started:
        launcher.end()


@pytest.fixture
def house(folder: Path, launchers: list[Launcher]) -> Launcher:
    """An open house; a test may close it, the next one opens it again."""
    if not launchers or launchers[-1].process.poll() is not None:
        launchers.append(Launcher(folder, free_port()))
        launchers[-1].wait_for("La maison est ouverte")
    return launchers[-1]


def test_an_open_house_answers_and_its_pages_carry_fingerprinted_files(house: Launcher):
    assert httpx.get(f"{house.url}/sante/vie").status_code == 200
    manifest = (house.data / "static" / "staticfiles.json").read_text()
    name = re.search(r'"([\w/-]+\.[0-9a-f]{12}\.css)"', manifest)
    assert name
    answer = httpx.get(f"{house.url}/static/{name.group(1)}", headers={"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]


def test_cookies_are_named_by_port(house: Launcher):
    environ = House(house.data, house.port).environ("postgres://")
    assert environ["MAISON_SESSION_COOKIE"].endswith(str(house.port))


def test_a_second_launcher_on_the_same_data_is_refused(house: Launcher):
    second = Launcher(house.data, free_port())
    assert second.end(signal.SIGCONT) == 1
    assert "déjà ouverte" in "".join(second.said)


def test_a_taken_port_is_refused_before_anything_starts(house: Launcher, tmp_path: Path):
    second = Launcher(tmp_path / "data", house.port)
    assert second.end(signal.SIGCONT) == 1
    assert f"Le port {house.port} n'est pas libre" in "".join(second.said)
    assert not (tmp_path / "data" / "pg").exists()


def test_a_killed_web_process_comes_back(house: Launcher):
    (web,) = house.children("maison.cli.web")
    os.kill(web, signal.SIGKILL)
    house.wait_for(r"web s'est arrêté \(signal SIGKILL\)")
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.get(f"{house.url}/sante/vie").status_code == 200
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_killed_database_comes_back(house: Launcher):
    cluster = House(house.data).cluster
    before = cluster.postmaster()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    house.wait_for("PostgreSQL ne répond plus")
    deadline = time.monotonic() + 60
    while not cluster.running():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert cluster.postmaster() != before


def test_closing_stops_everything_and_opening_again_keeps_the_data(
    house: Launcher, folder: Path, launchers: list[Launcher]
):
    url = House(folder).cluster.url()
    with psycopg.connect(url) as link:
        link.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 1")
    web, *_ = house.children("maison.cli.web")
    assert house.end(signal.SIGTERM) == 0
    assert "la maison est fermée" in "".join(house.said)
    assert not Path(f"/proc/{web}").exists()
    assert not House(folder).cluster.running()
    launchers.append(again := Launcher(folder, house.port))
    again.wait_for("La maison est ouverte")
    assert "étapes" not in "".join(again.said)
    with psycopg.connect(url) as link:
        assert link.execute("SELECT * FROM kept").fetchone() == (1,)


def test_a_management_command_shares_the_open_house(house: Launcher, folder: Path):
    before = House(folder).cluster.postmaster()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAISON_", "DJANGO_"))}
    inherited.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "maison.cli", "manage", "--data", str(folder), "showmigrations", "--plan"]
    done = subprocess.run(command, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[X]  structures.0001" in done.stdout
    assert House(folder).cluster.postmaster() == before
