"""Screens of the receiving services: choose a wall, watch it, answer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from maison.foundations import audit
from maison.foundations.access import requires, signed_in
from maison.foundations.errors import NotFound
from maison.ui.freshness import Freshness
from maison.ui.pages import done, page, unchanged

from . import actions, selectors, walls, words
from .access import access_arrival, trace_reading
from .models import Arrival
from .permissions import P


@dataclass(frozen=True, slots=True)
class Screen:
    """One of the two ways to show a wall; `line` is the template of one of its lines, drawn apart."""

    name: str
    template: str
    line: str
    rows: int
    shows_done: bool


BOARD = Screen("emergency:board", "emergency/board.html", "emergency/_line.html", walls.LIMIT, shows_done=True)
WALL = Screen("emergency:wall", "emergency/wall.html", "emergency/_wall_row.html", 12, shows_done=False)


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


def _read_wall(request: Any, service_id: UUID) -> walls.Wall:
    wall = walls.read_wall(request.actor, service_id) if request.actor.can(P.VIEW_BOARD, service_id) else None
    if wall is None:
        raise NotFound
    return wall


def _wall_context(request: Any, wall: walls.Wall, screen: Screen) -> dict[str, Any]:
    lines = [line for line in wall.lines if screen.shows_done or not line.is_done]
    shown = lines[: screen.rows]
    may_confirm = request.actor.can(P.CONFIRM_ARRIVALS, wall.service_id)
    return {
        "wall": wall,
        "lines": walls.draw(screen.line, shown, may_confirm=may_confirm, now=wall.at),
        "hidden": len(lines) - len(shown) + wall.total - len(wall.lines),
        "expected": sum(line.is_expected for line in wall.lines),
        "unconfirmed": sum(line.unconfirmed for line in wall.lines),
        "to_receive": " ".join(str(line.arrival_id) for line in wall.lines if line.is_to_receive),
        "may_confirm": may_confirm,
        "read": Freshness(wall.at, "messages des SAMU", timedelta(minutes=2), timedelta(minutes=5)),
    }


def _trace_wall(request: Any, wall: walls.Wall) -> None:
    """Opening a wall is traced; its own refreshes are not, since a line that appears is traced when it is received."""
    if request.headers.get("HX-Request") != "true":
        audit.record(
            request.actor,
            "emergency.board_read",
            target=("structures.structure", wall.service_id),
            structure=wall.service_id,
            details={"cases": [str(line.case_id) for line in wall.lines]},
        )


def _show_wall(request: Any, service_id: UUID, screen: Screen) -> HttpResponse:
    wall = _read_wall(request, service_id)
    _trace_wall(request, wall)
    return page(request, screen.template, _wall_context(request, wall, screen), part="rows")


@require_GET
@requires(P.VIEW_BOARD)
def board(request: Any, service_id: UUID) -> HttpResponse:
    return _show_wall(request, service_id, BOARD)


@require_GET
@requires(P.VIEW_BOARD)
def wall(request: Any, service_id: UUID) -> HttpResponse:
    return _show_wall(request, service_id, WALL)


@require_POST
@requires(P.VIEW_BOARD)
def receive(request: Any, service_id: UUID) -> HttpResponse:
    """The page says which lines it shows: the sender sees « reçu »."""
    ids = []
    for text in " ".join(request.POST.getlist("arrivee")).split()[: walls.LIMIT]:
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
    screen = WALL if request.POST.get("depuis") == "mur" else BOARD
    context = _wall_context(request, _read_wall(request, arrival.service_id), screen)
    return done(request, screen.template, context, part="rows", to=(screen.name, arrival.service_id), say=say)


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
