"""Pytest plugin of the house: its own PostgreSQL in memory, one migrated template, and no way out to the network.

Loaded by `addopts` before pytest-django reads the settings. The server starts at the first test that needs a
database; workers of pytest-xdist share it, each with its own copy of the template.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maison.cli.postgres import Cluster, sweep_throwaways, throwaway_folder
from maison.cli.tools import TOOLS, missing

OWN = "MAISON_TEST_CLUSTER"  # folder of the cluster this run made, told to its workers
HOME = "MAISON_DATA"


class NetworkRefused(AssertionError):
    """A test tried to reach something else than this machine."""


# -- before the settings are read


def pytest_addoption(parser: pytest.Parser) -> None:
    """The first hook called: says where the database will be, starts nothing."""
    parser.addoption(
        "--all-tools", action="store_true", help="a missing tool (Chromium, RabbitMQ) fails the tests that need it"
    )
    os.environ.setdefault("MAISON_ENVIRONMENT", "test")
    if OWN in os.environ:
        return
    folder = throwaway_folder()
    os.environ[OWN] = str(folder)
    os.environ[HOME] = str(folder / "data")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = Cluster(folder, throwaway=True).url()


def _cluster() -> Cluster | None:
    """This run's own cluster; None when DATABASE_URL came from outside."""
    cluster = Cluster(Path(os.environ[OWN]), throwaway=True)
    return cluster if os.environ["DATABASE_URL"] == cluster.url() else None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: may leave this machine (never used by the suite itself)")
    if _is_worker(config):
        return
    sweep_throwaways()
    cluster = Cluster(Path(os.environ[OWN]), throwaway=True)
    cluster.reserve()
    Path(os.environ[HOME]).mkdir(parents=True, exist_ok=True)
    config.add_cleanup(cluster.destroy)
    config.add_cleanup(lambda: os.environ.__delitem__(OWN))


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


# -- tools of the machine


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What drives a browser or a broker runs in one worker: two of them at once are slower than one."""
    absent = {} if config.getoption("all_tools") else {tool.marker: tool for tool in missing()}
    for item in items:
        for tool in TOOLS:
            if item.get_closest_marker(tool.marker) is None:
                continue
            item.add_marker(pytest.mark.xdist_group(tool.marker))
            if tool.marker in absent:
                item.add_marker(pytest.mark.skip(reason=f"{tool.name} is not installed"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.config.getoption("all_tools"):
        for tool in missing():
            if item.get_closest_marker(tool.marker) is not None:
                pytest.fail(f"{tool.name} is not installed: {tool.remedy}", pytrace=False)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was left out, by name, and the one command that adds it."""
    for tool in missing():
        skipped = [report for report in terminalreporter.stats.get("skipped", []) if tool.marker in report.keywords]
        if skipped:
            terminalreporter.section(f"{tool.name} est absent", sep="-", yellow=True)
            terminalreporter.line(f"{len(skipped)} tests laissés de côté. Pour les passer : {tool.remedy}")


# -- databases


class TestDatabases:
    """One template, migrated once for the run; one copy of it for each worker, renewed in milliseconds."""

    __test__ = False

    def __init__(self, run: str, worker: str) -> None:
        self.template = f"maison_test_{run}"
        self.name = f"{self.template}_{worker}"

    def maintenance(self) -> Any:
        import psycopg
        from django.db import connection

        parameters = connection.get_connection_params() | {"dbname": "postgres"}
        for ours in ("pool", "cursor_factory", "context", "prepare_threshold"):
            parameters.pop(ours, None)
        return psycopg.connect(**parameters, autocommit=True)

    def use(self, name: str) -> None:
        from django.conf import settings
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = name
        settings.DATABASES["default"]["NAME"] = name

    def prepare(self) -> None:
        """Migrates the template, unless another worker has; then copies it."""
        from django.core.management import call_command
        from django.db import connection

        with self.maintenance() as server:
            server.execute("SELECT pg_advisory_lock(hashtext(%s))", [self.template])
            known = server.execute(
                "SELECT datistemplate FROM pg_database WHERE datname = %s", [self.template]
            ).fetchone()
            if known is None or not known[0]:  # absent, or left half made
                server.execute(f'DROP DATABASE IF EXISTS "{self.template}" WITH (FORCE)')
                server.execute(f'CREATE DATABASE "{self.template}" TEMPLATE template0')
                self.use(self.template)
                call_command("migrate", verbosity=0, interactive=False)
                connection.close()
                server.execute(f'ALTER DATABASE "{self.template}" IS_TEMPLATE true')
        self.renew()

    def renew(self) -> None:
        """Back to the migrated state, whatever the last test left."""
        self.use(self.name)
        with self.maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY')

    def drop(self) -> None:
        from django.db import connections

        connections.close_all()
        with self.maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            others = server.execute("SELECT 1 FROM pg_database WHERE datname LIKE %s", [self.template + r"\_%"])
            if others.fetchone() is None:
                server.execute(f'ALTER DATABASE "{self.template}" IS_TEMPLATE false')
                server.execute(f'DROP DATABASE "{self.template}" WITH (FORCE)')


def house_databases(config: pytest.Config, blocker: Any) -> Iterator[None]:
    """Body of the `django_db_setup` fixture (see tests/conftest.py)."""
    from django.db import connections
    from django.test import TransactionTestCase

    cluster = _cluster()
    if cluster is not None:
        cluster.acquire()
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    databases = TestDatabases(Path(os.environ[OWN]).name.rpartition("-")[2], worker)
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def renew(case: Any) -> None:
        """Instead of emptying the tables, which would also empty what migrations put there and what may not be emptied."""
        connections.close_all()
        databases.renew()

    try:
        with blocker.unblock():
            databases.prepare()
        TransactionTestCase._fixture_teardown = renew  # type: ignore[attr-defined]
        yield
    finally:
        TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
        if cluster is not None:
            connections.close_all()
            cluster.release()
        else:
            with blocker.unblock():
                databases.drop()


# -- network


def _is_here(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_here(host):
        raise NetworkRefused(f"A test tried to reach {host!r}: tests stay on this machine.")


def pytest_sessionstart(session: pytest.Session) -> None:
    """An audit hook sees every Python socket, asyncio's too; it lasts as long as the process."""
    if not getattr(sys, "_maison_network_guard", False):
        sys.addaudithook(_guard)
        sys._maison_network_guard = True  # type: ignore[attr-defined]
