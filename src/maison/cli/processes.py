"""Keeps the declared processes of a house alive, shows their lines with their name, and stops them in order.

One thread, one selector: nothing here may block for long, and the launcher stays a few megabytes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

from maison.cli.console import say, style_of, warn

READY_SECONDS = 90
STOP_SECONDS = 12
STEADY_SECONDS = 60  # alive that long, a process is forgiven its earlier falls
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Process:
    """`stage`: those of the lowest stage stop first, together. `ready` is asked until it says yes."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool] | None = None
    stage: int = 0


@dataclass
class _Life:
    process: Process
    style: str
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float | None = None
    falls: int = 0
    partial: bytes = b""
    is_ready: bool = False
    output: IO[bytes] | None = field(default=None, repr=False)


class NotReady(RuntimeError):
    """A process did not come up; the message is for the person at the terminal."""


class Crew:
    def __init__(self, processes: Sequence[Process], environ: dict[str, str]) -> None:
        self.lives = [_Life(process, style_of(index)) for index, process in enumerate(processes)]
        self.environ = environ
        self.selector = selectors.DefaultSelector()
        self.asked_to_stop = 0
        self._wake: tuple[int, int] | None = None
        self._prctl = _prctl()

    # -- signals

    def listen(self) -> None:
        """SIGINT, SIGTERM and SIGHUP ask to stop; asked twice, children are killed."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._wake = (read, write)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self.selector.register(read, selectors.EVENT_READ, None)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the selector

    def _on_stop(self, signum: int, frame: object) -> None:
        self.asked_to_stop += 1

    # -- life

    def start(self) -> None:
        for life in self.lives:
            self._spawn(life)
        deadline = time.monotonic() + READY_SECONDS
        while not self.asked_to_stop:
            self.step(0.1)
            for life in self.lives:
                if life.child is not None and not life.is_ready:
                    life.is_ready = life.process.ready is None or life.process.ready()
            if all(life.is_ready for life in self.lives):
                return
            if time.monotonic() > deadline:
                late = ", ".join(life.process.name for life in self.lives if not life.is_ready)
                raise NotReady(f"{late} : pas de réponse après {READY_SECONDS} secondes.")

    def _spawn(self, life: _Life) -> None:
        life.restart_at = None
        life.is_ready = False
        life.started_at = time.monotonic()
        life.child = subprocess.Popen(
            life.process.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environ,
            start_new_session=True,  # Ctrl-C reaches the launcher only, which stops the others in order
            preexec_fn=self._tie,
        )
        assert life.child.stdout is not None
        life.output = life.child.stdout
        os.set_blocking(life.output.fileno(), False)
        self.selector.register(life.output, selectors.EVENT_READ, life)

    def _tie(self) -> None:
        """In the child: should the launcher be killed, it ends too (Linux)."""
        if self._prctl is not None:
            self._prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def step(self, seconds: float) -> None:
        """Shows what was written, notices the dead, starts again those whose turn has come."""
        for key, _ in self.selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 512)
            else:
                self._read(key.data)
        now = time.monotonic()
        for life in self.lives:
            if life.child is not None and life.child.poll() is not None:
                self._fallen(life, now)
            elif life.restart_at is not None and now >= life.restart_at and not self.asked_to_stop:
                self._spawn(life)

    def _read(self, life: _Life) -> None:
        if life.output is None:
            return
        try:
            block = os.read(life.output.fileno(), 65536)
        except BlockingIOError:
            return
        if not block:
            self._close(life)
            return
        *lines, life.partial = (life.partial + block).split(b"\n")
        for line in lines:
            say(line.decode(errors="replace").rstrip("\r"), source=life.process.name, style=life.style)

    def _close(self, life: _Life) -> None:
        if life.output is not None:
            self.selector.unregister(life.output)
            life.output.close()
            life.output = None
        if life.partial:
            say(life.partial.decode(errors="replace"), source=life.process.name, style=life.style)
            life.partial = b""

    def _fallen(self, life: _Life, now: float) -> None:
        assert life.child is not None
        code = life.child.returncode
        while life.output is not None:  # its last words
            before = life.partial
            self._read(life)
            if life.partial == before:
                break
        self._close(life)
        life.child = None
        if self.asked_to_stop:
            return
        life.falls = 1 if now - life.started_at > STEADY_SECONDS else life.falls + 1
        wait = BACKOFF_SECONDS[min(life.falls, len(BACKOFF_SECONDS)) - 1]
        life.restart_at = now + wait
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        warn(f"{life.process.name} s'est arrêté ({cause}) ; nouveau départ dans {wait:g} s.")

    # -- end

    def stop(self) -> None:
        """Stage by stage; who has not ended after STOP_SECONDS, or at a second request, is killed."""
        self.asked_to_stop = self.asked_to_stop or 1
        patience = self.asked_to_stop
        for stage in sorted({life.process.stage for life in self.lives}):
            waited = [life for life in self.lives if life.process.stage == stage]
            self._signal(waited, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while any(life.child is not None for life in waited):
                self.step(0.1)
                if time.monotonic() > deadline or self.asked_to_stop > patience:
                    self._signal(waited, signal.SIGKILL)
        if self._wake is not None:
            signal.set_wakeup_fd(-1)
            self.selector.unregister(self._wake[0])
            for descriptor in self._wake:
                os.close(descriptor)
            self._wake = None
        self.selector.close()

    def _signal(self, lives: list[_Life], signum: signal.Signals) -> None:
        for life in lives:
            if life.child is not None:
                with contextlib.suppress(ProcessLookupError):
                    life.child.send_signal(signum)


def _prctl() -> Callable[..., int] | None:
    """Looked up before any fork: between fork and exec a child must do as little as possible."""
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None).prctl
