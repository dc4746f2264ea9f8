"""The register is public: any professional signed in may read it. What is edited here comes from FINESS and SIRENE, never by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from maison.foundations.access import signed_in
from maison.foundations.errors import NotFound
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import page

from . import selectors
from .forms import SearchForm
from .models import Facility

SEARCH, SHEET = "facilities/search.html", "facilities/sheet.html"
WHY = "Le répertoire des structures est fait de données publiques, lues par tous les professionnels."
COLUMNS = [Column("Structure"), Column("Commune"), Column("Catégorie", wide=True), Column("FINESS", wide=True)]
ORIGINS = [Column("Champ"), Column("Source"), Column("Dit le")]


@require_GET
@signed_in(WHY)
def search(request: Any) -> HttpResponse:
    form = SearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = selectors.search(
        asked.get("q", ""), department=asked.get("departement", ""), with_closed=asked.get("fermees", False)
    )
    return page(request, SEARCH, {"form": form, "page": page_of(request, rows), "columns": COLUMNS}, part="results")


@require_GET
@signed_in(WHY)
def sheet(request: Any, facility_id: UUID) -> HttpResponse:
    found = selectors.sheet_of(facility_id)
    if found is None:
        raise NotFound
    sites = Facility.objects.filter(parent=found).order_by("closed_on", "name") if found.kind == "EJ" else None
    context = {
        "facility": found, "origins": selectors.origins_of(found), "origin_columns": ORIGINS, "columns": COLUMNS,
        "sites": page_of(request, sites) if sites is not None else None,
    }  # fmt: skip
    return page(request, SHEET, context)
