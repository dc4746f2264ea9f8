from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maison.foundations.access import requires, signed_in
from maison.foundations.errors import NotFound
from maison.registries.facilities.selectors import sheet_of as facility_of
from maison.registries.professionals.selectors import sheet_of as professional_of
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

from . import actions, selectors
from .forms import AnomalyFilter, AssignForm, EndForm, SignalForm
from .models import Anomaly
from .permissions import P
from .rules import rule_named

SCORES, ANOMALIES, ANOMALY, SIGNAL, MINE = (
    f"quality/{name}.html" for name in ("scores", "anomalies", "anomaly", "signal", "mine")
)
RULE_COLUMNS = [Column("Règle"), Column("Gravité", wide=True), Column("En défaut", numeric=True), Column("Conformes", numeric=True, wide=True)]  # fmt: skip
COLUMNS = [Column("Fiche"), Column("Constat"), Column("À corriger par", wide=True), Column("Ouverte")]
MINE_COLUMNS = [Column("Fiche"), Column("Votre signalement"), Column("Réponse")]
KINDS = {"structure": facility_of, "professionnel": professional_of}


@require_GET
@requires(P.VIEW_QUALITY)
def scores(request: Any) -> HttpResponse:
    return page(request, SCORES, {"registries": selectors.scores(), "columns": RULE_COLUMNS})


def _asked(request: Any) -> tuple[AnomalyFilter, dict[str, str]]:
    form = AnomalyFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    return form, {"registry": asked.get("repertoire", ""), "rule": asked.get("regle", ""), "state": asked.get("etat", "")}  # fmt: skip


@require_GET
@requires(P.VIEW_QUALITY)
def anomalies(request: Any) -> HttpResponse:
    form, asked = _asked(request)
    rows = page_of(request, selectors.anomalies(request.actor, **asked))
    return page(request, ANOMALIES, {"form": form, "page": rows, "columns": COLUMNS}, part="rows")


@require_GET
@requires(P.VIEW_QUALITY)
def export(request: Any) -> HttpResponse:
    _, asked = _asked(request)
    rows = selectors.anomalies(request.actor, **asked).values_list("rule", "registry", "label", "detail", "owner", "state", "opened_at")  # fmt: skip
    return csv_response("anomalies.csv", ["Règle", "Répertoire", "Fiche", "Constat", "À corriger par", "État", "Ouverte le"], rows.iterator())  # fmt: skip


def _found(request: Any, anomaly_id: UUID) -> Anomaly:
    found = Anomaly.objects.visible_to(request.actor).filter(id=anomaly_id).first()
    if found is None:
        raise NotFound
    return found


def _context(request: Any, anomaly_id: UUID, **forms: Any) -> dict[str, Any]:
    found = _found(request, anomaly_id)
    alive = found.state in Anomaly.ALIVE and request.actor.can(P.MEND)
    return {
        "anomaly": found, "rule": rule_named(found.rule, found.registry),
        "assign_form": forms.get("assign_form") or (AssignForm(initial={"owner": found.owner}) if alive else None),
        "end_form": forms.get("end_form") or (EndForm() if alive else None),
    }  # fmt: skip


@require_GET
@requires(P.VIEW_QUALITY)
def anomaly(request: Any, anomaly_id: UUID) -> HttpResponse:
    return page(request, ANOMALY, _context(request, anomaly_id))


@require_POST
@requires(P.MEND)
def assign(request: Any, anomaly_id: UUID) -> HttpResponse:
    form = AssignForm(request.POST)
    if not form.is_valid():
        return page(request, ANOMALY, _context(request, anomaly_id, assign_form=form), status=422)
    actions.assign(actor=request.actor, anomaly_id=anomaly_id, **form.cleaned_data)
    return done(request, to="quality:anomalies", say="Anomalie assignée.")


@require_POST
@requires(P.MEND)
def end(request: Any, anomaly_id: UUID) -> HttpResponse:
    form = EndForm(request.POST)
    if not form.is_valid():
        return page(request, ANOMALY, _context(request, anomaly_id, end_form=form), status=422)
    actions.end(actor=request.actor, anomaly_id=anomaly_id, **form.cleaned_data)
    return done(request, to="quality:anomalies", say="Anomalie terminée : la réponse est visible de qui l'a signalée.")


@require_http_methods(["GET", "POST"])
@signed_in("Tout professionnel peut signaler une erreur dans un répertoire public.")
def signal(request: Any, kind: str, target_id: UUID) -> HttpResponse:
    reader = KINDS.get(kind)
    target = reader(target_id) if reader else None
    if target is None:
        raise NotFound
    form = SignalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.signal(actor=request.actor, kind=kind, target_id=target_id, label=str(target), **form.cleaned_data)
        return done(request, to="quality:mine", say="Erreur signalée au gestionnaire des répertoires.")
    status = 422 if request.method == "POST" else 200
    return page(request, SIGNAL, {"form": form, "target": target, "kind": kind}, status=status)


@require_GET
@signed_in("Chacun lit ce qu'il a signalé et la réponse qu'il a reçue.")
def mine(request: Any) -> HttpResponse:
    rows = Anomaly.objects.filter(signalled_by=request.actor.subject).order_by("-opened_at")
    return page(request, MINE, {"page": page_of(request, rows), "columns": MINE_COLUMNS})
