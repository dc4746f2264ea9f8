"""Requests for beds: whoever asks, the unit that answers, whoever approves in crisis."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from maison.foundations.access import requires
from maison.ui.lists import page_of
from maison.ui.pages import done, page, unchanged

from .access import access_offer
from .actions import promising
from .forms import AskForm, RefuseForm, RejectForm, ReleaseForm
from .permissions import P
from .relays import SENT
from .selectors import promises
from .views import UNIT, unit_context

REQUESTS, ASKED, APPROVALS = (f"offer/{name}.html" for name in ("requests", "asked", "approvals"))
ROWS = 12
MOST_TOPICS = 8


def _list(request: Any, found: Any) -> dict[str, Any]:
    shown = page_of(request, found, per_page=ROWS)
    rows = promises.rows(list(shown))
    return {"page": shown, "rows": rows, "unconfirmed": sum(row.unconfirmed for row in rows)}


@require_GET
@requires(P.REQUEST_BED)
def asked(request: Any) -> HttpResponse:
    return page(request, ASKED, _asked_context(request, ReleaseForm()), part="rows")


def _asked_context(request: Any, form: ReleaseForm) -> dict[str, Any]:
    held = sorted(str(one) for one in request.actor.structures_with(P.REQUEST_BED))
    topics = [f"offer.asked:{one}" for one in held[:MOST_TOPICS]]
    return _list(request, promises.asked(request.actor)) | {"release_form": form, "topics": topics}


@require_GET
@requires(P.ANSWER_REQUESTS)
def requests(request: Any) -> HttpResponse:
    return page(request, REQUESTS, _requests_context(request), part="rows")


def _requests_context(request: Any) -> dict[str, Any]:
    context = _list(request, promises.received(request.actor))
    held = sorted(str(one) for one in request.actor.structures_with(P.ANSWER_REQUESTS))
    waiting = [row.promise for row in context["rows"] if row.to_answer and row.promise.relay.status == SENT]
    context |= {
        "refuse_form": RefuseForm(), "to_receive": " ".join(str(one.id) for one in waiting),
        "topics": [f"offer.requests:{one}" for one in held[:MOST_TOPICS]],
    }  # fmt: skip
    return context


@require_GET
@requires(P.APPROVE_REQUESTS)
def approvals(request: Any) -> HttpResponse:
    return page(request, APPROVALS, _list(request, promises.to_approve(request.actor)), part="rows")


@require_POST
@requires(P.REQUEST_BED)
def ask(request: Any, offer_id: UUID) -> HttpResponse:
    offer = access_offer(request.actor, offer_id)
    form = AskForm(request.POST)
    if not form.is_valid():
        return page(request, UNIT, unit_context(request, offer, ask_form=form), part="unit", status=422)
    made = promising.ask_for_bed(actor=request.actor, offer_id=offer_id, **form.cleaned_data)
    say = "Demande envoyée pour approbation." if made.with_approval else "Lit tenu. L'unité est prévenue."
    return done(request, to="offer:asked", say=say)


@require_POST
@requires(P.ANSWER_REQUESTS)
def receive(request: Any) -> HttpResponse:
    """The page says which requests it shows: whoever asked sees « reçue »."""
    ids = []
    for text in request.POST.get("demandes", "").split()[:ROWS]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    promising.receive_requests(actor=request.actor, promise_ids=ids)
    return unchanged()


def _answered(request: Any, say: str) -> HttpResponse:
    return done(request, REQUESTS, _requests_context(request), part="rows", to="offer:requests", say=say)


@require_POST
@requires(P.ANSWER_REQUESTS)
def accept(request: Any, promise_id: UUID) -> HttpResponse:
    promising.accept_request(actor=request.actor, promise_id=promise_id)
    return _answered(request, "Lit promis. Le demandeur le voit.")


@require_POST
@requires(P.ANSWER_REQUESTS)
def refuse(request: Any, promise_id: UUID) -> HttpResponse:
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return page(request, REQUESTS, _requests_context(request) | {"refuse_form": form}, part="rows", status=422)
    promising.refuse_request(actor=request.actor, promise_id=promise_id, reason=form.cleaned_data["reason"])
    return _answered(request, "Refus envoyé avec son motif.")


@require_POST
@requires(P.ANSWER_REQUESTS)
def arrived(request: Any, promise_id: UUID) -> HttpResponse:
    promising.receive_patient(actor=request.actor, promise_id=promise_id)
    return _answered(request, "Patient arrivé. Pensez à mettre à jour les lits disponibles.")


@require_POST
@requires(P.ANSWER_REQUESTS)
def acknowledge(request: Any, promise_id: UUID) -> HttpResponse:
    promising.acknowledge_end(actor=request.actor, promise_id=promise_id)
    return _answered(request, "C'est noté.")


@require_POST
@requires(P.REQUEST_BED)
def release(request: Any, promise_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return page(request, ASKED, _asked_context(request, form), part="rows", status=422)
    promising.release_bed(actor=request.actor, promise_id=promise_id, reason=form.cleaned_data["reason"])
    return done(request, to="offer:asked", say="Lit rendu. L'unité est prévenue.")


@require_POST
@requires(P.APPROVE_REQUESTS)
def approve(request: Any, promise_id: UUID) -> HttpResponse:
    promising.approve_request(actor=request.actor, promise_id=promise_id)
    return done(request, to="offer:approvals", say="Demande approuvée : le lit est tenu, l'unité est prévenue.")


@require_POST
@requires(P.APPROVE_REQUESTS)
def reject(request: Any, promise_id: UUID) -> HttpResponse:
    form = RejectForm(request.POST)
    if not form.is_valid():
        context = _list(request, promises.to_approve(request.actor)) | {"reject_form": form}
        return page(request, APPROVALS, context, part="rows", status=422)
    promising.reject_request(actor=request.actor, promise_id=promise_id, reason=form.cleaned_data["reason"])
    return done(request, to="offer:approvals", say="Demande non approuvée. Le demandeur lit le motif.")
