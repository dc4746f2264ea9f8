import threading
import time

import pytest

from maison.foundations.jobs import loops as jobs_loops
from maison.foundations.jobs.loops import Watched, every, register_loop

DEADLINE = 10.0


def wait_until(condition, what: str) -> None:
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"never happened: {what}"
        time.sleep(0.01)


@pytest.fixture
def watched(monkeypatch):
    """Starts a loop as the worker would, with no patience between falls; stops it at the end."""
    monkeypatch.setattr(jobs_loops, "BACKOFF_SECONDS", (0.01,))
    monkeypatch.setattr(jobs_loops.connections, "close_all", lambda: None)
    monkeypatch.setattr(jobs_loops, "close_old_connections", lambda: None)
    started = []

    def start(loop):
        stop = threading.Event()
        thread = Watched("test", loop, stop)
        started.append((thread, stop))
        thread.start()
        return thread, stop

    yield start
    for thread, stop in started:
        stop.set()
        thread.join(DEADLINE)
        assert not thread.is_alive()


def test_a_loop_that_falls_is_said_and_starts_again(watched, caplog):
    turns = []

    def turn():
        turns.append(1)
        if len(turns) < 3:
            raise ConnectionError("base absente")

    thread, _ = watched(every(0.01, turn))
    wait_until(lambda: len(turns) > 4, "five turns")

    assert thread.state.failures == 2
    assert thread.state.error == "ConnectionError"
    assert thread.state.turned_at > thread.state.failed_at
    assert [record.getMessage() for record in caplog.records] == ["worker.loop_failed test"] * 2


def test_a_loop_that_ends_by_itself_is_a_fall_too(watched):
    lives = []
    thread, _ = watched(lives.append)
    wait_until(lambda: len(lives) > 1, "a second life")
    assert thread.state.failures >= 1


def test_one_loop_falling_leaves_the_others_turning(watched):
    turns = []
    watched(every(0.01, lambda: 1 / 0))
    watched(every(0.01, lambda: turns.append(1)))
    wait_until(lambda: len(turns) > 5, "turns of the healthy loop")


def test_a_waiting_loop_ends_at_once_when_the_worker_stops(watched):
    thread, stop = watched(every(3600, lambda: None))
    wait_until(lambda: thread.state.turned_at is not None, "a first turn")
    stop.set()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert thread.state.failures == 0


def test_the_delay_before_starting_again_grows_and_is_bounded():
    assert list(jobs_loops.BACKOFF_SECONDS) == sorted(jobs_loops.BACKOFF_SECONDS)
    assert jobs_loops.BACKOFF_SECONDS[-1] <= 60


def test_a_loop_has_one_owner():
    name = "test.owner"
    register_loop(name, every(1, print))
    with pytest.raises(ValueError, match=name):
        register_loop(name, every(1, repr))
    jobs_loops._loops.pop(name)
