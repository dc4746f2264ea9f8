"""Folders as source and target: what an SFTP server or a file share shows to the hospital's software.

A file is taken when it is whole: temporary names are ignored, and a file must have stopped growing. Written files appear
by an atomic rename. Folders stand under `MAISON_CHANNEL_FOLDERS` and never outside.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from maison.interop.channels.arrivals import Arrival, receive
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.message import MAX_BYTES
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel, SourceState

from . import accesses
from .base import Parcel, Receipt, Send, Source, Target

log = logging.getLogger(__name__)

PARTIAL = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".lock")
ARCHIVE, ERROR = "archive", "erreur"
SUFFIXES = {"hl7v2": ".hl7", "json": ".json", "xml": ".xml"}
DOOR = "dossier"


def place(text: str) -> Path | None:
    """The folder under the root of channels; None when the words lead elsewhere."""
    root = Path(settings.CHANNEL_FOLDERS)
    found = (root / text).resolve()
    return found if found != root and found.is_relative_to(root) else None


def _faults(text: str, *, write: bool) -> list[str]:
    folder = place(text)
    if folder is None:
        return [f"Le dossier « {text} » sort du dossier des canaux."]
    if must_be_listed() and accesses.folder(text) is None:
        return [
            f"Le dossier « {text} » n'est pas parmi ceux que l'exploitant ouvre aux canaux (MAISON_CHANNEL_ACCESS)."
        ]
    if not folder.is_dir():
        return [f"Le dossier « {text} » n'existe pas : l'exploitant le crée."]
    if not os.access(folder, os.R_OK | os.X_OK | (os.W_OK if write else 0)):
        return [f"La maison n'a pas les droits sur le dossier « {text} »."]
    return []


def _closed(text: str) -> str:
    """Why this folder may not be used, although it is one of the root's; empty when it may."""
    if must_be_listed() and accesses.folder(text) is None:
        return f"Le dossier « {text} » n'est pas parmi ceux que l'exploitant ouvre aux canaux (MAISON_CHANNEL_ACCESS)."
    return ""


def must_be_listed() -> bool:
    """Only the folders of the operator's list may be named; a house for tests without any list leaves the agency free."""
    return settings.PRODUCTION or accesses.is_declared()


def _reach(channel: Channel, text: str) -> list[str]:
    listed = accesses.folder(text)
    if listed is not None and accesses.serves(listed, channel.structure):
        return []
    return [f"Le dossier « {text} » n'est pas ouvert à la structure de ce canal : l'exploitant l'y ajoute."]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tell(channel: Channel, words: str) -> None:
    """A folder that went away, or that the operator closed, is a mute source; one that is back is told again too."""
    if words:
        SourceState.objects.get_or_create(channel=channel)
        changes = {"words": words[:300], "down_since": Coalesce("down_since", Now())}
        SourceState.objects.filter(channel=channel).exclude(words=words[:300], down_since__isnull=False).update(
            **changes
        )
    else:
        SourceState.objects.filter(channel=channel, down_since__isnull=False).update(
            down_since=None, words="", failures=0
        )


class FolderSource(Source):
    may_be_mute = True
    shape = Shape(
        "dossier", "Dossier surveillé",
        [Field("chemin", "Dossier", "access", natures=("dossier",), help="sous le dossier des canaux, par exemple chu/entree"),
         Field("motif", "Noms des fichiers", default="*", help="* et ? remplacent des caractères"),
         Field("calme_secondes", "Pris quand il ne grandit plus depuis", "number", default=3, low=0, high=600, help="secondes")],
        "les fichiers {motif} du dossier {chemin}",
    )  # fmt: skip

    @override
    def faults(self, config: Configuration) -> list[str]:
        return _faults(config.source.text("chemin"), write=True)

    @override
    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        return _reach(channel, config.source.text("chemin"))

    @override
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        text = config.source.text("chemin")
        folder = place(text)
        words = " ".join(_faults(text, write=True))
        _tell(channel, words)
        if words or folder is None:
            return 0
        files = self._ready(folder, config, limit)
        taken: list[tuple[Path, str]] = []
        with transaction.atomic():
            for path in files:
                try:
                    taken.append((path, self._hold(channel, config, path)))
                except FileNotFoundError:
                    continue  # another worker took it meanwhile
        # Only what is committed moves: a crash here shows the file again, and its identity says it is held.
        for path, where in taken:
            _move(path, folder / where)
        return len(taken)

    def _ready(self, folder: Path, config: Configuration, limit: int) -> list[Path]:
        settled = time.time() - config.source.number("calme_secondes")
        found: list[tuple[float, str, Path]] = []
        for path in folder.glob(config.source.text("motif") or "*"):
            if (
                path.name.startswith(".")
                or path.name.lower().endswith(PARTIAL)
                or path.is_symlink()
                or not path.is_file()
            ):
                continue
            try:
                changed = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if changed <= settled:
                found.append((changed, path.name, path))
        return [path for _, _, path in sorted(found)[:limit]]

    def _hold(self, channel: Channel, config: Configuration, path: Path) -> str:
        size = path.stat().st_size
        payload = path.read_bytes() if size <= MAX_BYTES else None
        arrival = Arrival(
            payload=payload, size=size, door=DOOR, sender=config.source.text("chemin"), identity=path.name
        )
        return ERROR if receive(channel, config, [arrival])[0] == "refused" else ARCHIVE


def _move(path: Path, folder: Path) -> None:
    """Into today's folder, never over another file; across a crash it is at one place or the other."""
    today = folder / f"{timezone.localdate():%Y-%m-%d}"
    today.mkdir(parents=True, exist_ok=True)
    to = today / path.name
    if to.exists():
        to = today / f"{time.time():.6f}-{path.name}"
    try:
        path.replace(to)
    except FileNotFoundError:
        log.debug("channels.file_already_moved")
        return
    _sync(today)


class FolderTarget(Target):
    shape = Shape(
        "dossier", "Dossier",
        [Field("chemin", "Dossier", "access", natures=("dossier",), help="sous le dossier des canaux, par exemple ror/sortie"),
         Field("prefixe", "Début des noms de fichiers", required=False)],
        "écrire un fichier par message dans le dossier {chemin}",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return _faults(item.text("chemin"), write=True)

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return _reach(channel, item.text("chemin"))

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        folder, closed = place(item.text("chemin")), _closed(item.text("chemin"))

        def send(parcel: Parcel) -> Receipt:
            if folder is None or closed:
                return Receipt("down", closed or "Le dossier de la cible sort du dossier des canaux.")
            if not folder.is_dir():
                return Receipt("down", "Le dossier de la cible n'existe pas ou n'est plus monté.")
            name = file_name(item.text("prefixe"), parcel)
            partial = folder / f".{name}.part"
            try:
                with partial.open("wb") as file:
                    file.write(parcel.payload)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(folder / name)
                _sync(folder)
            except OSError as error:
                return Receipt("down", f"Le dossier de la cible ne s'écrit pas ({type(error).__name__}).")
            return Receipt("delivered", "Fichier déposé")

        yield send


def file_name(prefix: str, parcel: Parcel) -> str:
    """The same at each attempt, and in the order of the channel."""
    return f"{prefix}{parcel.rank:012d}-{parcel.key}{suffix(parcel.content_type)}"


def suffix(content_type: str) -> str:
    return ".xml" if "xml" in content_type else ".json" if "json" in content_type else ".hl7"
