"""A message as rules see it: values at paths, whatever the format underneath."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

FORMATS = {"hl7v2": "HL7 v2", "json": "JSON (FHIR, Hub Santé)", "xml": "XML (CDA, Hub Santé)"}
MAX_BYTES = 20 * 1024 * 1024
"""A message longer than this is refused before it is read."""


@dataclass(frozen=True, slots=True)
class Said:
    """The instants between which something was said, as precisely as it was written. `is_update`: a picture of a person that
    replaces the one before (HL7: A08), so that an older one must not follow a newer saying."""

    earliest: datetime
    latest: datetime
    is_update: bool


class Message(ABC):
    """A parsed message. Untouched, it is written back to the byte (HUB-07)."""

    def __init__(self, original: bytes) -> None:
        self.original = original
        self.touched = False

    @abstractmethod
    def values(self, path: str) -> list[str]:
        """The values at this path, in document order; an empty or missing place gives none. Raises PathFault."""

    @abstractmethod
    def assign(self, path: str, value: str) -> None:
        """Write at every place the path names, making it where the format allows. Raises NotWritable."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Empty every place the path names; nothing there is no fault."""

    @abstractmethod
    def change(self, path: str, rewrite: Callable[[str], str]) -> int:
        """Rewrite each value at this path; returns how many there were."""

    @abstractmethod
    def copy(self, source: str, target: str) -> bool:
        """Copy what stands at one path to another, composite parts included. False when the source is empty."""

    @abstractmethod
    def leaves(self) -> Iterator[tuple[str, str]]:
        """Every value with the exact path that names it, in document order."""

    def said(self) -> Said | None:
        """When its sender says it, where the format has updates that may come too late; None otherwise."""
        return None

    def may_say(self, pattern: re.Pattern[str]) -> bool:
        """False only when no value of the message can hold this: cheaper than reading them all."""
        return True

    @abstractmethod
    def _dump(self) -> bytes: ...

    def write(self) -> bytes:
        return self._dump() if self.touched else self.original


def differences(before: Message, after: Message) -> list[tuple[str, str | None, str | None]]:
    """(path, value before, value after) for each leaf that differs; None where it is not there."""
    old, new = dict(before.leaves()), dict(after.leaves())
    return [
        (path, old.get(path), new.get(path)) for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)
    ]
