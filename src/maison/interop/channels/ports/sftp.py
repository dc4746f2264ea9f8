"""SFTP as source and target. The server is believed by its pinned host keys only; files appear and are taken whole.

Out: written under a hidden temporary name, then renamed. In: a file is taken once it stopped growing between two looks, committed in the
journal, then moved to `archive` or `erreur`: it is never deleted, and seen again after a crash it counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import posixpath
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import cast, override
from uuid import UUID

import asyncssh
from django.utils import timezone

from maison.interop.channels.arrivals import Arrival
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.message import MAX_BYTES
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel

from . import accesses
from .accesses import Access
from .background import Run, background
from .base import Parcel, Receipt, Send, Target
from .folders import ARCHIVE, ERROR, PARTIAL, file_name
from .remote import Held, RemoteSource, Unreachable

CONNECT_SECONDS, TRANSFER_SECONDS, CLOSE_SECONDS = 8.0, 30.0, 3.0
BROKEN = (asyncssh.Error, OSError, TimeoutError, asyncio.CancelledError)


def refused(secrets: Access) -> str:
    """What this access lacks, in French; empty when nothing does."""
    host, _ = accesses.machine(secrets, 22)
    if not host or not secrets.get("utilisateur"):
        return "L'accès SFTP doit donner machine et utilisateur."
    if not secrets.get("secret") and not secrets.get("cle"):
        return "L'accès SFTP doit donner cle (fichier de clé privée) ou secret."
    try:
        return (
            ""
            if _host_keys(secrets)
            else "L'accès SFTP doit donner cles_hote : la clé publique du serveur, que la maison exige."
        )
    except asyncssh.KeyImportError:
        return "Une clé de cles_hote ne se lit pas : écrivez-la comme dans known_hosts, « ssh-ed25519 AAAA… »."


def _host_keys(secrets: Access) -> list[asyncssh.SSHKey]:
    said = secrets.get("cles_hote", [])
    return [asyncssh.import_public_key(str(one)) for one in (said if isinstance(said, list) else [said])]


def access_faults(item: Item) -> list[str]:
    found = accesses.faults(item, "sftp")
    return found or ([words] if (words := refused(accesses.access(item.text("acces"), "sftp") or {})) else [])


class Session:
    """A connection and its SFTP client."""

    def __init__(self, connection: asyncssh.SSHClientConnection, client: asyncssh.SFTPClient) -> None:
        self.connection, self.client = connection, client

    @classmethod
    async def to(cls, secrets: Access) -> Session:
        host, port = accesses.machine(secrets, 22)
        connection = await asyncssh.connect(
            host, port, username=str(secrets["utilisateur"]), password=str(secrets["secret"]) if secrets.get("secret") else None,
            client_keys=[str(secrets["cle"])] if secrets.get("cle") else None, known_hosts=(_host_keys(secrets), [], []), config=[],
            agent_path=None, connect_timeout=CONNECT_SECONDS, login_timeout=CONNECT_SECONDS, keepalive_interval=10,
        )  # fmt: skip
        try:
            return cls(connection, await connection.start_sftp_client())
        except BaseException:
            connection.abort()
            raise

    async def close(self) -> None:
        self.client.exit()
        self.connection.close()
        await self.connection.wait_closed()


def _said(error: BaseException) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "La clé du serveur SFTP n'est pas celle que l'exploitant a donnée."
    if isinstance(error, asyncssh.PermissionDenied):
        return "Le serveur SFTP refuse l'identification de la maison."
    return f"Le serveur SFTP ne répond pas ({type(error).__name__})."


class SftpTarget(Target):
    shape = Shape(
        "sftp", "Serveur SFTP",
        [Field("acces", "Accès", "access", natures=("sftp",)),
         Field("dossier", "Dossier du serveur", help="par exemple entree/maison"),
         Field("prefixe", "Début des noms de fichiers", required=False),
         Field("idempotent", "Le destinataire reconnaît un fichier déjà pris à son nom", "flag", default=False,
               help="sinon un dépôt dont on ignore l'issue n'est jamais répété sans une personne")],
        "déposer un fichier par message dans {dossier} (accès SFTP : {acces})",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return access_faults(item)

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return accesses.reach(channel, item)

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        secrets = accesses.access(item.text("acces"), "sftp")
        if not secrets or refused(secrets):
            yield lambda parcel: Receipt("down", "L'accès au serveur SFTP n'est plus déclaré, ou n'est pas complet.")
            return
        with background("channel-sftp") as run:
            depositor = Depositor(run, secrets, item)
            try:
                yield depositor.send
            finally:
                depositor.close()


class Depositor:
    """One connection for a batch, made at its first file and made again when it is lost."""

    def __init__(self, run: Run, secrets: Access, item: Item) -> None:
        self.run, self.secrets, self.folder, self.prefix = run, secrets, item.text("dossier"), item.text("prefixe")
        self.safe = bool(item.values.get("idempotent"))
        self._lock = Lock()
        self._session: Session | None = None

    def send(self, parcel: Parcel) -> Receipt:
        name = file_name(self.prefix, parcel)
        partial, final = posixpath.join(self.folder, f".{name}.part"), posixpath.join(self.folder, name)
        try:
            with self._lock:
                if self._session is None:
                    self._session = self.run(Session.to(self.secrets), CONNECT_SECONDS * 2)
                session = self._session
        except BROKEN as error:
            return Receipt("down", _said(error))
        try:
            self.run(_write(session.client, partial, parcel.payload), TRANSFER_SECONDS)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return Receipt("down", "Le dossier de la cible n'existe pas sur le serveur SFTP.")
        except asyncssh.SFTPPermissionDenied:
            return Receipt("down", "La maison n'a pas le droit d'écrire dans le dossier du serveur SFTP.")
        except BROKEN as error:
            self.close()
            return Receipt("down", _said(error))  # no file has its name yet: nothing was taken
        try:
            self.run(_rename(session.client, partial, final), TRANSFER_SECONDS)
        except asyncssh.SFTPError as error:
            if isinstance(error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
                return self._unsure(error)
            return Receipt("down", f"Le serveur SFTP refuse de nommer le fichier ({type(error).__name__}).")
        except BROKEN as error:
            return self._unsure(error)
        return Receipt("delivered", "Fichier déposé")

    def _unsure(self, error: BaseException) -> Receipt:
        """The file may have its name, and its reader may have taken it."""
        self.close()
        words = f"La connexion s'est rompue pendant le dépôt ({type(error).__name__})"
        return (
            Receipt("down", f"{words}.") if self.safe else Receipt("unknown", f"{words} : le fichier y est peut-être.")
        )

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(*BROKEN):
                self.run(session.close(), CLOSE_SECONDS)


async def _write(client: asyncssh.SFTPClient, path: str, payload: bytes) -> None:
    async with client.open(path, "wb") as file:
        await file.write(payload)
        with contextlib.suppress(asyncssh.SFTPOpUnsupported):  # not every server can be asked to reach the disk
            await file.fsync()


async def _rename(client: asyncssh.SFTPClient, partial: str, final: str) -> None:
    try:
        await client.posix_rename(partial, final)
    except asyncssh.SFTPOpUnsupported:
        await client.rename(partial, final)


class SftpSource(RemoteSource):
    shape = Shape(
        "sftp", "Dossier d'un serveur SFTP",
        [Field("acces", "Accès", "access", natures=("sftp",)),
         Field("dossier", "Dossier du serveur", help="par exemple sortie/maison"),
         Field("motif", "Noms des fichiers", default="*", help="* et ? remplacent des caractères"),
         Field("calme_secondes", "Pris quand il ne grandit plus depuis", "number", default=10, low=0, high=600, help="secondes, entre deux regards")],
        "les fichiers {motif} du dossier {dossier} (accès SFTP : {acces})",
    )  # fmt: skip

    def __init__(self) -> None:
        self._seen: dict[UUID, dict[str, tuple[tuple[int, int], float]]] = {}

    @override
    def faults(self, config: Configuration) -> list[str]:
        return access_faults(config.source)

    @override
    def fetch(self, channel: Channel, config: Configuration, limit: int, hold: Held) -> int:
        secrets = accesses.access(config.source.text("acces"), "sftp")
        if not secrets or refused(secrets):
            raise Unreachable("L'accès au serveur SFTP n'est plus déclaré, ou n'est pas complet.")
        try:
            with background("channel-sftp-in") as run:
                session = run(Session.to(secrets), CONNECT_SECONDS * 2)
                try:
                    return self._take(run, session.client, channel, config, limit, hold)
                finally:
                    with contextlib.suppress(*BROKEN):
                        run(session.close(), CLOSE_SECONDS)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            raise Unreachable("Le dossier n'existe pas sur le serveur SFTP.") from error
        except BROKEN as error:
            raise Unreachable(_said(error)) from error

    def _take(self, run: Run, client: asyncssh.SFTPClient, channel: Channel, config: Configuration, limit: int, hold: Held) -> int:  # fmt: skip
        folder, sender = config.source.text("dossier"), f"{config.source.text('acces')}:{config.source.text('dossier')}"
        count = 0
        for name, size in self._calm(run(_listed(client, folder), TRANSFER_SECONDS), channel.id, config)[:limit]:
            path = posixpath.join(folder, name)
            payload = run(_read(client, path), TRANSFER_SECONDS) if size <= MAX_BYTES else None
            (fate,) = hold([Arrival(payload, self.shape.code, sender, name, size=size)])
            run(
                _move(client, path, posixpath.join(folder, ERROR if fate == "refused" else ARCHIVE), name),
                TRANSFER_SECONDS,
            )
            count += 1
        return count

    def _calm(self, listed: list[asyncssh.SFTPName], channel_id: UUID, config: Configuration) -> list[tuple[str, int]]:
        """Oldest first, those that are the same as so many seconds ago by our own clock: the server's may be wrong."""
        now, before = time.monotonic(), self._seen.get(channel_id, {})
        quiet = config.source.number("calme_secondes")
        seen: dict[str, tuple[tuple[int, int], float]] = {}
        found: list[tuple[int, str, int]] = []
        for one in listed:
            name, about = str(one.filename), (int(one.attrs.size or 0), int(one.attrs.mtime or 0))
            if not _is_message(one, config.source.text("motif") or "*"):
                continue
            known = before.get(name)
            since = known[1] if known is not None and known[0] == about else now
            seen[name] = (about, since)
            if now - since >= quiet:
                found.append((about[1], name, about[0]))
        self._seen[channel_id] = seen
        return [(name, size) for _, name, size in sorted(found)]


def _is_message(one: asyncssh.SFTPName, pattern: str) -> bool:
    name = str(one.filename)
    is_file = one.attrs.permissions is None or stat.S_ISREG(one.attrs.permissions)
    return (
        is_file
        and not name.startswith(".")
        and not name.lower().endswith(PARTIAL)
        and fnmatch.fnmatchcase(name, pattern)
    )


async def _listed(client: asyncssh.SFTPClient, folder: str) -> list[asyncssh.SFTPName]:
    return [one async for one in client.scandir(folder)]


async def _read(client: asyncssh.SFTPClient, path: str) -> bytes:
    async with client.open(path, "rb") as file:
        return cast(bytes, await file.read(MAX_BYTES + 1))


async def _move(client: asyncssh.SFTPClient, path: str, folder: str, name: str) -> None:
    """Into today's folder, never over another file."""
    today = posixpath.join(folder, f"{timezone.localdate():%Y-%m-%d}")
    await client.makedirs(today, exist_ok=True)
    to = posixpath.join(today, name)
    if await client.exists(to):
        to = posixpath.join(today, f"{time.time():.6f}-{name}")
    await client.rename(path, to)
