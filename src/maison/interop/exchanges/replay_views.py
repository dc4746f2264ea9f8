"""Replay with a dry run first, and the search of a patient's messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from maison.foundations.access import requires
from maison.ui.components import Column
from maison.ui.french import count
from maison.ui.pages import done, page

from . import actions, blind_index
from .forms import PatientSearchForm
from .permissions import P
from .words import words_of

REHEARSAL, PATIENT = "exchanges/rehearsal.html", "exchanges/patient.html"
COLUMNS = [Column("Message"), Column("Aujourd'hui"), Column("S'il était rejoué"), Column("Ce qui changerait")]


def _chosen(request: Any) -> list[UUID]:
    found = []
    for text in request.POST.getlist("echange")[: actions.LARGEST_SELECTION]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@require_POST
@requires(P.MEND)
def rehearse(request: Any) -> HttpResponse:
    """What replaying these messages would change; nothing is done."""
    told = actions.rehearse_all(actor=request.actor, exchange_ids=_chosen(request))
    rows = [
        (one, words_of(one.exchange.fault_code), words_of(one.fault_code) if one.fault_code else "") for one in told
    ]
    context = {
        "rows": rows,
        "columns": COLUMNS,
        "replayable": [one.exchange.id for one in told if one.exchange.is_replayable],
        "useless": sum(one.changes_nothing for one in told),
    }
    return page(request, REHEARSAL, context, status=200 if told else 422)


@require_POST
@requires(P.MEND)
def replay_selection(request: Any) -> HttpResponse:
    replayed, left = actions.replay_all(actor=request.actor, exchange_ids=_chosen(request))
    say = f"{count(len(replayed), 'message')} dans la file : la reprise suit."
    if left:
        say += f" {count(len(left), 'message')} laissé de côté : {left[0][1].text}"
    return done(request, to="exchanges:journal", say=say)


@require_GET
@requires(P.READ_PAYLOAD)
def patient(request: Any) -> HttpResponse:
    return page(request, PATIENT, {"form": PatientSearchForm()})


@require_POST
@requires(P.READ_PAYLOAD)
def find_patient(request: Any) -> HttpResponse:
    """From what a person typed to blind keys: only these are in the address."""
    form = PatientSearchForm(request.POST)
    if not form.is_valid():
        return page(request, PATIENT, {"form": form}, status=422)
    found = form.cleaned_data
    keys = {
        "patient": blind_index.patient_key(found["domaine"], found["ipp"]),
        "venue": blind_index.visit_key(found["domaine"], found["venue"]),
    }
    actions.trace_patient_search(actor=request.actor, key=keys["patient"] or keys["venue"])
    query = urlencode({name: key for name, key in keys.items() if key} | {"periode": "0"})
    return HttpResponseRedirect(f"{reverse('exchanges:journal')}?{query}", status=303)
