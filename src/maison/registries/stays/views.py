"""Counts without names; then, for those who care for them, who is in a unit and the story of a stay."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from maison.foundations.access import requires
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import page

from . import links, selectors
from .access import access_unit, read_stay, trace_unit_reading
from .patients import patients
from .permissions import P

CENSUS, UNIT, STAY = (f"stays/{name}.html" for name in ("census", "unit", "stay"))
COLUMNS = [
    Column("Unité"), Column("Présents", numeric=True), Column("En permission", numeric=True, wide=True),
    Column("Entrées sous 24 h", numeric=True, wide=True), Column("Sorties sous 24 h", numeric=True),
]  # fmt: skip
STAY_COLUMNS = [
    Column("Place"),
    Column("Patient"),
    Column("Depuis", wide=True),
    Column("Sortie prévue"),
    Column("État", wide=True),
]


@require_GET
@requires(P.VIEW_CENSUS)
def census(request: Any) -> HttpResponse:
    found = selectors.census(request.actor)
    readable = {str(one) for one in request.actor.structures_with(P.VIEW_STAYS)}
    for structure in found:
        structure.may_read = str(structure.structure_id) in readable
    topics = [f"stays.census:{structure.structure_id}" for structure in found[:8]]
    return page(request, CENSUS, {"structures": found, "columns": COLUMNS, "topics": topics}, part="list")


@require_GET
@requires(P.VIEW_CENSUS)
def export(request: Any) -> HttpResponse:
    header = ["Établissement", "Unité", "Code", "Présents", "En permission", "Entrées prévues 24 h", "Sorties prévues 24 h", "Dernier message", "Fraîcheur"]  # fmt: skip
    rows = (
        [
            structure.name, str(row.unit), row.unit.code, row.present, row.on_leave, row.expected_in, row.expected_out,
            moment(row.freshness.at) if row.freshness.at else "", row.freshness.word(),
        ]
        for structure in selectors.census(request.actor)
        for row in structure.units
    )  # fmt: skip
    return csv_response("patients-presents.csv", header, rows)


@require_GET
@requires(P.VIEW_STAYS)
def unit(request: Any, unit_id: UUID) -> HttpResponse:
    found = access_unit(request.actor, unit_id)
    rows = page_of(request, selectors.stays_in(found))
    people = patients().banners(row.patient_id for row in rows)
    for row in rows:
        row.person = people.get(row.patient_id)
    trace_unit_reading(request.actor, found, [row.id for row in rows])
    heard = selectors.heard_at([found.structure_id]).get(found.structure_id)
    fresh = selectors.Freshness(heard, "mouvements de l'établissement", selectors.FRESH_FOR, selectors.STALE_AFTER)
    return page(request, UNIT, {"unit": found, "page": rows, "columns": STAY_COLUMNS, "fresh": fresh})


@require_GET
@requires(P.VIEW_STAYS)
def stay(request: Any, stay_id: UUID) -> HttpResponse:
    found = read_stay(request.actor, stay_id)
    context = {
        "stay": found,
        "person": patients().banners([found.patient_id]).get(found.patient_id),
        "linked": bool(links.linked_to([found.patient_id])[found.patient_id]),
        "story": selectors.story_of(found),
        "fresh": selectors.Freshness(
            found.heard_at, "dernier message de la venue", selectors.SILENT_AFTER, selectors.SILENT_AFTER * 7
        ),
    }
    return page(request, STAY, context)
