"""Store, open and withdraw files."""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import NotFound
from maison.foundations.ids import uuid7
from maison.ui import french

from . import sealing
from .errors import (
    FileAlreadyWithdrawn,
    FileEmpty,
    FileKindRefused,
    FileNameMisleading,
    FilePurposeUnknown,
    FileTooLarge,
    FileUnreadable,
)
from .models import StoredFile
from .places import place
from .purposes import MEGABYTE, FilePurpose, purposes
from .sniffing import HEAD_BYTES, KINDS, Kind, sniff

log = logging.getLogger(__name__)

BLOCK_BYTES = 256 * 1024
NAME_LENGTH = 120
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\"<>|*?:/\\]+")


def safe_name(name: str, kind: Kind) -> str:
    """The name people will see: no folder, no hidden or reversing character, and an extension of its kind."""
    stem = _UNSAFE.sub(" ", name.replace("\\", "/").rpartition("/")[2]).strip(" .") or "document"
    suffix = PurePath(stem).suffix.lower()
    if suffix not in kind.extensions:
        stem, suffix = stem, kind.extensions[0]
    else:
        stem = stem[: -len(suffix)].rstrip(" .") or "document"
    return stem[: NAME_LENGTH - len(suffix)] + suffix


def recognised(purpose: FilePurpose, head: bytes, name: str) -> Kind:
    if not head:
        raise FileEmpty
    kind = sniff(head)
    if kind is None or kind.code not in purpose.kinds:
        accepted = ", ".join(KINDS[code].label for code in KINDS if code in purpose.kinds)
        raise FileKindRefused(f"Types acceptés : {accepted}.")
    suffix = PurePath(name).suffix.lower()
    announced = {extension for known in KINDS.values() for extension in known.extensions}
    if suffix in announced and suffix not in kind.extensions:
        raise FileNameMisleading
    return kind


class _Counted:
    """Reads a stream block by block, weighs it, takes its fingerprint, and stops at the limit."""

    def __init__(self, head: bytes, stream: BinaryIO, purpose: FilePurpose) -> None:
        self.blocks = itertools.chain([head], iter(lambda: stream.read(BLOCK_BYTES), b""))
        self.purpose = purpose
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks:
            self.size += len(block)
            if self.size > self.purpose.max_bytes:
                raise FileTooLarge(f"La limite est de {french.number(self.purpose.max_bytes // MEGABYTE)} Mo.")
            self.digest.update(block)
            yield block


def _head(stream: BinaryIO) -> bytes:
    """The first bytes, even when the stream gives few at a time."""
    head = b""
    while len(head) < HEAD_BYTES and (block := stream.read(HEAD_BYTES - len(head))):
        head += block
    return head


def store(actor: Actor, stream: BinaryIO, name: str, purpose: str, *, structure_id: UUID | None = None) -> StoredFile:
    """Keep a file given by the actor. The room has checked that the actor may; refused, nothing is left behind.

    The bytes are written before the row: should the transaction around fail, the sweeping removes them a day later.
    """
    known = purposes().get(purpose)
    if known is None:
        raise FilePurposeUnknown
    head = _head(stream)
    kind = recognised(known, head, name)
    file = StoredFile(id=uuid7(), purpose_code=known.code, name=safe_name(name, kind), kind_code=kind.code)
    counted = _Counted(head, stream, known)
    secret = sealing.current_key()
    file.place = place().write(sealing.sealed(file.id, secret, iter(counted)))
    file.size, file.sha256, file.key_id = counted.size, counted.digest.hexdigest(), sealing.key_id(secret)
    file.structure_id, file.stored_by = structure_id or actor.structure_id, actor.subject
    try:
        with transaction.atomic():
            file.save(force_insert=True)
            audit.record(actor, "files.stored", target=file, structure=file.structure_id,
                         details={"purpose": known.code, "kind": kind.code, "size": file.size, "sha256": file.sha256})  # fmt: skip
    except BaseException:
        place().remove(file.place)
        raise
    return file


class Content:
    """The clear bytes of a file, block by block; `close` lets the stored bytes go, read or not."""

    def __init__(self, first: bytes, rest: Iterator[bytes], stored: BinaryIO) -> None:
        self._blocks = itertools.chain([first], rest)
        self._stored = stored

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._blocks)
        except StopIteration:
            self.close()
            raise

    def close(self) -> None:
        self._stored.close()


def content(file: StoredFile) -> Content:
    """The clear bytes. Missing or damaged ones are said before anything is sent, when size or first block can tell."""
    stored = None
    try:
        if place().size(file.place) != sealing.sealed_size(file.size):
            raise sealing.SealBroken("size")
        stored = place().read(file.place)
        blocks = sealing.opened(file.id, sealing.key_named(file.key_id), stored)
        return Content(next(blocks), blocks, stored)
    except (FileNotFoundError, sealing.SealBroken) as error:
        if stored is not None:
            stored.close()
        log.error("files.unreadable %s %s", file.id, type(error).__name__)
        raise FileUnreadable from None


@transaction.atomic
def withdraw(*, actor: Actor, file_id: UUID, reason: str) -> StoredFile:
    """Take a file out of everyone's sight; its bytes stay for the legal time. The room has checked that the actor may."""
    file = StoredFile.objects.select_for_update().filter(id=file_id).first()
    if file is None:
        raise NotFound
    if file.state == StoredFile.State.WITHDRAWN:
        raise FileAlreadyWithdrawn
    file.state, file.withdrawn_at, file.withdrawn_by, file.withdrawal_reason = (
        StoredFile.State.WITHDRAWN, timezone.now(), actor.subject, reason,
    )  # fmt: skip
    file.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    audit.record(actor, "files.withdrawn", target=file, structure=file.structure_id, reason=reason)
    return file
