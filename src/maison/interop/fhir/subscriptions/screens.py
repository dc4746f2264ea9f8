"""Subscriptions as those who look after the exchanges see them: who is told of what, who no longer answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations import audit, relay
from maison.foundations.access import requires
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.relay.models import Relay
from maison.interop.exchanges.models import everywhere
from maison.interop.fhir.permissions import P
from maison.ui.components import Column, TrailStep
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

from . import acts, desk, lifecycle, topics, watching
from .models import Notice, Subscription

COLUMNS = [Column("Logiciel"), Column("Est prévenu de"), Column("État"), Column("24 h", numeric=True), Column("Attente", numeric=True),
           Column("Dernière remise")]  # fmt: skip
EVENT_COLUMNS = [Column("Numéro"), Column("Remis"), Column("Changement"), Column("Quand")]
CHANGES = {"POST": "Création", "PUT": "Modification", "DELETE": "Suppression"}
Status = Subscription.Status


def _about(row: Subscription) -> str:
    topic = topics.topics().get(row.topic)
    return topic.title if topic is not None else f"Recherche : {row.resource_type}"


def _dressed(rows: Any) -> Any:
    counted = watching.recent(rows)
    for row in rows:
        row.word, row.kind = watching.state_of(row)
        row.about, row.recent = _about(row), counted.get(row.id, 0)
    return rows


def _rows(actor: Actor, wanted: str) -> Any:
    """Those that do not go well first; those deleted are no longer shown."""
    rows = (
        Subscription.objects.visible_to(actor)
        .filter(deleted_at=None)
        .select_related("client", "client__structure")
        .defer("body")
    )
    if wanted:
        rows = rows.filter(client__name__icontains=wanted) | rows.filter(resource_type__icontains=wanted)
    order = {Status.ERROR: 0, Status.REQUESTED: 1, Status.ACTIVE: 2, Status.OFF: 3}
    return sorted(rows, key=lambda row: (not row.is_mute, order[Status(row.status)], row.client.name))  # fmt: skip


@require_safe
@requires(P.VIEW_SUBSCRIPTIONS)
def subscription_list(request: Any) -> HttpResponse:
    wanted = request.GET.get("texte", "").strip()
    rows = _dressed(page_of(request, _rows(request.actor, wanted)))
    return page(request, "fhir/subscriptions.html", {"page": rows, "columns": COLUMNS, "wanted": wanted}, part="rows")


@require_safe
@requires(P.VIEW_SUBSCRIPTIONS)
def export(request: Any) -> HttpResponse:
    rows = _dressed(_rows(request.actor, request.GET.get("texte", "").strip()))
    return csv_response(
        "abonnements.csv", ["Logiciel", "Structure", "Type", "Sujet", "État", "Contenu", "Machine", "Événements", "En attente", "Dernière remise"],
        ([row.client.name, row.client.structure.name, row.resource_type, row.about, row.word, row.get_content_display(), watching.place(row.endpoint),
          row.numbered, row.waiting, moment(row.last_ok_at) if row.last_ok_at else ""] for row in rows),
    )  # fmt: skip


def access_subscription(actor: Actor, pk: UUID, *, lock: bool = False) -> Subscription:
    """The subscription, if the actor may see it; `lock`: if the actor may mend it. Unseen: NotFound."""
    rows = Subscription.objects.visible_to(actor).select_related("client", "client__structure").filter(pk=pk)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotFound
    if lock and not may_mend(actor, row):
        raise Forbidden(f"Il faut : « {P.MEND_SUBSCRIPTIONS.label} ».", permission=P.MEND_SUBSCRIPTIONS.code)
    return row


def may_mend(actor: Actor, row: Subscription) -> bool:
    held = actor.structures_with(P.MEND_SUBSCRIPTIONS)
    return everywhere(held) or row.client.structure_id in held


@require_safe
@requires(P.VIEW_SUBSCRIPTIONS)
def detail(request: Any, pk: UUID) -> HttpResponse:
    row = access_subscription(request.actor, pk)
    _dressed([row])
    notices = page_of(request, Notice.objects.filter(subscription=row).order_by("-number"))
    for notice in notices:
        notice.change, notice.taken = CHANGES[notice.method], notice.number <= row.sent
    task = Relay.objects.filter(id=row.relay_id).first() if row.relay_id else None
    trail = [TrailStep(step.label, step.at, step.name) for step in relay.trail_of([task.id])[task.id]] if task else []
    return page(
        request, "fhir/subscription.html",
        {"row": row, "machine": watching.place(row.endpoint), "page": notices, "columns": EVENT_COLUMNS, "task": task, "trail": trail,
         "may_mend": may_mend(request.actor, row) and row.status != Status.OFF and row.deleted_at is None,
         "silence": watching.silence(row) if watching.state_of(row)[1] == "danger" else ""},
    )  # fmt: skip


@require_POST
@requires(P.MEND_SUBSCRIPTIONS)
def act(request: Any, pk: UUID) -> HttpResponse:
    """Take the task, try at once, or stop."""
    wanted, to = request.POST.get("acte", ""), ("subscriptions:detail", pk)
    with transaction.atomic():
        row = access_subscription(request.actor, pk, lock=True)
        if wanted == "prendre" and row.relay_id:
            relay.mark(request.actor, row.relay_id, desk.TAKEN)
            said = "Vous vous en occupez : les autres le voient."
        elif wanted == "relancer" and row.status != Status.OFF:
            acts.try_now(row)
            audit.record(request.actor, "fhir.subscription_tried", target=("fhir.Subscription", row.id), structure=row.client.structure_id)  # fmt: skip
            said = "Nouvel essai demandé : il part dans la seconde."
        elif wanted == "arreter" and row.status != Status.OFF:
            lifecycle.stop(row, lifecycle.PERSON, request.actor)
            said = "Abonnement arrêté. Le logiciel peut le redemander ; ce qui attendait partira alors."
        else:
            said = "Rien n'a été fait : l'abonnement a changé entre-temps."
    return done(request, to=to, say=said)
