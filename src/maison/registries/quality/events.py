from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class AnomalyMoved(Event):
    """An anomaly of a registry was assigned or ended. For its owner and for whoever signalled it."""

    name = "quality.anomaly_moved"
    anomaly_id: UUID
    state: str
