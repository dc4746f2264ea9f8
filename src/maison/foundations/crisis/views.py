from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations.access import requires, signed_in
from maison.foundations.access.permissions import P
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import done, page

from . import actions, selectors
from .forms import LevelForm
from .territories import territories

PAGE = "crisis/levels.html"
HISTORY_ROWS = 10
COLUMNS = [Column("Territoire"), Column("Niveau"), Column("Depuis"), Column("Motif")]
HISTORY_COLUMNS = [Column("Territoire"), Column("Niveau"), Column("Décidé"), Column("Levé")]


def context(request: Any, form: LevelForm | None = None) -> dict[str, Any]:
    rows = selectors.levels(request.actor)
    mine = {row.code: row.name for row in rows if row.may_change}
    if form is None and mine:
        form = LevelForm(territories=mine)
    return {
        "rows": rows,
        "form": form,
        "periods": page_of(request, selectors.history(), per_page=HISTORY_ROWS),
        "columns": COLUMNS,
        "history_columns": HISTORY_COLUMNS,
    }


@require_safe
@signed_in("Le niveau de crise est connu de tous les professionnels.")
def levels(request: Any) -> HttpResponse:
    return page(request, PAGE, context(request), part="levels")


@require_POST
@requires(P.MANAGE_CRISIS)
def change(request: Any) -> HttpResponse:
    form = LevelForm(request.POST, territories=territories())
    if not form.is_valid():
        return page(request, PAGE, context(request, form), part="levels", status=422)
    actions.change_level(actor=request.actor, **form.cleaned_data)
    return done(request, to="crisis:levels", say="Niveau de crise enregistré.")
