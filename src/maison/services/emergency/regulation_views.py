"""Screens of the regulator: open cases, who confirmed what, and the cases the house itself originates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maison.foundations.access import requires
from maison.ui.pages import done, page, wants_fragment

from . import regulation, selectors, words
from .access import access_case, trace_reading
from .forms import CaseFilter, NewCaseForm, NoteForm, OrientForm
from .permissions import P

CASES, CASE = "emergency/cases.html", "emergency/case.html"


@require_GET
@requires(P.VIEW_CASES)
def cases(request: Any) -> HttpResponse:
    form = CaseFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = selectors.open_cases(
        request.actor,
        text=asked.get("q", ""),
        status=asked.get("etat", ""),
        priority=asked.get("priorite", ""),
        unconfirmed=bool(asked.get("a_confirmer")),
    )
    shown = Paginator(found, 12).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "shown": shown,
        "rows": selectors.case_rows(shown.object_list),
        "topics": [f"emergency.cases:{samu}" for samu in sorted(request.actor.structures_with(P.VIEW_CASES), key=str)][
            :10
        ],
        "may_open": request.actor.can(P.MANAGE_CASES),
    }
    return page(request, CASES, context, part="list")


def _case_context(request: Any, case_id: UUID) -> dict[str, Any]:
    case = access_case(request.actor, case_id, P.VIEW_CASES)
    row = selectors.case_rows([case])[0]
    ours = regulation.is_ours(case)
    return {
        "case": case,
        "row": row,
        "patients": words.patients(case.document),
        "notes": [*words.notes(case.document), *words.remarks(case.remarks)],
        "call_notes": words.call_notes(case.document),
        "caller": words.caller(case.document),
        "decisions": words.decisions(case.document),
        "what_happened": words.what_happened(case.document),
        "messages": [message.summary() for message in case.messages.order_by("-sent_at")[:20]],
        "ours": ours,
        "may_manage": request.actor.can(P.MANAGE_CASES, case.samu_id) and case.is_open if case.samu_id else False,
    }


@require_GET
@requires(P.VIEW_CASES)
def case(request: Any, case_id: UUID) -> HttpResponse:
    context = _case_context(request, case_id)
    if request.headers.get("HX-Request") != "true":
        trace_reading(request.actor, context["case"], screen="case")
    if wants_fragment(request) and "services" not in request.GET:
        return page(request, CASE, context, part="sheet")
    return page(request, CASE, context | _forms(request, context), part="orient")


def _forms(request: Any, context: dict[str, Any], **bound: Form) -> dict[str, Any]:
    """Eight sites near the scene are what is needed nine times in ten; the whole region is one touch away."""
    services = selectors.receiving_sites()
    near = selectors.nearest_sites(context["case"], services)
    everywhere = request.GET.get("services") == "tous" or not near
    forms = {"note_form": NoteForm(), "orient_form": OrientForm(services=services if everywhere else near)}
    return {"all_services": everywhere, **forms, **bound}


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_CASES)
def new_case(request: Any) -> HttpResponse:
    form = NewCaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        opened = regulation.open_case(actor=request.actor, facts=form.cleaned_data)
        return done(request, to=("emergency:case", opened.id), say="Dossier ouvert.")
    return page(request, "emergency/new_case.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@requires(P.MANAGE_CASES)
def add_note(request: Any, case_id: UUID) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        context = _case_context(request, case_id)
        return page(request, CASE, context | _forms(request, context, note_form=form), status=422)
    regulation.add_note(actor=request.actor, case_id=case_id, text=form.cleaned_data["text"])
    return done(request, to=("emergency:case", case_id), say="Observation ajoutée.")


@require_POST
@requires(P.MANAGE_CASES)
def orient(request: Any, case_id: UUID) -> HttpResponse:
    form = OrientForm(request.POST, services=selectors.receiving_sites())
    if not form.is_valid():
        context = _case_context(request, case_id)
        context |= {"note_form": NoteForm(), "orient_form": form, "all_services": True}
        return page(request, CASE, context, status=422)
    regulation.orient(
        actor=request.actor, case_id=case_id, service_id=form.cleaned_data["service"], note=form.cleaned_data["reason"]
    )
    return done(request, to=("emergency:case", case_id), say="Orientation décidée. Le service receveur est prévenu.")


@require_POST
@requires(P.MANAGE_CASES)
def stay_home(request: Any, case_id: UUID) -> HttpResponse:
    """The patient goes to no service after all."""
    regulation.leave_on_site(actor=request.actor, case_id=case_id)
    return done(
        request,
        to=("emergency:case", case_id),
        say="Orientation annulée. Les services prévenus doivent confirmer qu'ils l'ont vu.",
    )


@require_POST
@requires(P.MANAGE_CASES)
def finish(request: Any, case_id: UUID) -> HttpResponse:
    finished = regulation.finish_case(actor=request.actor, case_id=case_id)
    missing = regulation.missing_for_validation(finished)
    say = f"Dossier achevé. Pour être validé : {', '.join(missing)}." if missing else "Dossier achevé et validé."
    return done(request, to=("emergency:case", case_id), say=say)


@require_POST
@requires(P.MANAGE_CASES)
def reopen(request: Any, case_id: UUID) -> HttpResponse:
    regulation.reopen_case(actor=request.actor, case_id=case_id)
    return done(request, to=("emergency:case", case_id), say="Dossier de nouveau actif.")
