"""Find the messages of a patient or of a visit without writing in clear who they are about.

A key is an HMAC-SHA256, cut to 128 bits, of an identifier and of the domain that gave it. The same words give the same
key, whatever the software; without the house's index key nobody can try identifiers one after the other.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

DIGITS = 32


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hashlib.sha256(b"maison exchange blind index:" + secret.encode()).digest()


def _index(kind: str, domain: str, identifier: str) -> str:
    identifier = identifier.strip()
    if not identifier:
        return ""
    words = f"{kind}\x1f{domain.strip().lower()}\x1f{identifier}".encode()
    return hmac.digest(_key(settings.INDEX_KEY), words, "sha256").hex()[:DIGITS]


def patient_key(domain: str, identifier: str) -> str:
    """`domain` is the OID of the identification domain, or its name when it has no OID. "" when nobody is named."""
    return _index("patient", domain, identifier)


def visit_key(domain: str, identifier: str) -> str:
    return _index("visit", domain, identifier)
