"""HL7 v2 (ER7) as a tree that is written back to the byte where nothing changed.

Paths, numbered from 1: `PID-3` (first repetition), `PID-3[2].4.2`, `OBX[3]-5`, `OBX[*]-3.1` (every segment),
`PID-3[*].1` (every repetition), `PID-3[5=INS].1` (the repetitions whose fifth component is INS).
Encoding: MSH-18 (UNICODE UTF-8, 8859/1, 8859/15), else UTF-8 when the bytes allow it, else 8859/15 (HUB-07).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import override

from .errors import NotWritable, PathFault, Unreadable
from .message import Message

PATH = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,4}|\*)\])?-(\d{1,3})(?:\[(?:(\d{1,4}|\*)|(\d{1,3})=([^\]\[]{1,100}))\])?"
    r"(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?"
)
CHARSETS = {"UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "8859/1": "latin-1", "8859/15": "iso8859-15", "ASCII": "ascii"}
SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


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


@dataclass(slots=True)
class _Delimiters:
    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    def unescape(self, text: str) -> str:
        if self.escape not in text:
            return text
        codes = {"F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": self.escape}
        mark = re.escape(self.escape)
        return re.sub(f"{mark}([FSTRE]){mark}", lambda found: codes[found[1]], text)

    def safe(self, text: str) -> str:
        codes = {self.escape: "E", self.field: "F", self.component: "S", self.subcomponent: "T", self.repetition: "R"}
        clean = text.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")
        return "".join(f"{self.escape}{codes[char]}{self.escape}" if char in codes else char for char in clean)


class Hl7Message(Message):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.charset = _charset(payload)
        try:
            text = payload.decode(self.charset).strip("\x0b\x1c\r\n ")
        except UnicodeDecodeError as error:
            raise Unreadable("L'encodage annoncé en MSH-18 n'est pas celui du message.") from error
        if not text.startswith("MSH") or len(text) < 9:
            raise Unreadable("Un message HL7 commence par un segment MSH.")
        marks = text[3:8]
        if len(set(marks)) < 5 or any(char.isalnum() or char.isspace() for char in marks):
            raise Unreadable("Les séparateurs annoncés en MSH-1 et MSH-2 ne sont pas utilisables.")
        self.marks = _Delimiters(*marks)
        self.segments = [line.split(self.marks.field) for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
        if any(SEGMENT_NAME.fullmatch(segment[0]) is None for segment in self.segments):
            raise Unreadable("Une ligne ne commence pas par un nom de segment : un séparateur n'a pas été échappé.")

    @override
    def values(self, path: str) -> list[str]:
        place = read_path(path)
        found = (self._read(segment, repetition, place) for segment, repetition in self._spots(place))
        return [value for value in found if value not in ("", '""')]

    @override
    def assign(self, path: str, value: str) -> None:
        self._assign(path, self.marks.safe(value))

    @override
    def delete(self, path: str) -> None:
        place = read_path(path)
        for segment, repetition in list(self._spots(place)):
            self._put(segment, repetition, place, "")

    @override
    def change(self, path: str, rewrite: Callable[[str], str]) -> int:
        place, count = read_path(path), 0
        for segment, repetition in list(self._spots(place)):
            value = self._read(segment, repetition, place)
            if value in ("", '""'):
                continue
            count += 1
            if (new := rewrite(value)) != value:
                self._put(segment, repetition, place, self.marks.safe(new))
        return count

    @override
    def copy(self, source: str, target: str) -> bool:
        place = read_path(source)
        for segment, repetition in self._spots(place):
            raw = self._raw(segment, repetition, place)
            if raw not in ("", '""'):
                deep = read_path(target).component is not None and place.component is None
                self._assign(target, self.marks.safe(raw) if deep else raw)
                return True
        return False

    @override
    def leaves(self) -> Iterator[tuple[str, str]]:
        seen: dict[str, int] = {}
        marks = self.marks
        for segment in self.segments:
            name = segment[0]
            seen[name] = seen.get(name, 0) + 1
            head = name if seen[name] == 1 else f"{name}[{seen[name]}]"
            shift = 1 if name == "MSH" else 0
            for number, raw in enumerate(segment[1:], start=1 + shift):
                if name == "MSH" and number == 2:
                    continue
                for rank, repetition in enumerate(raw.split(marks.repetition), start=1):
                    where = f"{head}-{number}" + (f"[{rank}]" if rank > 1 else "")
                    yield from self._parts(where, repetition)

    @override
    def _dump(self) -> bytes:
        text = "".join(self.marks.field.join(segment) + "\r" for segment in self.segments)
        try:
            return text.encode(self.charset)
        except UnicodeEncodeError as error:
            raise NotWritable("Une valeur ne s'écrit pas dans l'encodage du message (MSH-18).") from error

    # -- inside

    def _parts(self, where: str, text: str) -> Iterator[tuple[str, str]]:
        components = text.split(self.marks.component)
        for rank, component in enumerate(components, start=1):
            subs = component.split(self.marks.subcomponent)
            here = where if len(components) == 1 and len(subs) == 1 else f"{where}.{rank}"
            for sub_rank, sub in enumerate(subs, start=1):
                if sub:
                    yield (here if len(subs) == 1 else f"{here}.{sub_rank}"), self.marks.unescape(sub)

    def _spots(self, place: Place) -> Iterator[tuple[list[str], int]]:
        """(segment, repetition from 0) for each place that exists, the field itself being perhaps empty."""
        rank = 0
        for segment in self.segments:
            if segment[0] != place.segment:
                continue
            rank += 1
            if place.segment_rank not in (None, rank):
                continue
            index = place.field - 1 if place.segment == "MSH" else place.field
            repetitions = segment[index].split(self.marks.repetition) if 0 < index < len(segment) else [""]
            for number, text in enumerate(repetitions):
                if place.key is not None:
                    parts = text.split(self.marks.component)
                    wanted, value = place.key
                    if wanted <= len(parts) and self.marks.unescape(parts[wanted - 1]) == value:
                        yield segment, number
                elif place.repetition in (None, number + 1):
                    yield segment, number

    def _raw(self, segment: list[str], repetition: int, place: Place) -> str:
        if place.segment == "MSH" and place.field <= 2:
            return self.marks.field if place.field == 1 else segment[1]
        index = place.field - 1 if place.segment == "MSH" else place.field
        if index >= len(segment):
            return ""
        repetitions = segment[index].split(self.marks.repetition)
        text = repetitions[repetition] if repetition < len(repetitions) else ""
        for mark, number in ((self.marks.component, place.component), (self.marks.subcomponent, place.subcomponent)):
            if number is not None:
                parts = text.split(mark)
                text = parts[number - 1] if number <= len(parts) else ""
        return text

    def _read(self, segment: list[str], repetition: int, place: Place) -> str:
        raw = self._raw(segment, repetition, place)
        return raw if place.segment == "MSH" and place.field <= 2 else self.marks.unescape(raw)

    def _assign(self, path: str, raw: str) -> None:
        place = read_path(path)
        if place.segment == "MSH" and place.field <= 2:
            raise NotWritable("Les séparateurs du message ne se changent pas.")
        spots = list(self._spots(place))
        if not spots and place.key is None and place.repetition is not None:
            spots = [(segment, place.repetition - 1) for segment in self._segments(place)]
        if not spots:
            raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
        for segment, repetition in spots:
            self._put(segment, repetition, place, raw)

    def _segments(self, place: Place) -> list[list[str]]:
        named = [segment for segment in self.segments if segment[0] == place.segment]
        if place.segment_rank is None:
            return named
        return named[place.segment_rank - 1 : place.segment_rank]

    def _put(self, segment: list[str], repetition: int, place: Place, raw: str) -> None:
        index = place.field - 1 if place.segment == "MSH" else place.field
        if raw == "" and (index >= len(segment) or self._raw(segment, repetition, place) == ""):
            return
        segment.extend([""] * (index + 1 - len(segment)))
        repetitions = segment[index].split(self.marks.repetition)
        repetitions.extend([""] * (repetition + 1 - len(repetitions)))
        text = repetitions[repetition]
        if place.component is not None:
            inner = raw
            components = _grown(text.split(self.marks.component), place.component)
            if place.subcomponent is not None:
                subs = _grown(components[place.component - 1].split(self.marks.subcomponent), place.subcomponent)
                subs[place.subcomponent - 1] = raw
                inner = self.marks.subcomponent.join(subs).rstrip(self.marks.subcomponent)
            components[place.component - 1] = inner
            raw = self.marks.component.join(components).rstrip(self.marks.component)
        repetitions[repetition] = raw
        segment[index] = self.marks.repetition.join(repetitions)
        self.touched = True


def _grown(parts: list[str], length: int) -> list[str]:
    return [*parts, *([""] * (length - len(parts)))]


def _charset(payload: bytes) -> str:
    """MSH-18 where it is known, else what the bytes allow."""
    head = payload.lstrip(b"\x0b\r\n ")[:2000].split(b"\r")[0].split(b"\n")[0]
    fields = head.split(head[3:4]) if len(head) > 3 else []
    named = fields[17].split(head[5:6])[0].decode("ascii", "replace").strip() if len(fields) > 17 else ""
    if named in CHARSETS:
        return CHARSETS[named]
    if named:
        raise Unreadable("L'encodage annoncé en MSH-18 n'est pas connu de la maison.")
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "iso8859-15"
    return "utf-8"
