"""Access requests: follow one's own, decide on those of others."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations.access import Actor, requires, signed_in
from maison.foundations.access.permissions import P as HouseAccess
from maison.services.portal import actions, selectors
from maison.services.portal.forms import ApproveForm, CompleteForm, ReasonForm
from maison.services.portal.permissions import P
from maison.services.portal.selectors.requests import decided_requests, may_decide_some
from maison.ui.lists import page_of
from maison.ui.pages import done, page

REQUESTS, REQUEST = "portal/requests.html", "portal/request.html"
LISTS = {"miennes": "Mes demandes", "a-decider": "À décider", "decidees": "Déjà vues"}


@require_safe
@signed_in("Chacun suit ses demandes ; celles des autres ne paraissent qu'à qui en décide.")
def requests(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    decides = may_decide_some(actor)
    asked = request.GET.get("liste", "")
    shown = asked if asked in LISTS and (decides or asked == "miennes") else ("a-decider" if decides else "miennes")
    rows = {
        "miennes": selectors.requests_for,
        "a-decider": selectors.requests_to_decide,
        "decidees": decided_requests,
    }[shown](actor)
    context = {
        "lists": [(code, label) for code, label in LISTS.items() if decides or code == "miennes"],
        "shown": shown,
        "title": LISTS[shown],
        "rows": page_of(request, rows),
    }
    return page(request, REQUESTS, context)


def _context(request: HttpRequest, request_id: UUID, **forms: django_forms.Form) -> dict[str, Any]:
    detail = selectors.request_page(request.actor, request_id)  # type: ignore[attr-defined]
    return {
        "detail": detail,
        "asked": detail.request,
        "approve_form": ApproveForm(prefix="a"),
        "more_form": ReasonForm(prefix="c", label="Ce qui vous manque pour décider"),
        "refuse_form": ReasonForm(prefix="r", label="Motif du refus"),
        "revoke_form": ReasonForm(prefix="v", label="Motif du retrait"),
        "complete_form": CompleteForm(initial={"justification": detail.request.justification}),
        **forms,
    }


@require_safe
@signed_in("L'action vérifie que la demande est la sienne, ou qu'elle lui revient.")
def request(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actions.read_request(actor=request.actor, request_id=request_id)  # type: ignore[attr-defined]
    return page(request, REQUEST, _context(request, request_id))


def _invalid(request: HttpRequest, request_id: UUID, **forms: django_forms.Form) -> HttpResponse:
    return page(request, REQUEST, _context(request, request_id, **forms), part="acts", status=422)


def _said(request: HttpRequest, request_id: UUID, say: str) -> HttpResponse:
    return done(request, to=("portal:request", request_id), say=say)


@require_POST
@requires(HouseAccess.MANAGE_HABILITATIONS)
def approve(request: HttpRequest, request_id: UUID) -> HttpResponse:
    form = ApproveForm(request.POST, prefix="a")
    if not form.is_valid():
        return _invalid(request, request_id, approve_form=form)
    asked = actions.approve_for_structure(actor=request.actor, request_id=request_id, **form.cleaned_data)  # type: ignore[attr-defined]
    opened = asked.status == asked.Status.OPENED
    return _said(
        request, request_id, "Accès ouvert." if opened else "Approuvée. Le responsable du service doit encore répondre."
    )


@require_POST
@requires(P.APPROVE_ACCESS)
def approve_service(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actions.approve_for_service(actor=request.actor, request_id=request_id)  # type: ignore[attr-defined]
    return _said(request, request_id, "Accès ouvert.")


@require_POST
@requires(HouseAccess.MANAGE_HABILITATIONS)
def ask_more(request: HttpRequest, request_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="c", label="Ce qui vous manque pour décider")
    if not form.is_valid():
        return _invalid(request, request_id, more_form=form)
    actions.ask_more(actor=request.actor, request_id=request_id, **form.cleaned_data)  # type: ignore[attr-defined]
    return _said(request, request_id, "Complément demandé. La demande vous reviendra.")


@require_POST
@signed_in("L'action vérifie que la demande est la sienne.")
def complete(request: HttpRequest, request_id: UUID) -> HttpResponse:
    form = CompleteForm(request.POST)
    if not form.is_valid():
        return _invalid(request, request_id, complete_form=form)
    actions.answer_more(actor=request.actor, request_id=request_id, **form.cleaned_data)  # type: ignore[attr-defined]
    return _said(request, request_id, "Réponse envoyée.")


@require_POST
@signed_in(
    "L'administrateur de la structure et le responsable du service refusent chacun à leur étape : l'action vérifie."
)
def refuse(request: HttpRequest, request_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="r", label="Motif du refus")
    if not form.is_valid():
        return _invalid(request, request_id, refuse_form=form)
    actions.refuse_request(actor=request.actor, request_id=request_id, **form.cleaned_data)  # type: ignore[attr-defined]
    return _said(request, request_id, "Demande refusée. La personne voit votre motif.")


@require_POST
@signed_in("L'action vérifie que la demande est la sienne.")
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actions.withdraw_request(actor=request.actor, request_id=request_id)  # type: ignore[attr-defined]
    return _said(request, request_id, "Demande retirée.")


@require_POST
@signed_in("L'action vérifie que la demande avait été adressée à cette personne.")
def acknowledge(request: HttpRequest, request_id: UUID) -> HttpResponse:
    actions.acknowledge_withdrawal(actor=request.actor, request_id=request_id)  # type: ignore[attr-defined]
    return done(request, to="portal:home", say="C'est noté.")


@require_POST
@requires(HouseAccess.MANAGE_HABILITATIONS)
def revoke(request: HttpRequest, request_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="v", label="Motif du retrait")
    if not form.is_valid():
        return _invalid(request, request_id, revoke_form=form)
    actions.revoke_access(actor=request.actor, request_id=request_id, **form.cleaned_data)  # type: ignore[attr-defined]
    return _said(request, request_id, "Accès retiré. Il est fermé dès maintenant.")
