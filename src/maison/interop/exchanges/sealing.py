"""Payloads at rest: compressed, then AES-256-GCM bound to the exchange they belong to.

Layout: one byte of version, four bytes naming the key, twelve of nonce, then the ciphertext. Each payload has a random
nonce; the exchange id is authenticated with it, so that two rows cannot be swapped. Retired keys still open.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from .errors import PayloadUnsealable

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_NAME_BYTES = 4
COMPRESSION_LEVEL = 1  # three quarters of the gain for a tenth of the time


@lru_cache(maxsize=16)
def _key(secret: str) -> tuple[bytes, AESGCM]:
    key = HKDF(SHA256(), 32, salt=None, info=b"maison exchange payload").derive(secret.encode())
    return hashlib.sha256(key).digest()[:KEY_NAME_BYTES], AESGCM(key)


def seal(exchange_id: UUID, payload: bytes) -> bytes:
    name, cipher = _key(settings.PAYLOAD_KEY)
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + name + nonce + cipher.encrypt(nonce, zlib.compress(payload, COMPRESSION_LEVEL), exchange_id.bytes)


def unseal(exchange_id: UUID, sealed: bytes) -> bytes:
    """The exact bytes received. Raises PayloadUnsealable."""
    name, nonce = sealed[1:5], sealed[5 : 5 + NONCE_BYTES]
    for secret in (settings.PAYLOAD_KEY, *settings.PAYLOAD_RETIRED_KEYS):
        known, cipher = _key(secret)
        if known == name:
            try:
                return zlib.decompress(cipher.decrypt(nonce, sealed[5 + NONCE_BYTES :], exchange_id.bytes))
            except InvalidTag as error:
                raise PayloadUnsealable from error
    raise PayloadUnsealable
