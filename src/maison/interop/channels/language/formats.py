"""The reader and the paths of each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import hl7, json_tree, xml_tree
from .errors import PathFault, Unreadable
from .message import MAX_BYTES, Message

READERS: dict[str, Callable[[bytes], Message]] = {
    "hl7v2": hl7.Hl7Message,
    "json": json_tree.JsonMessage,
    "xml": xml_tree.XmlMessage,
}
PATHS: dict[str, Callable[[str], Any]] = {
    "hl7v2": hl7.read_path,
    "json": json_tree.read_path,
    "xml": xml_tree.read_path,
}
EXAMPLES = {"hl7v2": "PID-3[1].4.2", "json": "name[0].family", "xml": "/ClinicalDocument/id/@root"}


def read(format: str, payload: bytes) -> Message:  # noqa: A002 -- the format of the channel
    """The message as a tree. Raises Unreadable, in words that never quote it."""
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"Le message dépasse {MAX_BYTES // 1024 // 1024} Mio.")
    return READERS[format](payload)


def check_path(format: str, path: str) -> None:  # noqa: A002
    """Raises PathFault."""
    if len(path) > 400:
        raise PathFault("Un chemin compte au plus 400 caractères.")
    PATHS[format](path)


def guess(payload: bytes) -> str:
    head = payload.lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")[:3]
    return "hl7v2" if head == b"MSH" else "xml" if head[:1] == b"<" else "json"
