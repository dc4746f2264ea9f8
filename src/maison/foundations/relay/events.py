from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class RelayMoved(Event):
    """A relay was sent or made a step. For the home page of both sides and for indicators of delay."""

    name = "relay.moved"
    relay_id: UUID
    kind: str
    step: str
    from_structure_id: UUID | None
    to_structure_id: UUID

    def hints(self) -> list[str]:
        sides = {self.to_structure_id, self.from_structure_id} - {None}
        return [f"relay.waiting:{side}" for side in sorted(sides, key=str)]
