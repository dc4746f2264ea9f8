"""The suite's own house: what every other test relies on."""

from __future__ import annotations

import socket

import pytest
from django.db import connection

from maison.cli.pytest_house import NetworkRefused


def test_a_test_may_not_leave_this_machine():
    with socket.socket() as link, pytest.raises(NetworkRefused):
        link.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo("example.org", 443)


def test_a_test_may_speak_to_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as link:
        assert link.getpeername() == server.getsockname()


@pytest.mark.django_db
def test_the_database_is_migrated_and_is_this_workers_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), (SELECT count(*) FROM django_migrations)")
        name, migrations = cursor.fetchone()
    assert name.startswith("maison_test_")
    assert migrations > 0


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_a_test_with_real_commits_leaves_nothing_behind(turn: int):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('left_behind')")
        assert cursor.fetchone() == (None,)
        cursor.execute("CREATE TABLE left_behind ()")
