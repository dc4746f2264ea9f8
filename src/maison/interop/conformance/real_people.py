"""Samples hold fictional people only: a national identity of production stops everything, before any check.

Looks at the text and inside its base64 parts (a CDA document in an HL7 message).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress

_PRODUCTION = re.compile(rb"(?<![0-9.])1\.2\.250\.1\.213\.1\.4\.[89](?![0-9.])")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{120,}={0,2}")
_SPACES = re.compile(rb"\s+|\\X0[AD]\\|\\\.br\\")

REFUSAL = (
    "Cet exemple porte un matricule INS de production (domaine 1.2.250.1.213.1.4.8 ou .9) : il peut désigner une vraie "
    "personne. Il n’a été ni contrôlé ni conservé. Remplacez l’identité par une identité de test et son domaine par "
    "1.2.250.1.213.1.4.10 (test) ou .11 (démonstration)."
)


def may_name_one(data: bytes) -> bool:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", errors="replace").encode()
    if _PRODUCTION.search(data):
        return True
    compact = _SPACES.sub(b"", data)
    return any(_PRODUCTION.search(text) for found in _BASE64.finditer(compact) for text in _decoded(found[0]))


def _decoded(run: bytes) -> Iterator[bytes]:
    """Whatever letters stand against its beginning: one of the four readings is the right one."""
    letters = run.rstrip(b"=")
    for start in range(4):
        part = letters[start:]
        with suppress(binascii.Error):
            yield base64.b64decode(part[: len(part) // 4 * 4])
