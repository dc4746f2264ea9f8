"""Stopped messages, as the desk that mends them sees them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations import relay
from maison.foundations.access import requires, signed_in
from maison.interop.channels import access, desks
from maison.interop.channels.actions import mending
from maison.interop.channels.forms import ReasonForm
from maison.interop.channels.models import Delivery, Passage
from maison.interop.channels.permissions import P
from maison.interop.exchanges.mending import mender
from maison.ui.components import Column, TrailStep
from maison.ui.lists import page_of
from maison.ui.pages import done, page

COLUMNS = [Column("Reçu"), Column("Motif"), Column("Précision"), Column("Échange"), Column("Agir", hidden_label=True)]
DESK_COLUMNS = [Column("Motif"), Column("Bureau"), Column("Agir", hidden_label=True)]


def _context(request: Any, relay_id: UUID, form: ReasonForm | None = None) -> dict[str, Any]:
    task, desk, channel = access.access_task(request.actor, relay_id)
    passages = Passage.objects.filter(relay_id=relay_id, state="stopped").order_by("seq")
    deliveries = Delivery.objects.filter(relay_id=relay_id, state="stopped").order_by("seq")
    kind: Any = passages if passages.exists() else deliveries
    rows = page_of(request, kind)
    for row in rows:
        row.reason_label = desks.LABELS.get(row.reason, row.reason)
        row.place = getattr(row, "path", "") or getattr(row, "target", "")
    steps = [TrailStep(step.label, step.at, step.name) for step in relay.trail_of([relay_id])[relay_id]]
    return {
        "task": task, "desk": desk, "channel": channel, "page": rows, "columns": COLUMNS, "kind": "remise" if kind is deliveries else "passage",
        "may_mend": access.may_mend(request.actor, desk, task, channel), "may_see_channel": access.may(request.actor, channel, P.VIEW),
        "trail": steps, "form": form or ReasonForm(label="Pourquoi abandonner ces messages ?"),
    }  # fmt: skip


@require_safe
@signed_in("le bureau de la tâche décide qui la voit")
def task(request: Any, relay_id: UUID) -> HttpResponse:
    return page(request, "channels/task.html", _context(request, relay_id))


@require_POST
@signed_in("le bureau de la tâche décide qui répare")
def mend(request: Any, relay_id: UUID) -> HttpResponse:
    """Take the task; replay or give up all its messages, or replay one."""
    access.access_task(request.actor, relay_id)
    wanted, to = request.POST.get("acte", ""), ("channels:task", relay_id)
    if wanted == "prendre":
        mending.take_task(actor=request.actor, task_id=relay_id)
        return done(request, to=to, say="Vous vous en occupez : les autres le voient.")
    if wanted == "rejouer":
        count = mending.replay_all(actor=request.actor, task_id=relay_id)
        return done(request, to=to, say=f"{count} message(s) remis en route, dans leur ordre.")
    if wanted == "rejouer-un":
        kind = Delivery if request.POST.get("nature") == "remise" else Passage
        try:
            wanted_id = UUID(request.POST.get("message", ""))
        except ValueError:
            return page(request, "channels/task.html", _context(request, relay_id), status=422)
        mending.replay(actor=request.actor, kind=kind, stopped_id=wanted_id)
        return done(request, to=to, say="Message remis en route.")
    form = ReasonForm(request.POST, label="Pourquoi abandonner ces messages ?")
    if wanted != "abandonner" or not form.is_valid():
        return page(request, "channels/task.html", _context(request, relay_id, form), status=422)
    count = mending.abandon_all(actor=request.actor, task_id=relay_id, reason=form.cleaned_data["motif"])
    return done(request, to=to, say=f"{count} message(s) abandonné(s), avec ce motif.")


@require_safe
@requires(P.VIEW)
def desk_list(request: Any) -> HttpResponse:
    """Which desk mends what; the agency chooses."""
    rules = desks.rules()
    rows = [(reason, desks.LABELS[reason], desks.DESKS[code]) for reason, code in rules.items()]
    agency = mender()
    return page(
        request, "channels/desks.html",
        {"rows": rows, "columns": DESK_COLUMNS, "desks": list(desks.DESKS.values()), "may_choose": bool(agency and request.actor.can(P.APPROVE, agency))},
    )  # fmt: skip


@require_POST
@requires(P.APPROVE)
def choose_desk(request: Any) -> HttpResponse:
    mending.choose_desk(actor=request.actor, reason=request.POST.get("motif", ""), desk=request.POST.get("bureau", ""))
    return done(request, to="channels:desks", say="Bureau enregistré : il vaut pour les prochains messages.")
