from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class SampleChecked(Event):
    """A sample was graded. For the indicators of interoperability; `grade` is empty when it could not be."""

    name = "conformance.sample_checked"
    check_id: UUID
    structure_id: UUID
    family: str
    grade: str
