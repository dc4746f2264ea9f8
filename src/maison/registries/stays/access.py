"""Who gets what in the room. Opening a stay or the list of a unit leaves a reading trace here."""

from __future__ import annotations

from uuid import UUID

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import NotFound

from .models import Stay, Unit
from .permissions import P


def access_unit(actor: Actor, unit_id: UUID) -> Unit:
    """The unit and the right to read who is in it. The agency, which sees counts, does not have it."""
    unit = Unit.objects.select_related("structure").filter(id=unit_id).first()
    if unit is None or not actor.can(P.VIEW_STAYS, unit.structure_id):
        raise NotFound
    return unit


def read_stay(actor: Actor, stay_id: UUID) -> Stay:
    """The stay, with the trace of its reading (X-03)."""
    rows = Stay.objects.visible_to(actor).select_related("structure", "care_unit", "medical_unit")
    stay = rows.filter(id=stay_id).first()
    if stay is None:
        raise NotFound
    audit.record(actor, "stays.stay_read", target=stay, patient=stay.patient_id, structure=stay.structure_id)
    return stay


def trace_unit_reading(actor: Actor, unit: Unit, stay_ids: list[UUID]) -> None:
    audit.record(
        actor, "stays.unit_read", target=unit, structure=unit.structure_id, details={"stays": [str(one) for one in stay_ids]}
    )  # fmt: skip
