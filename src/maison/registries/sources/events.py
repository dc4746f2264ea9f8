from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class SourceApplied(Event):
    """Every difference of a file stands in the registries. For indicators, quality rules, and whoever keeps a copy."""

    name = "sources.applied"
    loading_id: UUID
    source: str


@dataclass(frozen=True)
class LoadingAborted(Event):
    """A file was refused as a whole: the last good one stays. For those who look after the registries."""

    name = "sources.aborted"
    loading_id: UUID
    source: str
    reason: str
