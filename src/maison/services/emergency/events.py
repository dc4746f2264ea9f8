from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class CaseChanged(Event):
    """A regulation case was opened or changed. For the regulator's screens and the life line."""

    name = "emergency.case_changed"
    case_id: UUID
    samu_id: UUID | None
    kind: str

    def hints(self) -> list[str]:
        return [f"emergency.cases:{self.samu_id}"] if self.samu_id else []


@dataclass(frozen=True)
class ArrivalChanged(Event):
    """A line of a service's wall changed: announced, moved, confirmed, called off. For walls and the regulating SAMU."""

    name = "emergency.arrival_changed"
    arrival_id: UUID
    case_id: UUID
    service_id: UUID
    samu_id: UUID | None
    state: str

    def hints(self) -> list[str]:
        topics = [f"emergency.board:{self.service_id}"]
        return [*topics, f"emergency.cases:{self.samu_id}"] if self.samu_id else topics


@dataclass(frozen=True)
class CaseConsulted(Event):
    """Someone of a receiving service saw what was sent. The hub answers the sender with RC-REF CONSULTE."""

    name = "emergency.case_consulted"
    case_id: UUID
    structure_id: UUID


@dataclass(frozen=True)
class CaseShared(Event):
    """The house originated or changed a case and tells other systems. The hub sends RS-EDA or RS-EDA-MAJ to `recipients`."""

    name = "emergency.case_shared"
    case_id: UUID
    message_id: UUID
    recipients: list[str]
