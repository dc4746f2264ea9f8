from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from maison.foundations.access import requires
from maison.foundations.errors import NotFound
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import page

from . import selectors
from .models import Loading
from .permissions import P

LOADINGS, LOADING = "sources/loadings.html", "sources/loading.html"
SOURCES = [Column("Source"), Column("Confirmée", wide=True), Column("État")]
COLUMNS = [Column("Fichier"), Column("Commencé", wide=True), Column("Différences", wide=True), Column("État")]
ANOMALIES = [Column("Ligne"), Column("Constat"), Column("Effet")]


@require_GET
@requires(P.VIEW_LOADINGS)
def loadings(request: Any) -> HttpResponse:
    rows = page_of(request, Loading.objects.visible_to(request.actor), per_page=15)
    followed = selectors.followed()
    return page(
        request, LOADINGS, {"followed": followed, "page": rows, "source_columns": SOURCES, "columns": COLUMNS},
        part="list",
    )  # fmt: skip


@require_GET
@requires(P.VIEW_LOADINGS)
def loading(request: Any, loading_id: UUID) -> HttpResponse:
    found = _visible(request, loading_id)
    context = {"loading": found, "anomalies": page_of(request, found.anomalies.all()), "columns": ANOMALIES}
    return page(request, LOADING, context, part="anomalies")


@require_GET
@requires(P.VIEW_LOADINGS)
def anomalies(request: Any, loading_id: UUID) -> HttpResponse:
    found = _visible(request, loading_id)
    rows = found.anomalies.values_list("key", "code", "field", "text", "blocking")
    return csv_response(
        "anomalies.csv", ["Ligne", "Code", "Champ", "Constat", "Ligne refusée"],
        ([*row[:4], "oui" if row[4] else "non"] for row in rows.iterator()),
    )  # fmt: skip


def _visible(request: Any, loading_id: UUID) -> Loading:
    found = Loading.objects.visible_to(request.actor).filter(id=loading_id).first()
    if found is None:
        raise NotFound
    return found
