"""The RPPS in free access is public: any professional signed in reads it. Nothing is typed here."""

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

SEARCH, SHEET = "professionals/search.html", "professionals/sheet.html"
WHY = "Le répertoire des professionnels est fait de données en libre accès, lues par tous les professionnels."
COLUMNS = [Column("Professionnel"), Column("Profession"), Column("Où", wide=True), Column("RPPS", wide=True)]


@require_GET
@signed_in(WHY)
def search(request: Any) -> HttpResponse:
    form = SearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = selectors.search(
        asked.get("q", ""), department=asked.get("departement", ""), with_closed=asked.get("sans_activite", False)
    )
    return page(request, SEARCH, {"form": form, "page": page_of(request, rows), "columns": COLUMNS}, part="results")


@require_GET
@signed_in(WHY)
def sheet(request: Any, professional_id: UUID) -> HttpResponse:
    found = selectors.sheet_of(professional_id)
    if found is None:
        raise NotFound
    context = {
        "professional": found, "activities": selectors.activities_of(found),
        "qualifications": selectors.qualifications_of(found), "mailboxes": selectors.mailboxes_of(found),
    }  # fmt: skip
    return page(request, SHEET, context)
