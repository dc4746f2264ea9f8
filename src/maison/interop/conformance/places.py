"""From the path of a fault to its line and column in the sample, in each syntax. (0, 0) when it cannot be told."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from lxml import etree

type Position = tuple[int, int]
UNKNOWN: Position = (0, 0)

_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HL7 = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?")


def text_of(data: bytes) -> str:
    """As the page shows it: never an error, whatever the bytes."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    declared = re.match(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""", data)
    for charset in (declared[1].decode() if declared else "utf-8", "utf-8", "cp1252"):
        try:
            return data.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def lines_of(text: str) -> list[str]:
    return _LINE_END.split(text)


def steps_of(path: str) -> list[str | int]:
    """`createCaseHealth.patient[0].detail` as `["createCaseHealth", "patient", 0, "detail"]`."""
    steps: list[str | int] = []
    for found in _STEP.finditer(path):
        steps.append(found[1])
        steps += [int(rank) for rank in re.findall(r"\d+", found[2])]
    return steps


MOST_CHARACTERS = 40_000_000
MOST_ELEMENTS = 2_000_000
"""What finding places may cost for one sample: beyond, faults keep their path and lose their line."""


class JsonPlaces:
    """Walks down to one place, skipping what stands before it at the speed of the JSON parser."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._left = MOST_CHARACTERS
        self._ends: list[int] = []

    def of(self, steps: list[str | int]) -> Position:
        """The position of the value, or of the nearest holder that exists."""
        self._left -= len(self._text)
        if self._left < 0:
            return UNKNOWN
        at = self._skip(0)
        try:
            for step in steps:
                found = self._child(at, step)
                if found is None:
                    break
                at = found
        except (ValueError, IndexError, RecursionError):
            return UNKNOWN
        return self._position(at)

    def _position(self, at: int) -> Position:
        if not self._ends:
            self._ends = [0, *(found.end() for found in _LINE_END.finditer(self._text))]
        line = bisect_right(self._ends, at)
        return line, at - self._ends[line - 1] + 1

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _child(self, at: int, step: str | int) -> int | None:
        opening = self._text[at : at + 1]
        if opening == "{" and isinstance(step, str):
            return self._member(at, step)
        return self._item(at, step) if opening == "[" and isinstance(step, int) else None

    def _member(self, at: int, name: str) -> int | None:
        at = self._skip(at + 1)
        while self._text[at] == '"':
            key, at = scanstring(self._text, at + 1, True)
            at = self._skip(self._skip(at) + 1)
            if key == name:
                return at
            _, at = self._decoder.raw_decode(self._text, at)
            at = self._skip(at)
            if self._text[at] != ",":
                return None
            at = self._skip(at + 1)
        return None

    def _item(self, at: int, rank: int) -> int | None:
        at = self._skip(at + 1)
        if self._text[at] == "]":
            return None
        for _ in range(rank):
            _, at = self._decoder.raw_decode(self._text, at)
            at = self._skip(at)
            if self._text[at] != ",":
                return None
            at = self._skip(at + 1)
        return at


def xml_root(data: bytes) -> etree._Element | None:
    """Opened without trusting it, for places only."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return None
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data.removeprefix(b"\xef\xbb\xbf").lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


class XmlPlaces:
    """Lines of elements, found by local names; what is missing is at the line of the element that should hold it."""

    def __init__(self, data: bytes) -> None:
        bare = data.removeprefix(b"\xef\xbb\xbf")
        self._before = bare[: len(bare) - len(bare.lstrip())].count(b"\n")
        self.root = xml_root(data)
        self._left = MOST_ELEMENTS

    def of(self, steps: list[str | int], start: etree._Element | None = None) -> Position:
        """Steps under `start` (the root if None); an int picks the brother of that rank, from 0."""
        element = self.root if start is None else start
        if element is None:
            return UNKNOWN
        rest = list(steps)
        while rest:
            name = rest.pop(0)
            rank = 0
            if rest and isinstance(rest[0], int):
                rank = int(rest.pop(0))
            if self._left < 0:
                return UNKNOWN
            self._left -= len(element)
            brothers = [child for child in element if local(child) == name]
            if rank >= len(brothers):
                break
            element = brothers[rank]
        return self.line(element), 0

    def of_path(self, path: str) -> Position:
        """`/ClinicalDocument/author[2]/time`, ranks from 1."""
        steps: list[str | int] = []
        for word in path.strip("/").split("/")[1:]:
            found = re.fullmatch(r"([^\[\]]+)(?:\[(\d+)\])?", word)
            if found is None:
                break
            steps += [found[1], max(0, int(found[2] or 1) - 1)]
        return self.of(steps)

    def line(self, element: etree._Element) -> int:
        line: Any = element.sourceline
        return line + self._before if isinstance(line, int) else 0


def local(element: etree._Element) -> str:
    tag: Any = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class Hl7Places:
    """Lines of segments and columns of fields: `PID-3[2].4.2`, `OBX[3]-5`."""

    def __init__(self, text: str) -> None:
        self._segments: dict[tuple[str, int], tuple[int, str]] = {}
        seen: dict[str, int] = {}
        for number, line in enumerate(lines_of(text), 1):
            bare = line.lstrip("\x0b\ufeff")
            name = bare[:3]
            seen[name] = seen.get(name, 0) + 1
            self._segments[name, seen[name]] = (number, bare)

    def of(self, path: str) -> Position:
        found = _HL7.match(path)
        if found is None:
            return UNKNOWN
        name, rank, field = found[1], int(found[2] or 1), int(found[3] or 0)
        number, line = self._segments.get((name, rank), (0, ""))
        return (number, _column(line, name, field)) if number else UNKNOWN


def _column(line: str, name: str, field: int) -> int:
    """Column of the field, at the end of the line when the segment stops before it. MSH-1 is the separator itself."""
    count = field - 1 if name == "MSH" else field
    if count < 1:
        return 1 if field == 0 else 4
    at = 3
    for _ in range(count - 1):
        following = line.find(line[3:4] or "|", at + 1)
        if following < 0:
            return len(line)
        at = following
    return min(at + 2, len(line) + 1)
