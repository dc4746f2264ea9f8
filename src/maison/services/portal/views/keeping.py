"""The agency keeps the catalogue: the list, a service, its rules, its history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maison.foundations.access import Actor, requires
from maison.services.portal import actions
from maison.services.portal.access import keeping_agency, kept_service
from maison.services.portal.actions.keeping import last_number
from maison.services.portal.keeping_forms import (
    CatalogueFilter,
    KeptForm,
    NewServiceForm,
    RuleForm,
    ServiceForm,
    WithdrawForm,
)
from maison.services.portal.models import Service
from maison.services.portal.permissions import P
from maison.services.portal.selectors import keeping
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

LIST, SHEET, FORM, RULE = (f"portal/keeping/{name}.html" for name in ("list", "service", "form", "rule"))
COLUMNS = [Column("Service"), Column("État"), Column("Qui le voit"), Column("Étage"), Column("Portée")]
PREVIEW = "apercu"


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_safe
@requires(P.KEEP_CATALOGUE)
def catalogue(request: HttpRequest) -> HttpResponse:
    form = CatalogueFilter(request.GET)
    rows = page_of(request, keeping.kept_services(_actor(request), **form.asked()))
    return page(request, LIST, {"filters": form, "rows": rows, "columns": COLUMNS}, part="rows")


@require_safe
@requires(P.KEEP_CATALOGUE)
def catalogue_export(request: HttpRequest) -> HttpResponse:
    rows = keeping.kept_services(_actor(request), **CatalogueFilter(request.GET).asked())
    header = [
        "Code",
        "Nom",
        "Étage",
        "Portée",
        "Publics",
        "Adresse",
        "État",
        "Depuis",
        "Règles de visibilité",
        "Tenu par l'agence",
    ]
    return csv_response(
        "catalogue", header,
        (
            [it.code, it.name, it.get_storey_display(), it.get_scope_display(), ", ".join(it.public_labels),
             it.link or it.url_name, it.get_status_display(), it.status_since.date().isoformat(), getattr(it, "rule_count", 0),
             "oui" if it.kept_by_agency else "non"]
            for it in rows
        ),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(P.KEEP_CATALOGUE)
def add(request: HttpRequest) -> HttpResponse:
    actor = _actor(request)
    keeping_agency(actor)
    form = NewServiceForm(request.POST or None, initial={"seen": 0})
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if PREVIEW in request.POST:
            return page(request, FORM, {"form": form, "preview": _shown(Service(code=code), form)})
        actions.add_service(actor=actor, code=code, fields=form.wanted())
        return done(request, to=("portal:kept", code), say="Service ajouté. Dites maintenant qui le voit.")
    return page(request, FORM, {"form": form}, status=422 if request.method == "POST" else 200)


@require_safe
@requires(P.KEEP_CATALOGUE)
def kept(request: HttpRequest, code: str) -> HttpResponse:
    return page(request, SHEET, _sheet(request, code))


def _sheet(request: HttpRequest, code: str, form: WithdrawForm | None = None) -> dict[str, Any]:
    sheet = keeping.kept_sheet(_actor(request), code)
    return {
        "sheet": sheet,
        "service": sheet.service,
        "withdraw_form": form or WithdrawForm(initial={"seen": sheet.number}),
    }


@require_http_methods(["GET", "POST"])
@requires(P.KEEP_CATALOGUE)
def change(request: HttpRequest, code: str) -> HttpResponse:
    actor = _actor(request)
    service = kept_service(actor, code)
    initial = ServiceForm.read(service, last_number(service))
    form = ServiceForm(request.POST or None, page=bool(service.url_name), initial=initial)
    if request.method == "POST" and form.is_valid():
        if PREVIEW in request.POST:
            return page(request, FORM, {"form": form, "service": service, "preview": _shown(service, form)})
        version = actions.change_service(actor=actor, code=code, seen=form.cleaned_data["seen"], fields=form.wanted())
        return _said(request, code, version, "Service modifié.")
    status = 422 if request.method == "POST" else 200
    return page(request, FORM, {"form": form, "service": service}, status=status)


def _shown(service: Service, form: ServiceForm) -> dict[str, Any]:
    """The service as people would read it, and who they are; nothing is written."""
    rules = keeping.rules_of(service) if service.pk and not service._state.adding else []
    for name, value in form.wanted().items():
        setattr(service, name, value)
    return {"service": service, "audience": keeping.audience(rules)}


@require_http_methods(["GET", "POST"])
@requires(P.KEEP_CATALOGUE)
def rule(request: HttpRequest, code: str, rank: int) -> HttpResponse:
    """The rule of this rank, or a new one just after the last."""
    actor = _actor(request)
    service = kept_service(actor, code)
    rules = keeping.rules_of(service)
    if rank > len(rules):
        raise Http404
    known = rules[rank] if rank < len(rules) else {}
    form = RuleForm(request.POST or None, initial={**known, "seen": last_number(service)})
    context: dict[str, Any] = {"form": form, "service": service, "rank": rank, "is_new": not known}
    if request.method == "POST" and form.is_valid():
        changed = [*rules[:rank], form.rule(), *rules[rank + 1 :]]
        if PREVIEW in request.POST:
            names = keeping.rule_names()
            preview = {
                "audience": keeping.audience(changed),
                "rules": [keeping.rule_words(it, names) for it in changed],
            }
            return page(request, RULE, {**context, "preview": preview})
        version = actions.change_service(actor=actor, code=code, seen=form.cleaned_data["seen"], rules=changed)
        return _said(request, code, version, "Règle enregistrée.")
    return page(request, RULE, context, status=422 if request.method == "POST" else 200)


@require_POST
@requires(P.KEEP_CATALOGUE)
def remove_rule(request: HttpRequest, code: str, rank: int) -> HttpResponse:
    actor = _actor(request)
    rules = keeping.rules_of(kept_service(actor, code))
    if rank >= len(rules):
        raise Http404
    version = actions.change_service(
        actor=actor, code=code, seen=_seen(request), rules=[*rules[:rank], *rules[rank + 1 :]]
    )
    return _said(request, code, version, "Règle retirée.")


@require_POST
@requires(P.KEEP_CATALOGUE)
def withdraw_service(request: HttpRequest, code: str) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return page(request, SHEET, _sheet(request, code, form), status=422)
    version = actions.withdraw_service(actor=_actor(request), code=code, **form.cleaned_data)
    return _said(request, code, version, "Service retiré du catalogue.")


@require_POST
@requires(P.KEEP_CATALOGUE)
def undo(request: HttpRequest, code: str, version_id: UUID) -> HttpResponse:
    """From the history, with the version read; from the *Annuler* of a message, just after the act itself."""
    actor = _actor(request)
    seen = _seen(request) if "seen" in request.POST else keeping.number_of(kept_service(actor, code), version_id)
    actions.undo_version(actor=actor, code=code, version_id=version_id, seen=seen)
    return done(request, to=("portal:kept", code), say="L'état précédent est rétabli.")


def _seen(request: HttpRequest) -> int:
    form = KeptForm(request.POST)
    return form.cleaned_data["seen"] if form.is_valid() else -1


def _said(request: HttpRequest, code: str, version: Any, say: str) -> HttpResponse:
    if version is None:
        return done(request, to=("portal:kept", code), say="Rien n'a changé.")
    return done(request, to=("portal:kept", code), say=say, undo=("portal:undo_version", code, version.id))
