from __future__ import annotations

from dataclasses import dataclass

from maison.foundations.events import Event


@dataclass(frozen=True)
class LevelChanged(Event):
    """A territory changed level (0 to 3). For rooms whose steps and frequencies follow the level, and for every open page."""

    name = "crisis.level_changed"
    territory: str
    level: int
    previous: int

    def hints(self) -> list[str]:
        return [f"crisis.level:{self.territory}"]
