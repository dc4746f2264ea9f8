"""A message once read: its segments with the standard delimiters, its values by path, its bytes as they came."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from maison.formats.hl7v2.escapes import text_of
from maison.formats.hl7v2.faults import Fault

type Row = list[str]
"""A segment cut at its field separators: `row[0]` is its name, `row[n]` its field n, raw (escaped)."""

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")


class Delimiters(NamedTuple):
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


STANDARD = Delimiters()


class Segment(NamedTuple):
    """One segment; `number` is its rank among those of its name, from 1."""

    row: Row
    number: int = 1
    charset: str = "utf-8"

    @property
    def name(self) -> str:
        return self.row[0]

    def raw(self, field: int) -> str:
        """The whole field as it travels; empty when absent."""
        return self.row[field] if field < len(self.row) else ""

    def repetitions(self, field: int) -> list[str]:
        """Each repetition, raw. No repetition at all when the field is empty."""
        text = self.raw(field)
        return text.split("~") if text else []

    def value(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str | None:
        """None: not sent. "": the sender asks to erase. Otherwise the text, unescaped."""
        text = self.raw(field)
        if not text:
            return None
        if self.row[0] == "MSH" and field <= 2:
            return text
        return text_of(part(text, component, subcomponent, repetition), self.charset)

    def place(self, field: int, component: int = 0, subcomponent: int = 0, repetition: int = 0) -> str:
        return place_of(self.row[0], self.number, field, repetition, component, subcomponent)


class Message:
    """Immutable by agreement. `raw` is what came, to the byte; `text` the same decoded, one line for each segment.

    `notes` are the warnings of reading: character set, framing left behind, unusual delimiters.
    """

    def __init__(
        self,
        raw: bytes,
        text: str,
        rows: list[Row],
        charset: str = "utf-8",
        delimiters: Delimiters = STANDARD,
        notes: tuple[Fault, ...] = (),
    ) -> None:
        self.raw = raw
        self.text = text
        self.rows = rows
        self.charset = charset
        self.delimiters = delimiters
        self.notes = notes

    def __repr__(self) -> str:
        return f"<Message {self.structure or '?'}, {len(self.rows)} segments>"

    @property
    def header(self) -> Segment:
        return Segment(self.rows[0], 1, self.charset)

    @cached_property
    def kind(self) -> str:
        """MSH-9.1: ADT, MDM, ORU, ACK, ..."""
        return self.header.value(9) or ""

    @cached_property
    def event(self) -> str:
        """MSH-9.2: A01, T02, R01, ...; an ACK may have none."""
        return self.header.value(9, 2) or ""

    @property
    def structure(self) -> str:
        """`ADT^A01`, as people name a message."""
        return f"{self.kind}^{self.event}" if self.event else self.kind

    @property
    def control_id(self) -> str | None:
        return self.header.value(10)

    @property
    def version(self) -> str:
        return self.header.value(12) or ""

    @property
    def profiles(self) -> list[str]:
        """MSH-21, each as sent: `2.11^IHE_FRANCE-2.11-PAM`."""
        return self.header.repetitions(21)

    def segments(self, name: str | None = None) -> Iterator[Segment]:
        """In the order of the message."""
        numbers: dict[str, int] = {}
        for row in self.rows:
            number = numbers[row[0]] = numbers.get(row[0], 0) + 1
            if name is None or row[0] == name:
                yield Segment(row, number, self.charset)

    def segment(self, name: str, number: int = 1) -> Segment | None:
        return next((found for found in self.segments(name) if found.number == number), None)

    def value(self, path: str) -> str | None:
        """The text at `PID-3[2].4.2` or `OBX[3]-5.1`. None: not sent. "": erase. ValueError when the path is no path."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise ValueError(f"not a path: {path}")
        name, number, field, repetition, component, subcomponent = found.groups()
        segment = self.segment(name, int(number or 1))
        if segment is None:
            return None
        return segment.value(int(field), int(component or 1), int(subcomponent or 1), int(repetition or 1))


def part(text: str, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
    """That part of a field, raw; empty when it is not there."""
    if repetition > 1 or "~" in text:
        text = _nth(text, "~", repetition)
    if component > 1 or "^" in text:
        text = _nth(text, "^", component)
    if subcomponent > 1 or "&" in text:
        text = _nth(text, "&", subcomponent)
    return text


def _nth(text: str, separator: str, rank: int) -> str:
    parts = text.split(separator, rank)
    return parts[rank - 1] if len(parts) >= rank else ""


def place_of(
    name: str, number: int = 1, field: int = 0, repetition: int = 0, component: int = 0, subcomponent: int = 0
) -> str:
    """`OBX[2]-5[1].3`: ranks from 1, those that say nothing left out."""
    place = f"{name}[{number}]" if number > 1 else name
    if field:
        place += f"-{field}"
        if repetition:
            place += f"[{repetition}]"
        if component:
            place += f".{component}"
            if subcomponent:
                place += f".{subcomponent}"
    return place
