"""One identity: its sheet, its traits, the document shown, its attributes, its history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maison.formats.civil_status import SEXES, InvalidTrait
from maison.foundations.access import requires
from maison.registries.identity import selectors
from maison.registries.identity.access import may, read_identity
from maison.registries.identity.actions import acts, attributes, linking, registering
from maison.registries.identity.banners import banner_of, place_names
from maison.registries.identity.errors import DocumentNotEnough, TraitsDiffer, TraitsLocked
from maison.registries.identity.forms import (
    AttributesForm,
    ComplementaryForm,
    CorrectionForm,
    DocumentForm,
    InvalidationForm,
    ReasonForm,
)
from maison.registries.identity.models import Identity
from maison.registries.identity.permissions import P
from maison.ui.lists import page_of
from maison.ui.pages import done, page

SHEET, TRAITS, STRICT, DOCUMENT, HISTORY, STEWARD = (
    f"identity/{name}.html" for name in ("sheet", "traits", "strict", "document", "history", "steward")
)


def context_of(request: Any, identity: Identity, **more: Any) -> dict[str, Any]:
    """What every page of one identity shows: its banner, and where it leads."""
    banner = banner_of(identity, place_names([identity.birth_place]))
    return {"identity": identity, "person": banner, **more}


def strict_lines(identity: Identity) -> list[tuple[str, str]]:
    known = {"mois": " (jour inconnu)", "annee": " (jour et mois inconnus)", "approchee": " (année approximative)"}
    born = f"{identity.birth_date:%d/%m/%Y}{known.get(identity.birth_date_known, '')}" if identity.birth_date else ""
    return [
        ("Nom de naissance", identity.birth_name),
        ("Prénoms de naissance", identity.first_names),
        ("Date de naissance", born),
        ("Sexe", SEXES.get(identity.sex, "")),
        ("Lieu de naissance", f"{selectors.place_label(identity.birth_place)}" if identity.birth_place else ""),
    ]


def complementary_lines(identity: Identity) -> list[tuple[str, str]]:
    address = ", ".join(part for part in (identity.address, f"{identity.postal_code} {identity.city}".strip()) if part)
    lines = [
        ("Nom utilisé", identity.used_name), ("Prénom utilisé", identity.used_first_name), ("Adresse", address),
        ("Téléphone", identity.phone), ("Adresse électronique", identity.email), ("Médecin traitant", identity.family_doctor),
        ("Personne de confiance", identity.trusted_person), ("Personne à prévenir", identity.person_to_call),
        ("Rang de naissance", str(identity.birth_rank or "")), ("Nom de la mère", identity.mother_name),
    ]  # fmt: skip
    return [(label, value) for label, value in lines if value]


@require_safe
@requires(P.VIEW)
def sheet(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    actor = request.actor
    return page(
        request,
        SHEET,
        context_of(
            request, identity, sheet=selectors.sheet(actor, identity), strict=strict_lines(identity),
            complementary=complementary_lines(identity), may_register=may(actor, identity, P.REGISTER),
            may_call=may(actor, identity, P.CALL_INSI) and not (identity.is_doubtful or identity.is_fictive),
            may_check=may(actor, identity, P.CHECK), may_keep=may(actor, identity, P.STEWARD),
            may_link=actor.can(P.REGION), doubt_form=ReasonForm(prefix="doute"),
        ),
        part="state",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REGISTER)
def traits(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    form = ComplementaryForm(request.POST or None, instance=Identity.objects.get(id=identity.id))
    if request.method == "POST":
        if form.is_valid():
            registering.change_complementary(actor=request.actor, identity_id=identity_id, values=form.cleaned_data)
            return done(request, to=("identity:sheet", identity_id), say="Traits complémentaires enregistrés.")
        return page(request, TRAITS, context_of(request, identity, form=form), status=422)
    return page(request, TRAITS, context_of(request, identity, form=form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REGISTER)
def strict(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    if identity.status != Identity.Status.PROV:
        raise TraitsLocked
    initial = {
        "birth_name": identity.birth_name, "first_names": identity.first_names, "sex": identity.sex,
        "birth_place": identity.birth_place,
        "birth_date": f"{identity.birth_date:%d/%m/%Y}" if identity.birth_date else "",
    }  # fmt: skip
    form = CorrectionForm(request.POST or None, initial=initial)
    if request.method == "POST":
        if form.is_valid():
            try:
                registering.correct_strict(
                    actor=request.actor,
                    identity_id=identity_id,
                    traits=form.typed(),
                    reason=form.cleaned_data["reason"],
                )
            except InvalidTrait as error:
                form.add_error(error.trait if error.trait in form.fields else None, error.message)
            else:
                return done(request, to=("identity:sheet", identity_id), say="Traits corrigés.")
        return page(request, STRICT, context_of(request, identity, form=form), status=422)
    return page(request, STRICT, context_of(request, identity, form=form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.CHECK)
def document(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    form = DocumentForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            try:
                acts.check_document(actor=request.actor, identity_id=identity_id, **form.cleaned_data)
            except (DocumentNotEnough, TraitsDiffer) as error:
                form.add_error("kind", error.text)
            else:
                return done(request, to=("identity:sheet", identity_id), say="Pièce contrôlée.")
        return page(
            request, DOCUMENT, context_of(request, identity, form=form, strict=strict_lines(identity)), status=422
        )
    return page(request, DOCUMENT, context_of(request, identity, form=form, strict=strict_lines(identity)))


@require_safe
@requires(P.VIEW)
def history(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    changes = page_of(request, selectors.history(identity), per_page=10)
    return page(request, HISTORY, context_of(request, identity, page=changes, steps=selectors.steps(list(changes))))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.STEWARD)
def steward(request: Any, identity_id: UUID) -> HttpResponse:
    """Attributes; the invalidation has its own address."""
    identity = read_identity(request.actor, identity_id)
    initial = {"homonym": identity.is_homonym, "doubtful": identity.is_doubtful, "fictive": identity.is_fictive}
    form = AttributesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        attributes.set_attributes(actor=request.actor, identity_id=identity_id, **form.cleaned_data)
        return done(request, to=("identity:sheet", identity_id), say="Attributs enregistrés.")
    more = {"form": form, "invalidation": InvalidationForm(prefix="invalider")}
    return page(
        request, STEWARD, context_of(request, identity, **more), status=422 if request.method == "POST" else 200
    )


@require_POST
@requires(P.STEWARD)
def invalidate(request: Any, identity_id: UUID) -> HttpResponse:
    identity = read_identity(request.actor, identity_id)
    form = InvalidationForm(request.POST, prefix="invalider")
    if not form.is_valid():
        initial = {"homonym": identity.is_homonym, "doubtful": identity.is_doubtful, "fictive": identity.is_fictive}
        more = {"form": AttributesForm(initial=initial), "invalidation": form}
        return page(request, STEWARD, context_of(request, identity, **more), status=422)
    act = acts.invalidate_ins if form.cleaned_data["what"] == "ins" else acts.devalidate
    act(actor=request.actor, identity_id=identity_id, reason=form.cleaned_data["reason"])
    return done(
        request, to=("identity:sheet", identity_id), say="Identité invalidée. Les systèmes abonnés sont prévenus."
    )


@require_POST
@requires(P.VIEW)
def doubt(request: Any, identity_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, prefix="doute")
    note = form.cleaned_data["reason"] if form.is_valid() else ""
    attributes.flag_doubt(actor=request.actor, identity_id=identity_id, note=note)
    return done(request, to=("identity:sheet", identity_id), say="Doute signalé à l'identitovigilance.")


@require_POST
@requires(P.REGISTER)
def linking_choice(request: Any, identity_id: UUID) -> HttpResponse:
    """The patient's choice about regional linking, as he says it."""
    refuses = request.POST.get("choix") == "refus"
    linking.refuse_linking(actor=request.actor, identity_id=identity_id, refuses=refuses, reason="Dit par le patient")
    say = "Refus enregistré : les rapprochements sont rompus." if refuses else "Accord enregistré."
    return done(request, to=("identity:sheet", identity_id), say=say)
