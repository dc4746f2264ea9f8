"""Freshness: no number, bed or opening hour is shown without its age and its source; stale is greyed, never summed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from maison.ui import french

State = Literal["fresh", "late", "stale", "unknown"]

WORDS: dict[State, str] = {"fresh": "à jour", "late": "en retard", "stale": "périmé", "unknown": "âge inconnu"}


@dataclass(frozen=True, slots=True)
class Freshness:
    """When a figure was true, who says so, and how long it may be believed.

    Up to `fresh_for` it is fresh; then late, still usable; past `stale_after` it is stale: shown greyed and left out
    of every sum. Without a moment its state is unknown, which counts as stale for sums.
    """

    at: dt.datetime | None
    source: str
    fresh_for: dt.timedelta
    stale_after: dt.timedelta

    def __post_init__(self) -> None:
        if self.stale_after < self.fresh_for:
            raise ValueError("A figure cannot be stale before it stops being fresh.")

    def state(self, now: dt.datetime | None = None) -> State:
        if self.at is None:
            return "unknown"
        seconds = french.seconds_between(self.at, now or french.now())
        if seconds <= self.fresh_for.total_seconds():
            return "fresh"
        return "late" if seconds <= self.stale_after.total_seconds() else "stale"

    def counts(self, now: dt.datetime | None = None) -> bool:
        """Whether the figure may enter a sum."""
        return self.state(now) in ("fresh", "late")

    def age_text(self, now: dt.datetime | None = None) -> str:
        return WORDS["unknown"] if self.at is None else french.age(self.at, now)

    def word(self, now: dt.datetime | None = None) -> str:
        return WORDS[self.state(now)]
