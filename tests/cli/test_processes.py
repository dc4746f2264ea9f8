"""The launcher's crew: who falls gets up, who is asked to stop stops, in order."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maison.cli import processes
from maison.cli.processes import Crew, NotReady, Process

SLEEPER = "import time\nwhile True: time.sleep(60)"


def script(text: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-c", text, *words)


def step_until(crew: Crew, condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        crew.step(0.05)
        assert time.monotonic() < deadline, "still not so"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "BACKOFF_SECONDS", (0.05, 0.05, 0.1))


def test_lines_are_shown_with_the_name_of_their_process(capsys: pytest.CaptureFixture[str]):
    crew = Crew(
        [Process("web", script("print('un\\ndeux', end='', flush=True); " + SLEEPER.replace("\n", "\nif 1:\n ")))],
        dict(os.environ),
    )
    crew.start()
    shown = ""

    def both() -> bool:
        nonlocal shown
        shown += capsys.readouterr().err
        return "un" in shown

    step_until(crew, both)
    crew.stop()
    shown += capsys.readouterr().err
    assert "web     │ un\n" in shown
    assert "web     │ deux\n" in shown


def test_a_fallen_process_is_said_and_started_again(tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]):
    lives = tmp_path / "lives"
    crew = Crew(
        [Process("worker", script("import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)", str(lives)))],
        dict(os.environ),
    )
    crew.start()
    step_until(crew, lambda: lives.exists() and len(lives.read_text()) >= 3)
    crew.stop()
    assert "worker s'est arrêté (code 3) ; nouveau départ dans" in capsys.readouterr().err


def test_processes_stop_stage_by_stage(tmp_path: Path):
    ends = tmp_path / "ends"
    last_words = f"""
import signal, sys, time
def end(*_):
    open({str(ends)!r}, "a").write(sys.argv[1] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
open(sys.argv[2], "w").close()
while True: time.sleep(60)
"""
    ready = {name: tmp_path / name for name in ("web", "worker", "sandbox")}
    crew = Crew(
        [
            Process(name, script(last_words, name, str(ready[name])), ready[name].exists, stage)
            for name, stage in (("sandbox", 2), ("web", 0), ("worker", 1))
        ],
        dict(os.environ),
    )
    crew.start()
    crew.stop()
    assert ends.read_text().split() == ["web", "worker", "sandbox"]


def test_a_process_that_will_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    stubborn = (
        "import signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen(sys.argv[1], 'w').close()\n" + SLEEPER
    )
    crew = Crew(
        [Process("web", script(stubborn, str(tmp_path / "ready")), (tmp_path / "ready").exists)], dict(os.environ)
    )
    crew.start()
    child = crew.lives[0].child
    assert child is not None
    crew.stop()
    assert child.returncode == -9


def test_a_process_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "READY_SECONDS", 0.3)
    crew = Crew([Process("gateway", script(SLEEPER), lambda: False)], dict(os.environ))
    with pytest.raises(NotReady, match="gateway"):
        crew.start()
    crew.stop()
