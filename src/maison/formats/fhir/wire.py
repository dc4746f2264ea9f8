"""Resources from bytes and to bytes, without losing a digit of a decimal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

type Json = Any
type Resource = dict[str, Any]

MEDIA_TYPE = "application/fhir+json"
ACCEPTED_TYPES = frozenset({MEDIA_TYPE, "application/json", "text/json", "json"})
DEEPEST = 60
"""Levels of nesting. Real resources stay under thirty."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class UnreadableJson(ValueError):
    """The bytes are no JSON object we can keep; the message is French and says where."""


def read(body: bytes) -> Resource:
    """The object. Raises UnreadableJson: not JSON, no object, NUL characters, or nested beyond reason."""
    if not body.strip():
        raise UnreadableJson("Le corps de la requête est vide : une ressource FHIR en JSON est attendue.")
    try:
        found = _decoder.decode(body)
    except RecursionError as error:
        raise UnreadableJson("Le JSON est trop imbriqué.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as error:
        raise UnreadableJson(f"Le corps n'est pas du JSON lisible{_place(error)}.") from error
    if not isinstance(found, dict):
        raise UnreadableJson("Le corps doit être un objet JSON.")
    if b"\\u0000" in body and _holds_nul(found):
        raise UnreadableJson("Le caractère nul (\\u0000) n'est pas admis dans une ressource.")
    if body.count(b"{") + body.count(b"[") > DEEPEST and too_deep(found):
        raise UnreadableJson(f"Le JSON est trop imbriqué : {DEEPEST} niveaux au plus.")
    return found


def _place(error: Exception) -> str:
    """msgspec ends its sentence with « (byte 17) »; nothing else of it is shown, since it may quote the content."""
    text = str(error)
    start = text.rfind("(byte ")
    return f" (octet {text[start + 6 : -1]})" if start >= 0 and text.endswith(")") else ""


def _holds_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def too_deep(value: Json, left: int = DEEPEST) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(too_deep(item, left - 1) for item in value.values() if isinstance(item, dict | list))
    if isinstance(value, list):
        return left == 0 or any(too_deep(item, left - 1) for item in value if isinstance(item, dict | list))
    return False


def write(value: Json) -> bytes:
    return _encoder.encode(value)
