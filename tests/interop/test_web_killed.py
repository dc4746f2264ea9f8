"""The `web` process killed while a sender posts: the supervisor raises it, the sender repeats, each message counts once."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction

from maison.cli import processes as supervisor
from maison.cli.processes import Crew, Process
from maison.cli.up import answers
from maison.interop.exchanges.models import Exchange
from maison.services.emergency.models import Case, CaseMessage
from tests.interop import processes, wires
from tests.interop.conftest import WAIT_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES, SENDERS = 48, 6
TAKEN, ALREADY_TAKEN = 202, 200


@dataclass(slots=True)
class Web:
    """The house's `web` process under its real supervisor."""

    crew: Crew
    port: int

    @property
    def pid(self) -> int:
        child = self.crew.lives[0].child
        return child.pid if child is not None else 0

    def until(self, condition: Callable[[], object]) -> None:
        """The supervisor goes on with its work while the test waits."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.crew.step(0.02)
            assert time.monotonic() < deadline, "what was awaited did not come"

    def kill(self) -> None:
        pid = self.pid
        assert pid, "nothing to kill"
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: self.pid not in (0, pid))

    def send(self, body: bytes) -> int:
        """As a software of a SAMU does: the same message again until the house answers."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
            try:
                line.request("POST", "/hub-sante/messages/", body, {**HEADERS, "Content-Length": str(len(body))})
                return line.getresponse().status
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < deadline, "the house never came back"
            finally:
                line.close()

    def sent(self, body: bytes) -> int:
        """The same, in the background of the supervisor."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.send, body)
            self.until(answer.done)
        return answer.result()

    def half_open(self, body: bytes, bytes_sent: int) -> socket.socket:
        """A connection whose request stops after so many bytes of its body; nothing of the answer is read."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS)
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        start = f"POST /hub-sante/messages/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        line.sendall(start.encode() + body[:bytes_sent])
        return line


HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {wires.KEY}"}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setattr(supervisor, "BACKOFF_SECONDS", (0.05,))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = (sys.executable, "-m", "maison.cli.web", "127.0.0.1", str(port))
    crew = Crew([Process("web", argv, ready=answers("127.0.0.1", port))], processes.environment())
    crew.start()
    yield Web(crew, port)
    crew.stop()


def held() -> int:
    return Exchange.objects.filter(direction="in").exclude(state="duplicate").count()


def a_case(number: int) -> dict[str, Any]:
    return wires.envelope(wires.headed(wires.case(f"{number:05}")))


def assert_each_once(messages: list[dict[str, Any]]) -> None:
    wanted = {message["distributionID"] for message in messages}
    kept = Exchange.objects.filter(direction="in").exclude(state="duplicate")
    assert sorted(kept.values_list("distribution_id", flat=True)) == sorted(wanted), "nothing lost, nothing twice"
    wires.integrate_all()
    assert Case.objects.filter(known=True).count() == CaseMessage.objects.count() == len(wanted)
    assert set(kept.values_list("state", flat=True)) == {"integrated"}


def test_a_burst_of_messages_survives_a_web_killed_twice(web: Web) -> None:
    wires.declare()
    messages = [a_case(n) for n in range(MESSAGES)]
    with ThreadPoolExecutor(SENDERS) as pool:
        waiting: list[Future[int]] = []
        # Each half is on its way when the process is killed; the second one finds it dead.
        for half in (messages[: MESSAGES // 2], messages[MESSAGES // 2 :]):
            before = held()
            waiting += [pool.submit(web.send, wires.dumps(message)) for message in half]
            web.until(lambda before=before: held() > before)
            web.kill()
        web.until(lambda: all(answer.done() for answer in waiting))
    assert {answer.result() for answer in waiting} <= {TAKEN, ALREADY_TAKEN}
    assert_each_once(messages)


def test_killed_in_the_middle_of_a_body_nothing_is_kept_until_the_sender_repeats(web: Web) -> None:
    wires.declare()
    message = a_case(1)
    body = wires.dumps(message)
    with web.half_open(body, len(body) // 2) as line:
        web.kill()
        assert what_comes(line) == b"", "no acknowledgement of what was not received"
    assert held() == 0
    assert web.sent(body) == TAKEN
    assert_each_once([message])


def test_killed_while_it_writes_in_the_journal_the_message_is_kept_once(web: Web) -> None:
    """The journal is held shut by the test, so that the process dies between the message and its commit."""
    wires.declare()
    message = a_case(1)
    body = wires.dumps(message)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Exchange._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        with web.half_open(body, len(body)):
            web.until(lambda: waits_for_a_lock() > 0)
            web.kill()
    web.until(lambda: waits_for_a_lock() == 0)
    assert held() == 0, "what was not committed was not acknowledged, and is not there"
    assert web.sent(body) == TAKEN
    assert_each_once([message])


def test_killed_before_the_sender_hears_the_answer_the_repetition_is_no_second_message(web: Web) -> None:
    wires.declare()
    message = a_case(1)
    body = wires.dumps(message)
    with web.half_open(body, len(body)):
        web.until(lambda: held() == 1)
        web.kill()
    assert web.sent(body) == ALREADY_TAKEN
    assert Exchange.objects.filter(direction="in", state="duplicate").count() == 1
    assert_each_once([message])


def what_comes(line: socket.socket) -> bytes:
    try:
        return line.recv(1)
    except ConnectionResetError:
        return b""


def waits_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        (count,) = cursor.fetchone()
    return int(count)
