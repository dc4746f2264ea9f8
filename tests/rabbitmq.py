"""A RabbitMQ of the tests' own: free ports, its own folder and cookie, ended by its process id."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS, STOP_SECONDS = 90, 30


def server_script() -> str | None:
    """The server's own script: the one in the PATH of Debian changes user and refuses a folder of ours."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return str(found[-1]) if found else shutil.which("rabbitmq-server")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Broker:
    """One node. `restart` keeps its data, as a broker that falls and comes back does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maison-test-rabbitmq-"))
        self.port, self.distribution_port, self.epmd_port = free_port(), free_port(), free_port()
        self.node = f"maison{os.getpid()}x{self.port}@localhost"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        script = server_script()
        if script is None:
            raise RuntimeError("rabbitmq-server is not installed: apt-get install rabbitmq-server")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = true\nlog.console.level = warning\n"
            "log.file = false\ndisk_free_limit.absolute = 1MB\nvm_memory_high_watermark.absolute = 400MB\n"
        )
        (self.folder / "enabled_plugins").write_text("[].")
        environ = os.environ | {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "config"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-setcookie maison{self.port} +S 1:1 +sbwt none",
        }
        self.output = (self.folder / "output").open("ab")
        self.process = subprocess.Popen(
            [script], env=environ, cwd=self.folder, stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = (self.folder / "output").read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"RabbitMQ did not start:\n{words}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether it speaks AMQP, not only listens."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as wire:
            wire.sendall(b"AMQP\x00\x00\x09\x01")
            return wire.recv(1) == b"\x01"
        return False

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, signum: signal.Signals) -> None:
        if self.process is None:
            return
        # Its own session: the script, the virtual machine and its helpers, nothing else.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signum)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        self.output.close()

    def restart(self) -> None:
        self.start()

    def destroy(self) -> None:
        self.stop()
        self._end_epmd()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_epmd(self) -> None:
        """The port mapper detaches itself from the session: it is known by the port given to it alone."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environ = (entry / "environ").read_bytes().split(b"\0")
                if b"epmd" in words[0] and f"ERL_EPMD_PORT={self.epmd_port}".encode() in environ:
                    os.kill(int(entry.name), signal.SIGTERM)
