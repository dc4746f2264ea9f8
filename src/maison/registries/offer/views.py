"""Where is there a bed: the board, the sheet of a unit with its two taps, and the plans blancs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from maison.formats.ror import codes
from maison.foundations.access import requires
from maison.foundations.crisis.models import Level
from maison.foundations.crisis.selectors import level_of as crisis_level
from maison.foundations.errors import Forbidden
from maison.foundations.structures.models import Structure
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

from .access import access_offer
from .actions import counting
from .actions.white_plans import set_white_plan as act_on_plan
from .coherence import Figure
from .forms import AskForm, BoardFilter, CrisisNoteForm, NoteForm, WhitePlanForm
from .models import Offer, WhitePlan
from .models.beds import Source
from .permissions import P
from .selectors import beds

BOARD, UNIT, PLANS = (f"offer/{name}.html" for name in ("board", "unit", "white_plans"))
ROWS = 10
"""Units a page: the node budget, and what is read without scrolling far."""
MOST_TAPS = 7
PLAN_COLUMNS = [Column("Établissement"), Column("Niveau"), Column("Depuis")]
STATUSES = {
    "available": codes.AVAILABLE, "closed": codes.CLOSED, "installed": codes.INSTALLED, "occupied": codes.OCCUPIED,
    "extra": codes.EXTRA,
}  # fmt: skip


def _asked(request: Any) -> tuple[BoardFilter, beds.Asked, beds.Origin]:
    form = BoardFilter(request.GET or None)
    said: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    origin = beds.origin_of(request.actor, said.get("depuis", ""))
    if origin is None:
        form.add_error("depuis", "Aucune structure connue dans cette commune : vérifiez le nom, ou laissez vide.")
        origin = beds.Origin("", None)
    asked = beds.Asked(
        kind=said.get("lits", ""), audience=said.get("public", ""), department=said.get("departement", ""),
        within_minutes=said.get("minutes") if origin.point else None, free_only=said.get("libres", False),
    )  # fmt: skip
    return form, asked, origin


@require_GET
@requires(P.VIEW_BEDS)
def board(request: Any) -> HttpResponse:
    form, asked, origin = _asked(request)
    rows = beds.board(request.actor, asked, origin)
    context = {
        "form": form, "page": page_of(request, rows, per_page=ROWS), "totals": beds.totals(rows), "origin": origin,
        "blind": form.is_bound and not origin.point, "plans": list(WhitePlan.objects.visible_to(request.actor).current().select_related("structure")[:5]),
    }  # fmt: skip
    return page(request, BOARD, context, part="rows")


@require_GET
@requires(P.VIEW_BEDS)
def export(request: Any) -> HttpResponse:
    _, asked, origin = _asked(request)
    header = ["Établissement", "Unité", "Département", "Lits de", "Disponibles", "Promis", "Installés", "Fermés", "Occupés", "Dit le", "Source", "Fraîcheur", "Compté", "Distance estimée (km)", "Durée estimée (min)"]  # fmt: skip
    rows = (
        [
            row.place, row.offer.name, row.offer.site.department, row.offer.get_bed_kind_display(),
            "" if row.is_silent else row.available, row.held, row.installed, row.closed, row.occupied,
            moment(row.freshness.at) if row.freshness.at else "", row.freshness.source,
            "non communiqué" if row.is_silent else row.freshness.word(), "oui" if row.counts else "non",
            "" if row.distance_km is None else round(row.distance_km), row.minutes,
        ]
        for row in beds.board(request.actor, asked, origin)
    )  # fmt: skip
    return csv_response("lits.csv", header, rows)


def unit_context(request: Any, offer: Offer, **forms: Any) -> dict[str, Any]:
    (row,) = beds.units(request.actor, [offer], (beds.origin_of(request.actor) or beds.Origin("", None)).point)
    crisis = crisis_level(offer.site.department)
    note_form = CrisisNoteForm if crisis >= Level.EXCEPTIONAL else NoteForm
    most = min(MOST_TAPS, row.installed if row.installed is not None else MOST_TAPS)
    return {
        "row": row, "offer": offer, "taps": range(most + 1),
        "note_form": forms.get("note_form") or (note_form() if row.may_note else None),
        "ask_form": forms.get("ask_form") or (AskForm() if row.may_ask and row.is_open else None),
        "in_crisis": crisis >= Level.EXCEPTIONAL,
    }  # fmt: skip


@require_GET
@requires(P.VIEW_BEDS)
def unit(request: Any, offer_id: UUID) -> HttpResponse:
    return page(request, UNIT, unit_context(request, access_offer(request.actor, offer_id)), part="unit")


@require_POST
@requires(P.VIEW_BEDS)
def note(request: Any, offer_id: UUID) -> HttpResponse:
    """The number heard on the phone, or seen in the unit. Who may, the action says: the unit for its own beds, regulation for all."""
    offer = access_offer(request.actor, offer_id)
    if not request.actor.can(P.NOTE_BEDS) and not request.actor.can(P.COUNT_BEDS, offer.structure_id):
        raise Forbidden
    form = CrisisNoteForm(request.POST)
    if not form.is_valid():
        return page(request, UNIT, unit_context(request, offer, note_form=form), part="unit", status=422)
    said = form.cleaned_data
    figures = [
        Figure(status, said[name], crisis_type=said["crisis_type"], assignment=said["assignment"] or "01")
        for name, status in STATUSES.items()
        if said[name] is not None
    ]
    counting.report_beds(actor=request.actor, offer_id=offer.id, figures=figures, source=Source.PHONE)
    return done(
        request, to=("offer:unit", offer.id), say="Lits notés. Tout le monde les voit, avec l'heure et la source."
    )


def _plan_sites(request: Any) -> list[tuple[str, str]]:
    held = request.actor.structures_with(P.DECLARE_WHITE_PLAN)
    rows = Structure.objects.open().filter(id__in=held, kind=Structure.Kind.SITE).order_by("name", "id")
    return [(str(one.id), one.name) for one in rows]


@require_GET
@requires(P.DECLARE_WHITE_PLAN)
def white_plans(request: Any) -> HttpResponse:
    return page(request, PLANS, _plans_context(request, WhitePlanForm(structures=_plan_sites(request))))


def _plans_context(request: Any, form: WhitePlanForm) -> dict[str, Any]:
    rows = WhitePlan.objects.visible_to(request.actor).select_related("structure")
    return {"form": form, "page": page_of(request, rows), "columns": PLAN_COLUMNS}


@require_POST
@requires(P.DECLARE_WHITE_PLAN)
def set_white_plan(request: Any) -> HttpResponse:
    form = WhitePlanForm(request.POST, structures=_plan_sites(request))
    if not form.is_valid():
        return page(request, PLANS, _plans_context(request, form), status=422)
    act_on_plan(
        actor=request.actor, structure_id=UUID(form.cleaned_data["structure"]), level=form.cleaned_data["level"]
    )
    return done(request, to="offer:white_plans", say="Plan blanc enregistré. Le SAMU et l'ARS le voient.")
