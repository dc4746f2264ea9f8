"""One house: its data folder, its database, and the environment its processes receive."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maison.cli.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
DEFAULT_PORT = 8000


def mllp_port(port: int) -> int:
    """Where a demonstration house listens for HL7v2, beside its pages (port) and its sandbox (port + 1)."""
    return port + 2


def letter_ports(port: int) -> dict[str, int]:
    """Where the sandbox plays those who take letters: an operator of MSSanté (smtp, imap) and the DMP."""
    return {"smtp": port + 5, "imap": port + 6, "dmp": port + 7}


def default_data() -> Path:
    return Path(os.environ.get("MAISON_DATA") or ROOT / ".maison").resolve()


@dataclass
class House:
    """`port` also names the cookies: browsers do not keep apart the cookies of two ports of one machine."""

    data: Path = field(default_factory=default_data)
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"
    demonstration: bool = True

    @classmethod
    def at(cls, data: Path | None = None) -> House:
        """The house of a data folder, with the port and host it was last opened with."""
        house = cls(data=(data or default_data()).resolve())
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            known = json.loads(house._notes.read_text())
            house.port, house.host, house.demonstration = int(known["port"]), known["host"], known["demonstration"]
        return house

    @property
    def _notes(self) -> Path:
        return self.data / "house.json"

    def note(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        notes = {"port": self.port, "host": self.host, "demonstration": self.demonstration}
        self._notes.write_text(json.dumps(notes) + "\n")

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.data / "pg")

    @property
    def public_url(self) -> str:
        shown = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::", "::1"} else self.host  # noqa: S104 -- compared, not bound
        return os.environ.get("MAISON_PUBLIC_URL", f"http://{shown}:{self.port}")

    @property
    def local_url(self) -> str:
        """Where this machine reaches it, whatever name the public uses."""
        reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{reached}:{self.port}"

    @property
    def sandbox_port(self) -> int:
        return int(os.environ.get("MAISON_SANDBOX_PORT", self.port + 1))

    @property
    def sandbox_url(self) -> str:
        return os.environ.get("MAISON_SANDBOX_URL", f"http://localhost:{self.sandbox_port}")

    def environ(self, database_url: str) -> dict[str, str]:
        """For the children. What the operator has set already wins."""
        given = dict(os.environ)
        hosts = ["localhost", "127.0.0.1", "[::1]"]
        if self.host not in {"127.0.0.1", "::1", "localhost"}:
            hosts += [socket.gethostname(), *([] if self.host in {"0.0.0.0", "::"} else [self.host])]  # noqa: S104
        chosen = {
            "DJANGO_SETTINGS_MODULE": "maison.config.settings",
            "MAISON_ENVIRONMENT": "demonstration",
            "MAISON_HOSTS": ",".join(hosts),
            "MAISON_PUBLIC_URL": self.public_url,
            "MAISON_SESSION_COOKIE": f"maison_session_{self.port}",
            "MAISON_SANDBOX": "1" if self.demonstration else "0",
            "MAISON_SANDBOX_URL": self.sandbox_url,
            "MAISON_MLLP_LISTEN": f"127.0.0.1:{mllp_port(self.port)}" if self.demonstration else "",
            # Few glibc arenas: threads otherwise keep tens of megabytes apart for nothing.
            "MALLOC_ARENA_MAX": "2",
        }
        if self.demonstration:
            chosen |= self._letters()
        always = {
            "DATABASE_URL": database_url,
            "MAISON_DATA": str(self.data),
            "MAISON_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        return chosen | given | always

    @property
    def sandbox_folder(self) -> Path:
        """Certificates, mailboxes and records of the sandbox that takes letters."""
        return self.data / "bac-a-sable"

    def _letters(self) -> dict[str, str]:
        ports, folder, login = letter_ports(self.port), self.sandbox_folder, "maison%40operateur.mssante.fr"
        return {
            "MAISON_MSSANTE_URL": f"smtps://{login}@localhost:{ports['smtp']}",
            "MAISON_MSSANTE_IMAP_URL": f"imaps://{login}@localhost:{ports['imap']}",
            "MAISON_MSSANTE_SECRET": "bac-a-sable-sans-secret",
            "MAISON_MSSANTE_ADDRESS": "maison@operateur.mssante.fr",
            "MAISON_MSSANTE_DOMAINS": "mssante.fr,medecin.mssante.fr,ch-fictif.mssante.fr,test-ci-sis.mssante.fr",
            "MAISON_DMP_URL": f"https://localhost:{ports['dmp']}/dmp/",
            "MAISON_MSSANTE_AUTHORITY": str(folder / "autorite.pem"),
            "MAISON_MSSANTE_CERTIFICATE": str(folder / "maison.pem"),
            "MAISON_MSSANTE_KEY": str(folder / "maison.key"),
            "MAISON_DMP_AUTHORITY": str(folder / "autorite.pem"),
            "MAISON_DMP_CERTIFICATE": str(folder / "maison.pem"),
            "MAISON_DMP_KEY": str(folder / "maison.key"),
        }

    @contextlib.contextmanager
    def database(self) -> Iterator[dict[str, str]]:
        """The environment for a child that needs the database, which runs meanwhile."""
        if url := os.environ.get("DATABASE_URL"):
            yield self.environ(url)
            return
        cluster = self.cluster
        cluster.acquire()
        try:
            yield self.environ(cluster.url())
        finally:
            cluster.release()


def python(*words: str) -> list[str]:
    return [sys.executable, *words]


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as link:
        link.bind((host, 0))
        return int(link.getsockname()[1])
