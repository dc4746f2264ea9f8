"""MTOM: a SOAP envelope and the bytes it includes, in one multipart message (XOP)."""

from __future__ import annotations

import re
from collections.abc import Mapping

ROOT = "enveloppe@maison.esante"
_START = re.compile(r'start="?<?([^">;]+)>?"?', re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})"?', re.IGNORECASE)
_ID = re.compile(rb"(?im)^content-id:\s*<?([^>\r\n]+?)>?\s*$")


class NotMultipart(ValueError):
    """What came is not a SOAP message with its attachments."""


def write(envelope: bytes, parts: Mapping[str, bytes], *, boundary: str, action: str) -> tuple[str, bytes]:
    """Content type and body. `parts` by their content id; `boundary` must be found in none of them (a random one)."""
    head = (
        f'Content-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"\r\n'
        f"Content-Transfer-Encoding: binary\r\nContent-ID: <{ROOT}>\r\n\r\n"
    ).encode()
    body = b"--" + boundary.encode() + b"\r\n" + head + envelope
    for name, data in parts.items():
        head = f"Content-Type: text/xml\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n".encode()
        body += b"\r\n--" + boundary.encode() + b"\r\n" + head + data
    kind = (
        f'multipart/related; type="application/xop+xml"; start="<{ROOT}>"; start-info="application/soap+xml"; '
        f'action="{action}"; boundary="{boundary}"'
    )
    return kind, body + b"\r\n--" + boundary.encode() + b"--\r\n"


def read(content_type: str, body: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The envelope and its parts; a plain SOAP message has none. Raises NotMultipart."""
    if not content_type.lower().lstrip().startswith("multipart/related"):
        return body, {}
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise NotMultipart("no boundary")
    mark = b"--" + boundary[1].encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise NotMultipart("cut before its end")
    parts: dict[str, bytes] = {}
    first = ""
    for piece in pieces[1:-1]:
        head, found, data = piece.partition(b"\r\n\r\n")
        name = _ID.search(head)
        if not found or name is None:
            raise NotMultipart("a part without a name")
        key = name[1].decode("ascii", "replace")
        first = first or key
        parts[key] = data
    start = _START.search(content_type)
    root = start[1] if start and start[1] in parts else first
    return parts.pop(root), parts
