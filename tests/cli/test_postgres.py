"""The embedded PostgreSQL: shared, restarted, stopped, never mistaken for something else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from maison.cli import postgres
from maison.cli.postgres import Cluster, PostgresError, find_binaries, sweep_throwaways, throwaway_folder


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.02)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """In memory, but as careful as a lasting one."""
    made = Cluster(throwaway_folder())
    yield made
    made.release()
    Cluster(made.folder, throwaway=True).destroy()


def ask(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.url(), autocommit=True) as link:
        cursor = link.execute(query)
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def test_a_cluster_is_made_started_and_keeps_its_data(cluster: Cluster):
    cluster.acquire()
    assert ask(cluster, "SELECT current_database() || ' ' || current_user") == "maison maison"
    ask(cluster, "CREATE TABLE kept (word text)")
    cluster.release()
    assert not cluster.running()
    cluster.acquire()
    assert ask(cluster, "SELECT count(*) FROM kept") == 0


def test_it_listens_on_no_port_and_its_folder_is_closed_to_others(cluster: Cluster):
    cluster.acquire()
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0


def test_it_sorts_and_cases_accents_without_icu(cluster: Cluster):
    cluster.acquire()
    assert ask(cluster, "SELECT upper('éàç')") == "ÉÀÇ"


def test_a_refused_value_is_not_written_in_its_log(cluster: Cluster):
    cluster.acquire()
    ask(cluster, "CREATE TABLE once (word text UNIQUE)")
    ask(cluster, "INSERT INTO once VALUES ('tramontane')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(cluster, "INSERT INTO once VALUES ('tramontane')")
    cluster.release()
    assert "once_word_key" in cluster.log.read_text()
    assert "tramontane" not in cluster.log.read_text()


def test_the_last_to_leave_stops_it(cluster: Cluster):
    other = Cluster(cluster.folder)
    cluster.acquire()
    other.acquire()
    cluster.release()
    assert other.running()
    other.release()
    assert not other.running()


def test_several_starters_share_one_server(cluster: Cluster):
    starters = [Cluster(cluster.folder) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Cluster.acquire, starters))
    assert len({starter.postmaster() for starter in starters}) == 1
    for starter in starters:
        starter.release()
    assert not cluster.running()


def test_a_killed_server_is_started_again(cluster: Cluster):
    cluster.acquire()
    ask(cluster, "CREATE TABLE kept ()")
    dead = cluster.postmaster()
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    until(lambda: not cluster.running())
    cluster.acquire()
    assert cluster.postmaster() != dead
    assert ask(cluster, "SELECT to_regclass('kept')::text") == "kept"


def test_a_killed_command_leaves_a_server_that_the_next_one_takes_over(cluster: Cluster):
    script = "import os, sys; from pathlib import Path; from maison.cli.postgres import Cluster\n" \
             "Cluster(Path(sys.argv[1])).acquire(); os.kill(os.getpid(), 9)"  # fmt: skip
    subprocess.run([sys.executable, "-c", script, str(cluster.folder)], check=False)
    orphan = cluster.postmaster()
    assert orphan is not None
    cluster.acquire()
    assert cluster.postmaster() == orphan
    cluster.release()
    assert cluster.postmaster() is None


@pytest.mark.parametrize("pid", [lambda: os.getpid(), lambda: 1], ids=["ours", "someone else's"])
def test_a_pid_file_that_names_another_process_harms_nobody_and_stops_nothing(cluster: Cluster, pid: Callable[[], int]):
    cluster.acquire()
    cluster.release()
    (cluster.data / "postmaster.pid").write_text(f"{pid()}\n{cluster.data}\n0\n5432\n{cluster.socket_folder}\n\n")
    assert cluster.postmaster() is None
    cluster.acquire()
    assert ask(cluster, "SELECT 1") == 1


def test_a_birth_cut_short_is_begun_again(cluster: Cluster):
    partial = cluster.folder / "cluster.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    cluster.acquire()
    assert cluster.running()
    assert not partial.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_folder():
    cluster = Cluster(throwaway_folder() / ("long" * 30), throwaway=True)
    try:
        cluster.acquire()
        assert len(str(cluster.socket_folder)) < postgres.SOCKET_PATH_LIMIT
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.destroy()
        cluster.folder.parent.rmdir()
    assert not cluster.socket_folder.exists()


def test_a_short_folder_that_is_someone_elses_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postgres.tempfile, "gettempdir", lambda: str(tmp_path))
    cluster = Cluster(throwaway_folder() / ("long" * 30), throwaway=True)
    (tmp_path / "elsewhere").mkdir()
    cluster.socket_folder.symlink_to(tmp_path / "elsewhere")
    try:
        with pytest.raises(PostgresError, match="appartient à quelqu'un d'autre"):
            cluster.acquire()
    finally:
        cluster.destroy()
        cluster.folder.parent.rmdir()


def test_only_a_throwaway_cluster_can_be_destroyed(tmp_path: Path):
    with pytest.raises(PostgresError):
        Cluster(tmp_path).destroy()


def test_throwaway_clusters_of_the_dead_are_swept_and_those_of_the_living_kept(cluster: Cluster):
    cluster.acquire()
    abandoned = Cluster(throwaway_folder(), throwaway=True)
    abandoned.acquire()
    os.close(abandoned._users)  # type: ignore[arg-type]  # as the system does for a killed process
    abandoned._users = None
    sweep_throwaways()
    assert not abandoned.folder.exists()
    assert cluster.running()


def _fake_server(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_chosen_folder_is_the_only_one_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PG_BIN_DIR", str(_fake_server(tmp_path / "chosen", "17.5")))
    assert find_binaries().major == 17
    monkeypatch.setenv("PG_BIN_DIR", str(tmp_path / "nothing"))
    with pytest.raises(PostgresError, match="introuvable"):
        find_binaries()


def test_a_server_too_old_is_named_and_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PG_BIN_DIR", str(_fake_server(tmp_path / "old", "13.2")))
    with pytest.raises(PostgresError, match="13"):
        find_binaries()


def test_a_cluster_opens_only_with_the_version_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delenv("PG_BIN_DIR", raising=False)
    newer, older = _fake_server(tmp_path / "newer", "97.1"), _fake_server(tmp_path / "older", "96.3")
    monkeypatch.setenv("PATH", os.pathsep.join([str(newer), str(older)]))
    assert find_binaries(97).folder == newer
    assert find_binaries(96).folder == older
    with pytest.raises(PostgresError, match="PostgreSQL 95"):
        find_binaries(95)
