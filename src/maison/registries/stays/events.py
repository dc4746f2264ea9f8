from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class StayChanged(Event):
    """A stay began, moved, ended, or one of these was corrected or cancelled. For bed screens, coordination and the life line."""

    name = "stays.stay_changed"
    stay_id: UUID
    structure_id: UUID
    patient_id: UUID
    state: str
    care_unit_id: UUID | None
    previous_unit_id: UUID | None

    def hints(self) -> list[str]:
        return [f"stays.census:{self.structure_id}", "stays.census:all"]


@dataclass(frozen=True)
class PatientsMerged(Event):
    """A hospital says that two of its numbers are one patient. For the identity registry."""

    name = "stays.patients_merged"
    kept_id: UUID
    gone_id: UUID


@dataclass(frozen=True)
class IdentityAnomaly(Event):
    """A hospital said something of an identity that the house does not use. `code`: `ins-inexploitable`."""

    name = "stays.identity_anomaly"
    patient_id: UUID
    structure_id: UUID
    exchange_id: UUID | None
    code: str
