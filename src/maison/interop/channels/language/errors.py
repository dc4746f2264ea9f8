"""Faults of the language: of a configuration (the integrator mends it) or of a message (somebody else may)."""

from __future__ import annotations

from dataclasses import dataclass


class PathFault(ValueError):
    """A path that cannot be read; the message is French and says what was expected."""


class ConditionFault(ValueError):
    """A condition that cannot be read; the message is French and says what was expected."""


class Unreadable(ValueError):
    """A message that is not what its channel expects. The words never quote the content."""


class NotWritable(ValueError):
    """The message has no such place and it cannot be made (a missing segment, an index beyond the end)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a configuration. `place` names the entry (`etapes[2].chemin`), `line` its line in the text form."""

    place: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        where = f"ligne {self.line}, " if self.line else ""
        return f"{where}{self.place} : {self.message}" if self.place else f"{where}{self.message}"


class BadConfiguration(ValueError):
    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__(" ; ".join(map(str, faults)))
