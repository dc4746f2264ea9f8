from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class ActivitiesClosed(Event):
    """The RPPS no longer gives these activities (at most a batch). Rights that hung on them end at once (REF-03)."""

    name = "professionals.activities_closed"
    activity_ids: tuple[UUID, ...]
