"""Several web processes of one house share one port."""

import socket

import pytest

from maison.cli.house import House
from maison.cli.throwaway import free_ports
from maison.cli.up import Refused, processes
from maison.cli.web import listening


def test_the_launcher_starts_as_many_web_processes_as_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("MAISON_WEB_PROCESSES", "3")
    crew = processes(House(tmp_path, 9123))
    webs = [one for one in crew if "maison.cli.web" in one.argv]
    assert [one.name for one in webs] == ["web", "web 2", "web 3"]
    assert len({one.argv for one in webs}) == 1, "the same port for all"


@pytest.mark.parametrize("asked", ["0", "-1", "deux", "33"])
def test_a_number_that_makes_no_sense_is_refused_in_french(monkeypatch, tmp_path, asked):
    monkeypatch.setenv("MAISON_WEB_PROCESSES", asked)
    with pytest.raises(Refused, match="un nombre de 1 à 32"):
        processes(House(tmp_path, 9123))


def test_two_processes_listen_on_one_port_and_either_answers_when_the_other_is_gone():
    port = free_ports(1)
    first, second = listening("127.0.0.1", port), listening("127.0.0.1", port)
    first.listen()
    second.listen()
    first.close()
    with second, socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        line, address = second.accept()
        with line:
            assert address == caller.getsockname()
