"""One service: what it is, open it, keep it at hand, ask to be let in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from maison.foundations.access import Actor, public, signed_in
from maison.services.portal import actions, selectors
from maison.services.portal.forms import AccessRequestForm
from maison.ui.pages import done, fresh, page

SERVICE = "portal/service.html"


def _sheet(request: HttpRequest, code: str, form: AccessRequestForm | None = None) -> dict[str, Any]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = selectors.service_sheet(actor, code)
    return {
        "sheet": sheet,
        "entry": sheet.entry,
        "service": sheet.entry.service,
        "form": form or AccessRequestForm(roles=sheet.roles),
    }


@require_safe
@public("Un service sans règle s'explique à tous ; les autres répondent « introuvable » à qui ne les voit pas.")
def service(request: HttpRequest, code: str) -> HttpResponse:
    return page(request, SERVICE, _sheet(request, code))


@require_safe
@signed_in("L'action vérifie que le service est ouvert à la personne, et compte l'ouverture.")
def open_service(request: HttpRequest, code: str) -> HttpResponse:
    address = actions.open_service(actor=request.actor, code=code)  # type: ignore[attr-defined]
    return fresh(HttpResponseRedirect(address))


@require_POST
@signed_in("Chacun garde à portée les services qu'il voit.")
def favourite(request: HttpRequest, code: str) -> HttpResponse:
    kept = request.POST.get("garder") == "1"
    actions.set_favourite(actor=request.actor, code=code, kept=kept)  # type: ignore[attr-defined]
    context = _sheet(request, code)
    return done(
        request, SERVICE, context, part="keep", to=("portal:service", code),
        say="Gardé à portée sur votre accueil." if kept else "Retiré de votre accueil.",
    )  # fmt: skip


@require_POST
@signed_in("Demander n'exige aucun droit : c'est la demande qui en donnera.")
def ask(request: HttpRequest, code: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sheet = selectors.service_sheet(actor, code)
    form = AccessRequestForm(request.POST, roles=sheet.roles)
    if not form.is_valid():
        return page(request, SERVICE, _sheet(request, code, form), part="ask", status=422)
    asked = actions.submit_request(
        actor=actor, code=code, role_code=form.cleaned_data["role"], justification=form.cleaned_data["justification"]
    )
    return done(
        request, to=("portal:request", asked.id),
        say="Demande envoyée à l'administrateur de votre structure.",
    )  # fmt: skip
