"""The steward's workbench: what waits, pairs with their comparison, decisions and their undoing; domains."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maison.foundations import audit
from maison.foundations.access import requires
from maison.foundations.errors import NotFound
from maison.registries.identity import selectors
from maison.registries.identity.actions import linking, merging
from maison.registries.identity.actions import work as work_actions
from maison.registries.identity.banners import banner_of, place_names
from maison.registries.identity.domains import check_domain
from maison.registries.identity.forms import DecisionForm, DomainForm, ReasonForm, WorkFilterForm
from maison.registries.identity.models import Domain, Pair
from maison.registries.identity.permissions import P
from maison.registries.identity.srir.side_by_side import lines_of
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

WORK, PAIR, DOMAINS, DOMAIN = (f"identity/{name}.html" for name in ("work", "pair", "domains", "domain"))
WORK_COLUMNS = [
    Column("Raison"),
    Column("Patient"),
    Column("Établissement", wide=True),
    Column("Agir", hidden_label=True),
]
PAIR_COLUMNS = [Column("Deux identités"), Column("Avis du calcul", wide=True), Column("Proposé")]
DOMAIN_COLUMNS = [Column("Domaine"), Column("Établissement", wide=True), Column("INS")]
PAIRS_SHOWN = 5


@require_safe
@requires(P.WORK)
def work(request: Any) -> HttpResponse:
    form = WorkFilterForm(request.GET)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    rows = page_of(request, selectors.work_rows(request.actor, reason), per_page=12)
    selectors.with_banners(list(rows), "identity", "other")
    pairs = selectors.pair_rows(request.actor)
    shown = list(pairs[:PAIRS_SHOWN]) if not reason else []
    selectors.with_banners(shown, "one", "other")
    audit.record(
        request.actor, "identity.work_read", details={"shown": [str(row.identity_id) for row in rows], "pairs": [str(one.id) for one in shown]}
    )  # fmt: skip
    context = {
        "form": form, "page": rows, "columns": WORK_COLUMNS, "pairs": shown, "pair_count": pairs.count() if not reason else 0,
        "pair_columns": PAIR_COLUMNS, "counts": selectors.work_counts(request.actor),
    }  # fmt: skip
    return page(request, WORK, context, part="list")


@require_safe
@requires(P.WORK)
def work_export(request: Any) -> HttpResponse:
    """Without names: reasons, ages and numbers of sheets."""
    rows = (
        [row.get_reason_display(), row.structure.name, f"{row.at:%Y-%m-%d %H:%M}", row.times, str(row.identity_id)]
        for row in selectors.work_rows(request.actor).iterator(200)
    )
    return csv_response("identites-a-traiter.csv", ["Raison", "Établissement", "Depuis", "Répétitions", "Fiche"], rows)


@require_POST
@requires(P.WORK)
def close(request: Any, work_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    decision = form.cleaned_data["reason"] if form.is_valid() else ""
    work_actions.close_work(actor=request.actor, work_id=work_id, decision=decision)
    return done(request, to="identity:work", say="Tâche close.")


@require_safe
@requires(P.WORK)
def pair(request: Any, pair_id: UUID) -> HttpResponse:
    return _pair(request, linking.access_pair(request.actor, pair_id), DecisionForm())


def _pair(request: Any, found: Pair, form: DecisionForm, status: int = 200) -> HttpResponse:
    for one in (found.one, found.other):
        audit.record(
            request.actor, "identity.read", target=("identity.identity", one.id), patient=one.id, structure=one.domain.structure_id
        )  # fmt: skip
    places = place_names({found.one.birth_place, found.other.birth_place})
    both_qualified = found.one.is_qualified and found.other.is_qualified
    context = {
        "pair": found, "form": form, "lines": lines_of(found), "summary": found.explanation.get("summary", ""), "same_domain": found.one.domain_id == found.other.domain_id,
        "sides": [(one, banner_of(one, places)) for one in (found.one, found.other)], "both_qualified": both_qualified,
        "waits_for_other": found.state == Pair.State.SECONDED and found.first_decided_by == request.actor.subject,
    }  # fmt: skip
    return page(request, PAIR, context, status=status)


@require_POST
@requires(P.WORK)
def decide(request: Any, pair_id: UUID) -> HttpResponse:
    found = linking.access_pair(request.actor, pair_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _pair(request, found, form, status=422)
    made = linking.decide(actor=request.actor, pair_id=pair_id, **form.cleaned_data)
    words = {
        Pair.State.SECONDED: "Décision enregistrée : une seconde personne doit la confirmer.",
        Pair.State.REJECTED: "Deux personnes : cette paire ne sera plus proposée tant que leurs traits ne changent pas.",
    }
    return done(request, to="identity:work", say=words.get(Pair.State(made.state), "Décision enregistrée."))


@require_POST
@requires(P.STEWARD)
def undo_merge(request: Any, merge_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    found = merging.undo_merge(actor=request.actor, merge_id=merge_id, reason=reason)
    return done(request, to=("identity:sheet", found.gone_id), say="Fusion annulée : les deux identités sont revenues.")


@require_POST
@requires(P.REGION)
def unlink(request: Any, link_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    found = linking.unlink(actor=request.actor, link_id=link_id, reason=reason)
    return done(request, to=("identity:sheet", found.one_id), say="Rapprochement rompu.")


@require_safe
@requires(P.REGION)
def domains(request: Any) -> HttpResponse:
    rows = page_of(request, Domain.objects.select_related("structure").order_by("is_trusted", "name", "id"))
    return page(request, DOMAINS, {"page": rows, "columns": DOMAIN_COLUMNS})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REGION)
def domain(request: Any, domain_id: UUID) -> HttpResponse:
    found = Domain.objects.select_related("structure").filter(id=domain_id).first()
    if found is None:
        raise NotFound
    initial = {"name": found.name, "contact": found.contact, "is_trusted": found.is_trusted}
    form = DomainForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        check_domain(actor=request.actor, domain_id=domain_id, **form.cleaned_data)
        return done(request, to="identity:domains", say="Domaine enregistré.")
    return page(request, DOMAIN, {"domain": found, "form": form}, status=422 if request.method == "POST" else 200)
