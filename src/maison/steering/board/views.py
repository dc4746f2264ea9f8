from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from maison.foundations.access import requires
from maison.foundations.access.permissions import P
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import page

from . import selectors

COLUMNS = [Column("Mesure"), Column("État"), Column("Valeur"), Column("Âge")]
ALERT_COLUMNS = [Column("Mesure"), Column("Valeur"), Column("Ouverte"), Column("Close")]


@require_safe
@requires(P.SUPERVISE)
def board(request: Any) -> HttpResponse:
    context = {
        "groups": selectors.groups(),
        "alerts": list(selectors.current_alerts()),
        "freshness": selectors.freshness_of(timezone.now()),
        "columns": COLUMNS,
    }
    return page(request, "board/board.html", context, part="state")


@require_safe
@requires(P.SUPERVISE)
def alerts(request: Any) -> HttpResponse:
    context = {"rows": page_of(request, selectors.past_alerts()), "columns": ALERT_COLUMNS}
    return page(request, "board/alerts.html", context, part="rows")
