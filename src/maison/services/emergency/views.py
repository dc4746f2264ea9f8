"""Screens of the receiving services: choose a wall, watch it, answer it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from maison.foundations import audit
from maison.foundations.access import requires, signed_in
from maison.foundations.errors import NotFound
from maison.foundations.structures.models import Structure
from maison.ui.freshness import Freshness
from maison.ui.pages import done, page, unchanged

from . import actions, selectors, words
from .access import access_arrival, trace_reading
from .models import Arrival
from .permissions import P

BOARD, WALL = "emergency/board.html", "emergency/wall.html"
WALL_ROWS = 12


@require_GET
@signed_in("leads to the room's first page that the actor may open, or says which right is missing")
def entrance(request: Any) -> HttpResponse:
    regulates = request.actor.can(P.VIEW_CASES) and not request.actor.can(P.VIEW_BOARD)
    return redirect("emergency:cases" if regulates else "emergency:boards")


@require_GET
@requires(P.VIEW_BOARD)
def boards(request: Any) -> HttpResponse:
    """The walls one may watch; straight to the wall when there is only one."""
    services = selectors.services_for(request.actor)
    if len(services) == 1:
        return redirect("emergency:board", services[0].id)
    return page(request, "emergency/boards.html", {"services": services}, part="list")


def _board_context(request: Any, service_id: UUID) -> dict[str, Any]:
    if not request.actor.can(P.VIEW_BOARD, service_id):
        raise NotFound
    service = Structure.objects.select_related("parent").filter(id=service_id, kind=Structure.Kind.SERVICE).first()
    if service is None:
        raise NotFound
    rows = selectors.board_rows(request.actor, service_id)
    expected = [row for row in rows if row.arrival.state in Arrival.EXPECTED]
    return {
        "service": service,
        "service_name": selectors.service_name(service),
        "rows": rows,
        "expected": len(expected),
        "unconfirmed": sum(row.unconfirmed for row in rows),
        "to_receive": [
            row.arrival.id for row in rows if row.arrival.relay.status == "sent" and not row.arrival.relay.ending
        ],
        "may_confirm": request.actor.can(P.CONFIRM_ARRIVALS, service_id),
        "read": Freshness(timezone.now(), "messages des SAMU", timedelta(minutes=2), timedelta(minutes=5)),
    }


def _trace_board(request: Any, context: dict[str, Any]) -> None:
    """Opening a wall is traced; its own refreshes are not, since a line that appears is traced when it is received."""
    if request.headers.get("HX-Request") != "true":
        ids = [str(row.arrival.case_id) for row in context["rows"]]
        audit.record(
            request.actor,
            "emergency.board_read",
            target=context["service"],
            structure=context["service"].id,
            details={"cases": ids},
        )


@require_GET
@requires(P.VIEW_BOARD)
def board(request: Any, service_id: UUID) -> HttpResponse:
    context = _board_context(request, service_id)
    _trace_board(request, context)
    return page(request, BOARD, context, part="rows")


@require_GET
@requires(P.VIEW_BOARD)
def wall(request: Any, service_id: UUID) -> HttpResponse:
    context = _board_context(request, service_id)
    _trace_board(request, context)
    shown = [row for row in context["rows"] if not (row.arrival.offloaded_at and not row.unconfirmed)]
    return page(
        request, WALL, {**context, "rows": shown[:WALL_ROWS], "hidden": max(0, len(shown) - WALL_ROWS)}, part="rows"
    )


@require_POST
@requires(P.VIEW_BOARD)
def receive(request: Any, service_id: UUID) -> HttpResponse:
    """The page says which lines it shows: the sender sees « reçu »."""
    ids = []
    for text in request.POST.getlist("arrivee")[: selectors.LIMIT]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    actions.receive_arrivals(actor=request.actor, service_id=service_id, arrival_ids=ids)
    return unchanged()


def _answer(request: Any, arrival: Arrival, say: str) -> HttpResponse:
    """The list as it now stands, for the page that asked: board, wall or sheet."""
    if request.POST.get("depuis") == "fiche":
        return done(request, to=("emergency:arrival", arrival.id), say=say)
    template, name = (WALL, "emergency:wall") if request.POST.get("depuis") == "mur" else (BOARD, "emergency:board")
    context = _board_context(request, arrival.service_id)
    return done(request, template, context, part="rows", to=(name, arrival.service_id), say=say)


@require_POST
@requires(P.CONFIRM_ARRIVALS)
def confirm(request: Any, arrival_id: UUID) -> HttpResponse:
    return _answer(
        request,
        actions.confirm_arrival(actor=request.actor, arrival_id=arrival_id),
        "Arrivée confirmée. Le SAMU le voit.",
    )


@require_POST
@requires(P.CONFIRM_ARRIVALS)
def acknowledge(request: Any, arrival_id: UUID) -> HttpResponse:
    return _answer(
        request, actions.acknowledge_change(actor=request.actor, arrival_id=arrival_id), "C'est noté. Le SAMU le voit."
    )


@require_POST
@requires(P.CONFIRM_ARRIVALS)
def arrived(request: Any, arrival_id: UUID) -> HttpResponse:
    return _answer(request, actions.record_arrival(actor=request.actor, arrival_id=arrival_id), "Arrivée enregistrée.")


@require_POST
@requires(P.CONFIRM_ARRIVALS)
def offload(request: Any, arrival_id: UUID) -> HttpResponse:
    return _answer(
        request, actions.offload(actor=request.actor, arrival_id=arrival_id), "Patient pris en charge par le service."
    )


@require_GET
@requires(P.VIEW_BOARD)
def arrival(request: Any, arrival_id: UUID) -> HttpResponse:
    """Everything the SAMU told about this patient, and who confirmed what."""
    found = access_arrival(request.actor, arrival_id, P.VIEW_BOARD)
    if found.is_called_off and not request.actor.can(P.VIEW_CASES, found.case.samu_id):
        # The patient goes elsewhere: this service no longer reads what is told of him (URG-02).
        raise NotFound("Ce patient n'est plus attendu dans votre service.")
    if request.headers.get("HX-Request") != "true":
        trace_reading(request.actor, found.case, screen="arrival")
    row = selectors.rows_of(selectors.with_all(Arrival.objects.filter(id=found.id)))[0]
    document = found.case.document
    return page(
        request,
        "emergency/arrival.html",
        {
            "row": row,
            "arrival": row.arrival,
            "case": row.arrival.case,
            "service_name": selectors.service_name(row.arrival.service),
            "place": words.place(document),
            "what_happened": words.what_happened(document),
            "call_notes": words.call_notes(document),
            "decisions": words.decisions(document),
            "may_confirm": request.actor.can(P.CONFIRM_ARRIVALS, found.service_id),
        },
        part="sheet",
    )
