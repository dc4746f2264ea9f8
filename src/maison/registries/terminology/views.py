"""Official codes belong to everyone who works with them: any professional signed in may read them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from maison.foundations.access import signed_in
from maison.foundations.errors import NotFound
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import page

from . import selectors
from .forms import SearchForm
from .models import System, ValueSet

CATALOGUE, SYSTEM, CONCEPT, VALUE_SET = (
    f"terminology/{name}.html" for name in ("catalogue", "system", "concept", "value_set")
)
WHY = "Les nomenclatures officielles sont lues par tous les professionnels."
NAMES = [Column("Nomenclature"), Column("Version", wide=True), Column("Codes", numeric=True)]
FOUND = [Column("Code"), Column("Libellé"), Column("Nomenclature", wide=True)]
CODES = [Column("Code"), Column("Libellé"), Column("Validité", wide=True)]
HEADER = ["Code", "Libellé", "Libellé court", "Valide à partir du", "Valide jusqu'au"]


@require_GET
@signed_in(WHY)
def catalogue(request: Any) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:100]
    context = {
        "form": SearchForm(request.GET),
        "text": text,
        "names": page_of(request, selectors.catalogue(text)),
        "columns": NAMES,
        "found_columns": FOUND,
    }
    if text:
        found = selectors.search(text)[: selectors.MOST_FOUND]
        context["found"] = page_of(request, list(found))
    return page(request, CATALOGUE, context, part="results")


@require_GET
@signed_in(WHY)
def system(request: Any, system_id: UUID) -> HttpResponse:
    found = get_object_or_404(System, id=system_id)
    text = request.GET.get("q", "").strip()[:100]
    rows = page_of(request, selectors.concepts_of(found, text=text))
    _tell_validity(rows)
    return page(
        request, SYSTEM,
        {"system": found, "form": SearchForm(request.GET), "page": rows, "columns": CODES}, part="results",
    )  # fmt: skip


@require_GET
@signed_in(WHY)
def system_csv(request: Any, system_id: UUID) -> HttpResponse:
    found = get_object_or_404(System, id=system_id)
    rows = selectors.concepts_of(found).values_list("code", "display", "short", "starts_on", "ends_on")
    return csv_response("nomenclature.csv", HEADER, rows.iterator())


@require_GET
@signed_in(WHY)
def concept(request: Any, system_id: UUID) -> HttpResponse:
    """The code is a parameter of the address, not a part of its path: some hold slashes."""
    found = get_object_or_404(System, id=system_id)
    code = request.GET.get("code", "")
    meaning = selectors.lookup(found, code)
    if meaning is None:
        raise NotFound
    one = meaning.concept
    context = {
        "system": found, "meaning": meaning, "concept": one,
        "parent": selectors.lookup(found, one.parent) if one.parent else None,
        "children": selectors.concepts_of(found).filter(parent=one.code)[:50],
        "states": selectors.history_of(found, one.code),
    }  # fmt: skip
    return page(request, CONCEPT, context)


@require_GET
@signed_in(WHY)
def value_set(request: Any, set_id: UUID) -> HttpResponse:
    found = get_object_or_404(ValueSet, id=set_id)
    text = request.GET.get("q", "").strip()[:100]
    rows = page_of(request, selectors.expand(found, text=text, active_only=False))
    _tell_validity(rows)
    context = {"set": found, "form": SearchForm(request.GET), "page": rows, "columns": CODES}
    return page(request, VALUE_SET, context, part="results")


@require_GET
@signed_in(WHY)
def value_set_csv(request: Any, set_id: UUID) -> HttpResponse:
    found = get_object_or_404(ValueSet, id=set_id)
    rows = selectors.expand(found, active_only=False).values_list("code", "display", "system", "starts_on", "ends_on")
    return csv_response("jeu-de-valeurs.csv", ["Code", "Libellé", "Nomenclature", *HEADER[3:]], rows.iterator())


def _tell_validity(rows: Any) -> None:
    for row in rows:
        row.is_current, row.why = selectors.current(row)
