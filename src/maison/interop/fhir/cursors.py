"""Page links: the search and where it stands, sealed. A link opens nothing to another caller, and tells nothing to a log."""

from __future__ import annotations

import base64
import hashlib
import os
import time
import zlib
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from maison.formats.fhir.wire import UnreadableJson, read, write

from .errors import BadCursor

HOURS = 24
NONCE = 12


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"maison.fhir.page" + secret.encode()).digest())


def seal(subject: str, state: dict[str, Any]) -> str:
    """`subject` is who searched; values of a search may name a person, so the link hides them."""
    nonce = os.urandom(NONCE)
    text = zlib.compress(write({**state, "until": int(time.time()) + HOURS * 3600}))
    sealed = nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, text, subject.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(subject: str, text: str) -> dict[str, Any]:
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        opened = _cipher(settings.SECRET_KEY).decrypt(sealed[:NONCE], sealed[NONCE:], subject.encode())
        state = read(zlib.decompress(opened))
    except (InvalidTag, ValueError, zlib.error, UnreadableJson) as error:
        raise BadCursor from error
    if state.pop("until", 0) < time.time():
        raise BadCursor
    return state


def link(base: str, path: str, subject: str, state: dict[str, Any]) -> str:
    return f"{base}/{path}?{urlencode({'_page': seal(subject, state)})}"
