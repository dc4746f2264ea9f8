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
class UnitCountsChanged(Event):
    """The number of patients present, on leave, expected or about to leave changed in these units. For bed screens and the beds
    room, which read `selectors.unit_counts` again; a unit is None when the stay has none."""

    name = "stays.unit_counts_changed"
    structure_id: UUID
    unit_id: UUID | None
    previous_unit_id: UUID | None

    def hints(self) -> list[str]:
        return [f"stays.census:{self.structure_id}", "stays.census:all"]


@dataclass(frozen=True)
class StayReattached(Event):
    """A stay was found to be another patient's (A44); the same event, the other way, undoes it. For documents, the life line and
    the identity registry."""

    name = "stays.stay_reattached"
    stay_id: UUID
    structure_id: UUID
    from_patient_id: UUID
    to_patient_id: UUID


@dataclass(frozen=True)
class PatientsLinked(Event):
    """A hospital says that two of its numbers may be one person (A24). A proposal: nothing was merged. For the identity registry."""

    name = "stays.patients_linked"
    one_id: UUID
    other_id: UUID
    structure_id: UUID


@dataclass(frozen=True)
class PatientsUnlinked(Event):
    """A hospital takes back a link between two of its numbers (A37). For the identity registry."""

    name = "stays.patients_unlinked"
    one_id: UUID
    other_id: UUID
    structure_id: UUID


@dataclass(frozen=True)
class IdentityAnomaly(Event):
    """A hospital said something of an identity that the house does not use. `code`: `ins-inexploitable`."""

    name = "stays.identity_anomaly"
    patient_id: UUID
    structure_id: UUID
    exchange_id: UUID | None
    code: str
