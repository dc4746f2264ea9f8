"""HL7 v2 messages by path, on the house's own reader (`formats.hl7v2`): written back to the byte where nothing changed.

Paths, numbered from 1: `PID-3` (first repetition), `PID-3[2].4.2`, `OBX[3]-5`, `OBX[*]-3.1` (every segment),
`PID-3[*].1` (every repetition), `PID-3[5=INS].1` (the repetitions whose fifth component is INS).
A changed message is written in the character set it came in, with the usual delimiters. What a channel sends on must be what
it says: a character set that MSH-18 names wrongly is refused here, where the reader of the house would repair it (HUB-07).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import lru_cache
from typing import override

from maison.formats.hl7v2.charsets import CODECS
from maison.formats.hl7v2.escapes import DELETE, escape, unescape
from maison.formats.hl7v2.faults import UnreadableMessage
from maison.formats.hl7v2.message import Message as Read
from maison.formats.hl7v2.message import Row
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.times import timestamp

from .errors import NotWritable, PathFault, Unreadable
from .message import MAX_BYTES, Message, Said

PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,4}|\*)\])?-(\d{1,3})(?:\[(?:(\d{1,4}|\*)|(\d{1,3})=([^\]\[]{1,100}))\])?"
    r"(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?"
)
SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
NOTHING = ("", DELETE)
MOMENT = timedelta(microseconds=1)
SPANS = {
    "day": timedelta(days=1) - MOMENT, "hour": timedelta(hours=1) - MOMENT, "minute": timedelta(minutes=1) - MOMENT,
    "second": timedelta(seconds=1) - MOMENT, "month": timedelta(days=31), "year": timedelta(days=366),
}  # fmt: skip
"""How long what is written so lasts."""


@dataclass(frozen=True, slots=True)
class Place:
    """`segment_rank` and `repetition` are None for every one; `key` selects repetitions by (component, value)."""

    segment: str
    segment_rank: int | None
    field: int
    repetition: int | None
    key: tuple[int, str] | None
    component: int | None
    subcomponent: int | None

    @property
    def is_delimiters(self) -> bool:
        return self.segment == "MSH" and self.field <= 2


@lru_cache(maxsize=4096)
def read_path(text: str) -> Place:
    found = PATH.fullmatch(text)
    if found is None:
        raise PathFault(f"« {text} » n'est pas un chemin HL7 : écrivez par exemple PID-3[1].4.2 ou OBX[*]-5.")
    segment, rank, field, repetition, key, value, component, sub = found.groups()
    numbers = [number for number in (rank, field, repetition, key, component, sub) if number and number != "*"]
    if any(int(number) == 0 for number in numbers):
        raise PathFault(f"« {text} » : les numéros HL7 commencent à 1.")
    return Place(
        segment,
        None if rank == "*" else int(rank or 1),
        int(field),
        None if repetition == "*" else int(repetition or 1),
        (int(key), value) if key else None,
        int(component) if component else None,
        int(sub) if sub else None,
    )


class Hl7Message(Message):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        read = _read(payload)
        self.rows: list[Row] = read.rows
        self.charset = read.charset
        declared = read.header.raw(18).partition("~")[0].strip().upper()
        codec = CODECS.get(declared)
        if codec is None:
            raise Unreadable("L'encodage annoncé en MSH-18 n'est pas connu de la maison.")
        if codec == "utf-8" and self.charset != codec:
            raise Unreadable("L'encodage annoncé en MSH-18 n'est pas celui du message.")
        if codec not in ("utf-8", "ascii") and not payload.isascii():
            # Some texts of one byte a letter also read as UTF-8: what the sender announces is followed.
            self.rows, self.charset = _read(payload.decode(codec).encode()).rows, codec
        if any(SEGMENT_NAME.fullmatch(row[0]) is None for row in self.rows):
            raise Unreadable("Une ligne ne commence pas par un nom de segment : un séparateur n'a pas été échappé.")

    @override
    def values(self, path: str) -> list[str]:
        place = read_path(path)
        found = (self._raw(row, repetition, place) for row, repetition in self._spots(place))
        return [raw if place.is_delimiters else unescape(raw, self.charset) for raw in found if raw not in NOTHING]

    @override
    def assign(self, path: str, value: str) -> None:
        self._assign(path, _escaped(value))

    @override
    def delete(self, path: str) -> None:
        place = _changeable(path)
        for row, repetition in list(self._spots(place)):
            self._put(row, repetition, place, "")

    @override
    def change(self, path: str, rewrite: Callable[[str], str]) -> int:
        place, count = _changeable(path), 0
        for row, repetition in list(self._spots(place)):
            raw = self._raw(row, repetition, place)
            if raw in NOTHING:
                continue
            count += 1
            value = unescape(raw, self.charset)
            if (new := rewrite(value)) != value:
                self._put(row, repetition, place, _escaped(new))
        return count

    @override
    def copy(self, source: str, target: str) -> bool:
        place = read_path(source)
        for row, repetition in self._spots(place):
            raw = self._raw(row, repetition, place)
            if raw not in NOTHING:
                deep = read_path(target).component is not None and place.component is None
                self._assign(target, escape(unescape(raw, self.charset)) if deep else raw)
                return True
        return False

    @override
    def leaves(self) -> Iterator[tuple[str, str]]:
        seen: dict[str, int] = {}
        for row in self.rows:
            name = row[0]
            rank = seen[name] = seen.get(name, 0) + 1
            head = name if rank == 1 else f"{name}[{rank}]"
            for number in range(1, len(row)):
                raw = row[number]
                if not raw or (name == "MSH" and number == 2):
                    continue
                if name == "MSH" and number == 1:
                    yield f"{head}-1", raw
                elif "~" not in raw:
                    yield from self._parts(f"{head}-{number}", raw)
                else:
                    for repetition, text in enumerate(raw.split("~"), start=1):
                        where = f"{head}-{number}" + (f"[{repetition}]" if repetition > 1 else "")
                        yield from self._parts(where, text)

    @override
    def may_say(self, pattern: re.Pattern[str]) -> bool:
        text = "\r".join(["|".join(row) for row in self.rows])
        return "\\X" in text or pattern.search(text) is not None

    @override
    def said(self) -> Said | None:
        """ADT messages, by MSH-7 (else EVN-2), as the registry of stays orders what is said of a patient."""
        event = self.values("MSH-9.2") if self.values("MSH-9.1") == ["ADT"] else []
        found = timestamp((self.values("MSH-7.1") or self.values("EVN-2.1") or [""])[0])
        if not event or found is None:
            return None
        # The hour that comes twice in autumn: an offset that is not written may be either.
        last = found.at if found.said.tzinfo is not None else found.at.replace(fold=1)
        span = SPANS.get(found.precision, timedelta(0))
        return Said(found.at.astimezone(UTC), last.astimezone(UTC) + span, is_update=event == ["A08"])

    @override
    def _dump(self) -> bytes:
        head = self.rows[0]
        lines = ["MSH|" + "|".join(head[2:]), *("|".join(row) for row in self.rows[1:])]
        try:
            return ("\r".join(lines) + "\r").encode(self.charset)
        except UnicodeEncodeError as error:
            raise NotWritable("Une valeur ne s'écrit pas dans l'encodage du message (MSH-18).") from error

    # -- inside

    def _parts(self, where: str, text: str) -> Iterator[tuple[str, str]]:
        if "^" not in text and "&" not in text:
            if text:
                yield where, unescape(text, self.charset)
            return
        for rank, component in enumerate(text.split("^"), start=1):
            subs = component.split("&")
            for sub_rank, sub in enumerate(subs, start=1):
                if sub:
                    yield (
                        (f"{where}.{rank}" if len(subs) == 1 else f"{where}.{rank}.{sub_rank}"),
                        unescape(sub, self.charset),
                    )

    def _spots(self, place: Place) -> Iterator[tuple[Row, int]]:
        """(segment, repetition from 0) for each place that exists, the field itself being perhaps empty."""
        for row in self._segments(place):
            field = row[place.field] if place.field < len(row) else ""
            if place.is_delimiters:
                yield row, 0
            elif place.key is not None:
                wanted, value = place.key
                for number, text in enumerate(field.split("~")):
                    parts = text.split("^")
                    if wanted <= len(parts) and unescape(parts[wanted - 1], self.charset) == value:
                        yield row, number
            elif place.repetition is None:
                for number in range(field.count("~") + 1):
                    yield row, number
            elif place.repetition <= field.count("~") + 1:
                yield row, place.repetition - 1

    def _segments(self, place: Place) -> list[Row]:
        named = [row for row in self.rows if row[0] == place.segment]
        if place.segment_rank is None:
            return named
        return named[place.segment_rank - 1 : place.segment_rank]

    @staticmethod
    def _raw(row: Row, repetition: int, place: Place) -> str:
        if place.field >= len(row):
            return ""
        text = row[place.field]
        if place.is_delimiters:
            return text
        if "~" in text:
            text = _nth(text, "~", repetition + 1)
        if place.component is not None:
            text = _nth(text, "^", place.component)
        return text if place.subcomponent is None else _nth(text, "&", place.subcomponent)

    def _assign(self, path: str, raw: str) -> None:
        place = _changeable(path)
        spots = list(self._spots(place))
        if not spots and place.key is None and place.repetition is not None:
            spots = [(row, place.repetition - 1) for row in self._segments(place)]
        if not spots:
            raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
        for row, repetition in spots:
            self._put(row, repetition, place, raw)

    def _put(self, row: Row, repetition: int, place: Place, raw: str) -> None:
        if raw == "" and self._raw(row, repetition, place) == "":
            return
        row.extend([""] * (place.field + 1 - len(row)))
        repetitions = _grown(row[place.field].split("~"), repetition + 1)
        if place.component is not None:
            inner = raw
            components = _grown(repetitions[repetition].split("^"), place.component)
            if place.subcomponent is not None:
                subs = _grown(components[place.component - 1].split("&"), place.subcomponent)
                subs[place.subcomponent - 1] = raw
                inner = "&".join(subs).rstrip("&")
            components[place.component - 1] = inner
            raw = "^".join(components).rstrip("^")
        repetitions[repetition] = raw
        row[place.field] = "~".join(repetitions)
        self.touched = True


def _read(payload: bytes) -> Read:
    try:
        return read_message(payload, 2 * MAX_BYTES)
    except UnreadableMessage as error:
        raise Unreadable(error.message) from error


def _changeable(path: str) -> Place:
    place = read_path(path)
    if place.is_delimiters:
        raise NotWritable("Les séparateurs du message ne se changent pas.")
    return place


def _escaped(value: str) -> str:
    """Two double quotes ask the receiver to erase: an integrator who writes them means it."""
    return value if value == DELETE else escape(value)


def _nth(text: str, separator: str, rank: int) -> str:
    parts = text.split(separator, rank)
    return parts[rank - 1] if rank <= len(parts) else ""


def _grown(parts: list[str], length: int) -> list[str]:
    return [*parts, *([""] * (length - len(parts)))]
