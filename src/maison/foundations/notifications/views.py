from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations.access import signed_in
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import done, leave, page

from . import actions, selectors

LIST = "notifications/list.html"
COLUMNS = [
    Column("État"),
    Column("Objet"),
    Column("Précision"),
    Column("Reçue"),
    Column("Action", hidden_label=True),
]
OWN = "Chacun lit ses propres notifications."


@require_safe
@signed_in(OWN)
def notifications(request: Any) -> HttpResponse:
    rows = page_of(request, selectors.notifications_of(request.actor))
    context = {"rows": rows, "unread": selectors.unread_count(request.actor), "columns": COLUMNS}
    return page(request, LIST, context, part="rows")


@require_POST
@signed_in(OWN)
def read(request: Any, notification_id: UUID) -> HttpResponse:
    """Reading goes on to where the notification leads."""
    found = actions.mark_read(request.actor, notification_id)
    return leave(request, found.url or "notifications:list")


@require_POST
@signed_in(OWN)
def read_all(request: Any) -> HttpResponse:
    actions.mark_all_read(request.actor)
    return done(request, to="notifications:list", say="Toutes vos notifications sont lues.")
