"""The official examples of the Hub Santé as a partner would send them, and what their authors expect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from maison.cli.send import JSON, XML, Parcel, recognise
from maison.formats.hub_sante.wire import BY_CODE
from tests.interop import wires

SAMPLE_IDENTITY = b"2608323d-507d-4cbf-bf74-52007f8124ea"
SENDERS = (wires.SAMU, "fr.health.samuA", "fr.health.samuB")
FAULT = re.compile(r"^ ?- (?:\$\.)?(?P<place>[^:]*): (?P<text>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """`faults` are (place, official words) that a refusal must tell; a valid example has none and `valid` is true."""

    name: str
    body: bytes
    content_type: str
    sender: str
    valid: bool
    faults: frozenset[tuple[str, str]] = frozenset()


def examples(shared: Path) -> list[Example]:
    folder = shared / "specs" / "hub-sante"
    return [*_valid(folder / "examples"), *_valid(folder / "valid"), *_failing(folder / "failing")]


def _files(folder: Path) -> Iterator[Path]:
    # RS-EDA before its updates, as it was played: by folder, then by name.
    yield from sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".xml"))


ENVELOPE_ONLY = "EDXL-DE.xml"
"""Published as valid for its envelope: its content is refused by the full schemas, XSD and JSON alike."""
NOT_ASSERTED = "is an invalid date-time"
"""Formats are not asserted by Draft 7; the pattern of the same member says it too."""


def _valid(folder: Path) -> Iterator[Example]:
    for path in _files(folder):
        content = path.read_bytes()
        if path.name == ENVELOPE_ONLY:
            unknown = "is not defined in the schema and the schema does not allow additional properties"
            yield _example(path, content, valid=False, faults=frozenset({("technicalNoreq.key", unknown)}))
            continue
        if path.parent.name == "TECHNICAL" and path.suffix == ".json":
            content = _named(path, content)
        yield _example(path, content, valid=True)


def _named(path: Path, content: bytes) -> bytes:
    """The sample is the body alone, out of the member that names it; its folder is its type."""
    return json.dumps({BY_CODE[path.parent.name].key: json.loads(content)}).encode()


def _failing(folder: Path) -> Iterator[Example]:
    for path in _files(folder):
        content = path.read_bytes() if path.parent.name == "EDXL-DE" else _named(path, path.read_bytes())
        errors = path.with_name(path.name + ".errors")
        told = FAULT.findall(errors.read_text()) if errors.exists() else []
        yield _example(
            path,
            content,
            valid=False,
            faults=frozenset((place.strip(), text.strip()) for place, text in told if NOT_ASSERTED not in text),
        )


def _example(path: Path, content: bytes, *, valid: bool, faults: frozenset[tuple[str, str]] = frozenset()) -> Example:
    if path.parent.name == "EDXL-DE":  # envelopes already, even when what makes them one is missing
        media_type = JSON if path.suffix == ".json" else XML
        found = re.search(rb"fr\.health\.samu[AB]", content)
        parcel = Parcel(content, media_type, "", found[0].decode() if found else wires.SAMU)
    else:
        parcel = recognise(content)
    # The envelopes of the set share one identity, which here must count once each.
    body = parcel.body.replace(SAMPLE_IDENTITY, str(uuid4()).encode())
    name = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    return Example(name, body, parcel.media_type, parcel.sender, valid, faults)
