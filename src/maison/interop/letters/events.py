from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class LetterReceived(Event):
    """A hospital entrusted a clinical document to the house. For those who follow letters and the indicators of feeding."""

    name = "letters.received"
    letter_id: UUID
    structure_id: UUID

    def hints(self) -> list[str]:
        return ["letters.list:all"]


@dataclass(frozen=True)
class LegMoved(Event):
    """A letter left for MSSanté or the DMP, arrived, was read, was refused or waits for a person. `state` is that of its leg."""

    name = "letters.leg_moved"
    letter_id: UUID
    leg: str
    state: str

    def hints(self) -> list[str]:
        return ["letters.list:all"]
