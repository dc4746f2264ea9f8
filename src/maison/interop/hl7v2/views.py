"""The sheets of software that sends by MLLP and of targets: declare, change, close, open again, try the line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maison.foundations.access import requires
from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError, Forbidden, NotFound
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import Client, Door, everywhere
from maison.interop.exchanges.permissions import P
from maison.ui.freshness import Freshness
from maison.ui.pages import done, page

from . import declarations, declared, trying
from . import targets as target_acts
from .forms import ReasonForm, SenderForm, TargetForm, initial_of_sender, initial_of_target
from .models import Target

SENDER, TARGET, FORM = "hl7v2/sender.html", "hl7v2/target.html", "hl7v2/form.html"

FRESH_FOR, STALE_AFTER = timedelta(hours=1), timedelta(hours=24)


def _structures(actor: Actor) -> list[Structure]:
    """Where the actor may declare software."""
    held = actor.structures_with(P.MANAGE_CLIENTS)
    rows = Structure.objects.open().exclude(kind=Structure.Kind.SERVICE)
    return list(rows if everywhere(held) else rows.filter(id__in=held))


def _may(actor: Actor, structure_id: UUID) -> bool:
    held = actor.structures_with(P.MANAGE_CLIENTS)
    return structure_id in held or everywhere(held)


def _add(form: Any, error: ValidationError | BusinessError) -> None:
    """What the model or the act refuses, in the summary of the form."""
    if isinstance(error, BusinessError):
        form.add_error(None, error.text)
        return
    for message in error.messages:
        form.add_error(None, message)


# -- software that sends


@require_GET
@requires(P.VIEW)
def sender(request: Any, client_id: UUID) -> HttpResponse:
    return page(request, SENDER, _sender(request, declarations.access_sender(request.actor, client_id)))


def _sender(request: Any, client: Client, form: ReasonForm | None = None) -> dict[str, Any]:
    profile, facts = declarations.profile_of(client), declared.heard(client)
    host = request.get_host().rpartition(":")[0] or request.get_host()
    return {
        "client": client,
        "opened": client.opens(Door.MLLP),
        "fresh": Freshness(facts.last_at, "porte MLLP", FRESH_FOR, STALE_AFTER),
        "facts": facts,
        "expected": declared.expectations(profile),
        "ports": declared.listening(),
        "host": host,
        "history": declared.history_of("exchanges.client", client.id),
        "may_manage": _may(request.actor, client.structure_id),
        "form": form or ReasonForm(),
        "bench": reverse("conformance:bench"),
    }


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_CLIENTS)
def new_sender(request: Any) -> HttpResponse:
    return _edit_sender(request, None)


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_CLIENTS)
def edit_sender(request: Any, client_id: UUID) -> HttpResponse:
    return _edit_sender(request, declarations.access_sender(request.actor, client_id, manage=True))


def _edit_sender(request: Any, client: Client | None) -> HttpResponse:
    initial = initial_of_sender(client, declarations.profile_of(client)) if client else None
    form = SenderForm(
        request.POST if request.method == "POST" else None, structures=_structures(request.actor), found=client, initial=initial,
        targets=Target.objects.within(request.actor, P.MANAGE_CLIENTS),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            saved = declarations.declare_sender(actor=request.actor, **form.declared())
        except (Forbidden, NotFound):
            raise
        except (ValidationError, BusinessError) as error:
            _add(form, error)
        else:
            return done(
                request, to=("hl7v2:sender", saved.id), say="Émetteur enregistré : il est reconnu dès maintenant."
            )
    title = f"Modifier {client.name}" if client else "Déclarer un émetteur HL7v2"
    lead = "Un logiciel d'établissement qui envoie ses messages à la maison par MLLP."
    back = reverse("hl7v2:sender", args=[client.id]) if client else reverse("exchanges:clients")
    context = {
        "form": form,
        "title": title,
        "lead": lead,
        "back": back,
        "verb": "Enregistrer" if client else "Déclarer",
    }
    return page(request, FORM, context, status=422 if request.method == "POST" else 200)


@require_POST
@requires(P.MANAGE_CLIENTS)
def switch_sender(request: Any, client_id: UUID) -> HttpResponse:
    """Shut the door to it, with a reason; or open it again."""
    client = declarations.access_sender(request.actor, client_id, manage=True)
    if request.POST.get("ouvrir"):
        declarations.switch_sender(actor=request.actor, client_id=client_id, opened=True)
        return done(request, to=("hl7v2:sender", client_id), say="La porte MLLP est rouverte à ce logiciel.")
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, SENDER, _sender(request, client, form), status=422)
    declarations.switch_sender(
        actor=request.actor, client_id=client_id, opened=False, reason=form.cleaned_data["motif"]
    )
    return done(
        request,
        to=("hl7v2:sender", client_id),
        say="La porte MLLP est fermée à ce logiciel : ses messages sont refusés (AR).",
    )


# -- targets


@require_GET
@requires(P.VIEW)
def target(request: Any, target_id: UUID) -> HttpResponse:
    return page(request, TARGET, _target(request, target_acts.access_target(request.actor, target_id)))


def _target(request: Any, found: Target, form: ReasonForm | None = None) -> dict[str, Any]:
    facts = declared.reached([found.code])[found.code]
    return {
        "target": found,
        "facts": facts,
        "fresh": Freshness(facts.last_at, "acquittements de la cible", FRESH_FOR, STALE_AFTER),
        "history": declared.history_of("hl7v2.target", found.id),
        "may_manage": _may(request.actor, found.structure_id),
        "form": form or ReasonForm(),
        "journal": f"{reverse('exchanges:journal')}?texte={found.code}",
    }


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_CLIENTS)
def new_target(request: Any) -> HttpResponse:
    return _edit_target(request, None)


@require_http_methods(["GET", "POST"])
@requires(P.MANAGE_CLIENTS)
def edit_target(request: Any, target_id: UUID) -> HttpResponse:
    return _edit_target(request, target_acts.access_target(request.actor, target_id, manage=True))


def _edit_target(request: Any, found: Target | None) -> HttpResponse:
    form = TargetForm(
        request.POST if request.method == "POST" else None, structures=_structures(request.actor), found=found,
        initial=initial_of_target(found) if found else None,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            saved = target_acts.register_target(actor=request.actor, **form.declared())
        except (Forbidden, NotFound):
            raise
        except (ValidationError, BusinessError) as error:
            _add(form, error)
        else:
            return done(
                request, to=("hl7v2:target", saved.id), say="Cible enregistrée : essayez maintenant la connexion."
            )
    title = f"Modifier {found.name}" if found else "Déclarer une cible HL7v2"
    lead = "Un logiciel d'établissement à qui la maison envoie des messages par MLLP."
    back = reverse("hl7v2:target", args=[found.id]) if found else reverse("exchanges:clients")
    context = {"form": form, "title": title, "lead": lead, "back": back, "verb": "Enregistrer" if found else "Déclarer"}
    return page(request, FORM, context, status=422 if request.method == "POST" else 200)


@require_POST
@requires(P.MANAGE_CLIENTS)
def switch_target(request: Any, target_id: UUID) -> HttpResponse:
    found = target_acts.access_target(request.actor, target_id, manage=True)
    if request.POST.get("ouvrir"):
        target_acts.switch_target(actor=request.actor, target_id=target_id, active=True)
        return done(request, to=("hl7v2:target", target_id), say="La cible est rouverte.")
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, TARGET, _target(request, found, form), status=422)
    target_acts.switch_target(actor=request.actor, target_id=target_id, active=False, reason=form.cleaned_data["motif"])
    return done(request, to=("hl7v2:target", target_id), say="La cible est fermée : plus rien ne part vers elle.")


@require_POST
@requires(P.MANAGE_CLIENTS)
def try_target(request: Any, target_id: UUID) -> HttpResponse:
    """Open the line and close it: nothing is sent. The network is outside any transaction."""
    found = target_acts.access_target(request.actor, target_id, manage=True)
    outcome = trying.try_target(found)
    target_acts.record_try(actor=request.actor, target_id=target_id, outcome=outcome)
    return done(request, to=("hl7v2:target", target_id), say=trying.words_of(outcome, found))
