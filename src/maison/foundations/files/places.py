"""Where the sealed bytes stand: a port, with a local folder and an S3 store (`s3.py`)."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

PARTIAL = ".partiel"


class Place(ABC):
    """Holds blobs under opaque names."""

    @abstractmethod
    def write(self, blocks: Iterator[bytes]) -> str:
        """Keep a blob whole or not at all, safe from a power cut once returned; answers its name."""

    @abstractmethod
    def read(self, name: str) -> BinaryIO:
        """Raises FileNotFoundError."""

    @abstractmethod
    def size(self, name: str) -> int:
        """Raises FileNotFoundError."""

    @abstractmethod
    def remove(self, name: str) -> None: ...

    @abstractmethod
    def names_older_than(self, age: timedelta) -> Iterator[str]:
        """Blobs, and half-written ones, last changed before that."""


class LocalFolder(Place):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, blocks: Iterator[bytes]) -> str:
        identifier = uuid4().hex
        name = f"{identifier[:2]}/{identifier}"
        final = self.folder / name
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = final.with_name(final.name + PARTIAL)
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(final)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        self._keep_folder(final.parent)
        return name

    @staticmethod
    def _keep_folder(folder: Path) -> None:
        """The new name itself must survive a power cut."""
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self, name: str) -> BinaryIO:
        return (self.folder / name).open("rb")

    def size(self, name: str) -> int:
        return (self.folder / name).stat().st_size

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def names_older_than(self, age: timedelta) -> Iterator[str]:
        limit = (timezone.now() - age).timestamp()
        for path in self.folder.glob("??/*"):
            if path.stat().st_mtime < limit:
                yield str(path.relative_to(self.folder))


def place() -> Place:
    """The adapter the settings choose."""
    if settings.FILES_S3:
        from .s3 import Credentials, store_at

        return store_at(
            settings.FILES_S3["url"],
            Credentials(settings.FILES_S3["access_key"], settings.FILES_S3["secret_key"], settings.FILES_S3["region"]),
        )
    return LocalFolder(Path(settings.FILES_DIR))
