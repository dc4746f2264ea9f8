"""What a file is, by its content. Its name and the type a browser declares are only words."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

HEAD_BYTES = 65_536
_MARKUP = re.compile(r"\s*<(?:\?xml\b|!--|!DOCTYPE\s|[A-Za-z_][\w:.-]*)", re.IGNORECASE)
_HTML = re.compile(r"<\s*(?:!DOCTYPE\s+html|html|head|body|script|svg)\b", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\{\s*(?:"|\})|\[\s*(?:[\[\]{"\d-]|true|false|null))')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    label: str
    media_type: str
    extensions: tuple[str, ...]


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("pdf", "PDF", "application/pdf", (".pdf",)),
        Kind("jpeg", "image JPEG", "image/jpeg", (".jpg", ".jpeg")),
        Kind("png", "image PNG", "image/png", (".png",)),
        Kind("zip", "archive ZIP", "application/zip", (".zip",)),
        Kind("xml", "XML", "application/xml", (".xml",)),
        Kind("json", "JSON", "application/json", (".json",)),
        Kind("csv", "tableau CSV", "text/csv", (".csv", ".txt")),
    )
}


def sniff(head: bytes) -> Kind | None:
    """The kind of a file from its first bytes (HEAD_BYTES are enough); None for anything else, HTML and SVG included."""
    if head.startswith(b"%PDF-"):
        return KINDS["pdf"]
    if head.startswith(b"\xff\xd8\xff"):
        return KINDS["jpeg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return KINDS["png"]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return KINDS["zip"]
    text = _as_text(head[:HEAD_BYTES])
    if text is None:
        return None
    if _MARKUP.match(text):
        return None if _HTML.search(text[:1024]) else KINDS["xml"]
    if _JSON.match(text):
        return KINDS["json"]
    return KINDS["csv"] if _is_table(text) else None


def _as_text(head: bytes) -> str | None:
    """Text in UTF-8 (a character may be cut at the end), UTF-16 with its mark, or Latin-1; None when it holds other bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        try:
            text = head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            cut = error.start >= len(head) - 3 and error.end == len(head)
            text = head[: error.start].decode("utf-8-sig") if cut else head.decode("latin-1")
    return None if not text.strip() or _CONTROL.search(text) else text


def _is_table(text: str) -> bool:
    """Lines that share a separator and a number of columns (the last line may be cut)."""
    lines = text.splitlines()[:20]
    whole = lines[:-1] if len(lines) > 1 else lines
    for separator in ";,\t|":
        counts = {len(row) for row in csv.reader(whole, delimiter=separator) if row}
        if len(counts) == 1 and counts.pop() > 1:
            return True
    return False
