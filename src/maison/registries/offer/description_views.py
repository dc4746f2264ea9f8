"""Offers: the directory, the sheet, the description by the structure and the control by the regional manager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maison.foundations.access import requires, signed_in
from maison.foundations.structures.models import Structure
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

from .access import access_offer
from .actions import describing
from .actions.describing import ContactSaid
from .forms import ContactsForm, DescriptionForm, JudgeForm, NewOfferForm, OfferFilter, StepForm
from .models import Offer, Version
from .permissions import P
from .selectors import beds
from .selectors import offers as selectors

OFFERS, OFFER, DESCRIBE = (f"offer/{name}.html" for name in ("offers", "offer", "describe"))
WHY = "Le répertoire des offres est lu par tous les professionnels ; les unités sensibles en sont absentes."
COLUMNS = [Column("Offre"), Column("Établissement"), Column("Lits suivis", wide=True), Column("État")]
MOST_STRUCTURES = 60
DIRECT, DESK = "Ligne directe", "Secrétariat"


def _asked(request: Any) -> tuple[OfferFilter, dict[str, str]]:
    form = OfferFilter(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    return form, {"words": said.get("q", ""), "state": said.get("etat", ""), "department": said.get("departement", "")}


@require_GET
@signed_in(WHY)
def offers(request: Any) -> HttpResponse:
    form, asked = _asked(request)
    rows = page_of(request, selectors.offers(request.actor, **asked))
    context = {"form": form, "page": rows, "columns": COLUMNS, "may_describe": request.actor.can(P.DESCRIBE)}
    return page(request, OFFERS, context, part="rows")


@require_GET
@signed_in(WHY)
def export(request: Any) -> HttpResponse:
    _, asked = _asked(request)
    rows = (
        [one.identifier, one.name, one.site.name, one.site.finess, one.site.department, one.get_bed_kind_display(), one.get_state_display(), moment(one.updated_at)]
        for one in selectors.offers(request.actor, **asked)
    )  # fmt: skip
    return csv_response("offres.csv", ["Identifiant", "Offre", "Établissement", "FINESS", "Département", "Lits suivis", "État", "Mise à jour"], rows)  # fmt: skip


def _context(request: Any, found: Offer) -> dict[str, Any]:
    versions = selectors.versions_of(request.actor, found)
    pending = next((one for one in versions if one.state in Version.PENDING), None)
    shown = next((one for one in versions if one.state == Version.State.PUBLISHED), pending)
    (row,) = beds.units(request.actor, [found])
    describes = request.actor.can(P.DESCRIBE, found.structure_id)
    open_states = (Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW)
    return {
        "offer": found, "version": shown, "coded": selectors.coded_fields(shown) if shown else [], "pending": pending,
        "versions": versions, "contacts": row.contacts, "is_recent": selectors.is_recent(found),
        "may_describe": describes, "may_judge": request.actor.can(P.VALIDATE), "is_open": found.state in open_states,
        "may_amend": describes and found.state != Offer.State.CLOSED and (pending is None or pending.state in ("brouillon", "a_corriger")),
        "site_closed": selectors.to_close(Offer.objects.filter(id=found.id)).exists(),
    }  # fmt: skip


@require_GET
@signed_in(WHY)
def offer(request: Any, offer_id: UUID) -> HttpResponse:
    return page(request, OFFER, _context(request, access_offer(request.actor, offer_id)))


def _structures(request: Any) -> list[tuple[str, str]]:
    held = request.actor.structures_with(P.DESCRIBE)
    rows = Structure.objects.open().filter(id__in=held, kind__in=(Structure.Kind.SITE, Structure.Kind.SERVICE))
    return [(str(one.id), one.name) for one in rows.order_by("name", "id")[:MOST_STRUCTURES]]


@require_http_methods(["GET", "POST"])
@requires(P.DESCRIBE)
def describe(request: Any) -> HttpResponse:
    form = NewOfferForm(request.POST or None, structures=_structures(request))
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        made = describing.describe_offer(actor=request.actor, structure_id=UUID(said.pop("structure")), **said)
        return done(
            request, to=("offer:offer", made.id), say="Brouillon enregistré. Soumettez-le quand il est complet."
        )
    return page(request, DESCRIBE, {"form": form}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@requires(P.DESCRIBE)
def amend(request: Any, offer_id: UUID) -> HttpResponse:
    found = access_offer(request.actor, offer_id, P.DESCRIBE)
    last = found.versions.order_by("-number").first()
    initial = {name: getattr(last, name) for name in describing.DESCRIBED} if last else {}
    form = DescriptionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        version = describing.amend_offer(actor=request.actor, offer_id=offer_id, **form.cleaned_data)
        say = "Modification soumise : l'offre reste telle quelle jusqu'à sa publication." if version.state == Version.State.SUBMITTED else "Brouillon enregistré."  # fmt: skip
        return done(request, to=("offer:offer", offer_id), say=say)
    return page(request, DESCRIBE, {"form": form, "offer": found}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@requires(P.DESCRIBE)
def contacts(request: Any, offer_id: UUID) -> HttpResponse:
    found = access_offer(request.actor, offer_id, P.DESCRIBE)
    known = {one.label: one for one in found.contacts.all()}
    direct, desk = known.get(DIRECT), known.get(DESK)
    initial = {
        "hours": found.hours, "direct": direct.phone if direct else "", "direct_level": direct.level if direct else 2,
        "desk": desk.phone if desk else "", "desk_level": desk.level if desk else 1,
    }  # fmt: skip
    form = ContactsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        lines = [(DIRECT, said["direct"], said["direct_level"]), (DESK, said["desk"], said["desk_level"])]
        others = [
            ContactSaid(one.label, one.phone, one.level) for one in known.values() if one.label not in (DIRECT, DESK)
        ]
        told = [*others, *(ContactSaid(label, phone, level) for label, phone, level in lines if phone)]
        describing.set_contacts(actor=request.actor, offer_id=offer_id, hours=said["hours"], contacts=told)
        return done(request, to=("offer:offer", offer_id), say="Contacts et horaires à jour, sans nouvelle version.")
    return page(request, DESCRIBE, {"form": form, "offer": found, "of_contacts": True}, status=422 if request.method == "POST" else 200)  # fmt: skip


@require_POST
@requires(P.DESCRIBE)
def step(request: Any, offer_id: UUID) -> HttpResponse:
    found = access_offer(request.actor, offer_id, P.DESCRIBE)
    form = StepForm(request.POST)
    if not form.is_valid():
        return page(request, OFFER, _context(request, found), status=422)
    if form.cleaned_data["what"] == "soumettre":
        describing.submit_offer(actor=request.actor, offer_id=offer_id)
        return done(request, to=("offer:offer", offer_id), say="Offre soumise au gestionnaire régional.")
    describing.confirm_unchanged(actor=request.actor, offer_id=offer_id)
    return done(request, to=("offer:offer", offer_id), say="Description confirmée à ce jour.")


@require_POST
@requires(P.VALIDATE)
def judge(request: Any, offer_id: UUID) -> HttpResponse:
    found = access_offer(request.actor, offer_id, P.VALIDATE)
    form = JudgeForm(request.POST)
    if not form.is_valid():
        return page(request, OFFER, _context(request, found), status=422)
    actor, reason = request.actor, form.cleaned_data["reason"]
    acts: dict[str, tuple[Callable[[], Any], str]] = {
        "valider": (lambda: describing.validate_offer(actor=actor, offer_id=offer_id), "Version validée. Publiez-la pour qu'elle soit vue."),
        "renvoyer": (lambda: describing.send_back(actor=actor, offer_id=offer_id, remark=reason), "Version renvoyée à corriger."),
        "publier": (lambda: describing.publish_offer(actor=actor, offer_id=offer_id), "Offre publiée."),
        "fermer_pro": (lambda: describing.close_offer(actor=actor, offer_id=offer_id, for_good=False, reason=reason), "Offre fermée provisoirement."),
        "fermer_def": (lambda: describing.close_offer(actor=actor, offer_id=offer_id, for_good=True, reason=reason), "Offre fermée définitivement."),
        "rouvrir": (lambda: describing.reopen_offer(actor=actor, offer_id=offer_id), "Offre rouverte."),
    }  # fmt: skip
    act, say = acts[form.cleaned_data["what"]]
    act()
    return done(request, to=("offer:offer", offer_id), say=say)
