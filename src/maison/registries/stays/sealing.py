"""Traits at rest: AES-256-GCM, bound to the patient they are of. One byte of version, four naming the key, twelve of nonce."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION, NONCE_BYTES = b"\x01", 12


class TraitsUnsealable(Exception):
    """None of the keys of the settings opens them, or they were changed outside the house."""


@lru_cache(maxsize=16)
def _key(secret: str) -> tuple[bytes, AESGCM]:
    key = HKDF(SHA256(), 32, salt=None, info=b"maison stays traits").derive(secret.encode())
    return hashlib.sha256(key).digest()[:4], AESGCM(key)


def seal(patient_id: UUID, clear: bytes) -> bytes:
    name, cipher = _key(settings.PAYLOAD_KEY)
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + name + nonce + cipher.encrypt(nonce, clear, patient_id.bytes)


def unseal(patient_id: UUID, sealed: bytes) -> bytes:
    for secret in (settings.PAYLOAD_KEY, *settings.PAYLOAD_RETIRED_KEYS):
        name, cipher = _key(secret)
        if name == sealed[1:5]:
            try:
                return cipher.decrypt(sealed[5:17], sealed[17:], patient_id.bytes)
            except InvalidTag as error:
                raise TraitsUnsealable from error
    raise TraitsUnsealable
