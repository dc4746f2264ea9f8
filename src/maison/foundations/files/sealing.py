"""Encryption at rest: AES-256-GCM by segments, so that a large file is read and written with little memory.

Layout: 4 bytes "MES1", 16 bytes of salt, then segments of 1 MiB of clear text, each followed by its 16-byte tag. The
key of a file is derived (HKDF-SHA256) from the house's key and the salt; the nonce is the rank of the segment and a mark
on the last one, so that a segment cannot be moved, dropped, or the end cut (the STREAM construction, Hoang et al. 2015).
The identifier of the file is bound to every segment: bytes put under another identifier do not open.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MAGIC = b"MES1"
SALT_BYTES = 16
TAG_BYTES = 16
SEGMENT_BYTES = 1 << 20


class SealBroken(Exception):
    """The bytes are not those that were sealed for this file."""


def key_id(secret: str) -> str:
    return hashlib.sha256(b"maison.files.key_id:" + secret.encode()).hexdigest()[:16]


def current_key() -> str:
    return str(settings.FILES_KEYS[0])


def key_named(wanted: str) -> str:
    for secret in settings.FILES_KEYS:
        if key_id(secret) == wanted:
            return str(secret)
    raise SealBroken("no known key")


def _cipher(secret: str, salt: bytes) -> AESGCM:
    derived = HKDF(hashes.SHA256(), 32, salt, b"maison.files").derive(secret.encode())
    return AESGCM(derived)


def _nonce(rank: int, last: bool) -> bytes:
    return rank.to_bytes(11) + (b"\x01" if last else b"\x00")


def sealed(file_id: UUID, secret: str, clear: Iterator[bytes]) -> Iterator[bytes]:
    """The sealed form of a stream, block by block."""
    salt = os.urandom(SALT_BYTES)
    cipher = _cipher(secret, salt)
    yield MAGIC + salt
    held, rank = bytearray(), 0
    for block in clear:
        held += block
        while len(held) > SEGMENT_BYTES:  # one byte more than a segment: it is not the last one
            yield cipher.encrypt(_nonce(rank, False), bytes(held[:SEGMENT_BYTES]), file_id.bytes)
            del held[:SEGMENT_BYTES]
            rank += 1
    yield cipher.encrypt(_nonce(rank, True), bytes(held), file_id.bytes)


def opened(file_id: UUID, secret: str, stored: BinaryIO) -> Iterator[bytes]:
    """The clear stream; raises SealBroken at the first segment that does not hold."""
    head = stored.read(len(MAGIC) + SALT_BYTES)
    if len(head) != len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
        raise SealBroken("not a sealed file")
    cipher = _cipher(secret, head[len(MAGIC) :])
    segment, rank = stored.read(SEGMENT_BYTES + TAG_BYTES), 0
    while True:
        following = stored.read(SEGMENT_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(rank, not following), segment, file_id.bytes)
        except InvalidTag:
            raise SealBroken(f"segment {rank}") from None
        if not following:
            return
        segment, rank = following, rank + 1


def sealed_size(size: int) -> int:
    """How many bytes a file of `size` bytes takes once sealed."""
    segments = max(1, -(-size // SEGMENT_BYTES))
    return len(MAGIC) + SALT_BYTES + size + segments * TAG_BYTES
