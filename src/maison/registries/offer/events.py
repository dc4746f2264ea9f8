from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class OfferMoved(Event):
    """A version of an offer made a step, or the offer closed, opened again or was confirmed. For directories and orientation."""

    name = "offer.offer_moved"
    offer_id: UUID
    structure_id: UUID
    state: str

    def hints(self) -> list[str]:
        return ["offer.beds:all"]


@dataclass(frozen=True)
class BedsReported(Event):
    """A source told the beds of an offer. `late`: older than what is known, kept and not shown. For bed screens and indicators."""

    name = "offer.beds_reported"
    offer_id: UUID
    structure_id: UUID
    source: str
    late: bool

    def hints(self) -> list[str]:
        return [] if self.late else ["offer.beds:all"]


@dataclass(frozen=True)
class PromiseMoved(Event):
    """A bed was asked for, approved, held, accepted, refused, given back, expired or taken. For both sides and indicators of delay."""

    name = "offer.promise_moved"
    promise_id: UUID
    offer_id: UUID
    structure_id: UUID
    from_structure_id: UUID
    state: str

    def hints(self) -> list[str]:
        return [
            "offer.beds:all", "offer.approvals:all", f"offer.requests:{self.structure_id}",
            f"offer.asked:{self.from_structure_id}",
        ]  # fmt: skip


@dataclass(frozen=True)
class WhitePlanChanged(Event):
    """An establishment set off its plan blanc (level 1 or 2) or lifted it (0). For regulation, orientation and the ARS."""

    name = "offer.white_plan_changed"
    structure_id: UUID
    level: int

    def hints(self) -> list[str]:
        return ["offer.beds:all"]
