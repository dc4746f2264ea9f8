"""Reads of accounts, situations and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from maison.formats.professions import profession_label
from maison.foundations.access.actor import Actor
from maison.foundations.access.permissions import P
from maison.foundations.structures.models import Situation, Structure

from .models import Invitation, ProviderSession, User
from .psc_claims import SituationClaim


def open_situations(user_id: UUID) -> list[Situation]:
    """What the person may choose from, in the order shown; ended ones are not there (REF-03)."""
    return list(
        Situation.objects.filter(Q(ended_on=None) | Q(ended_on__gt=timezone.localdate()), user_id=user_id)
        .select_related("structure")
        .order_by("organisation_name", "profession", "mode", "id")
    )


MODES = {"L": "libéral", "S": "salarié", "B": "bénévole"}
"""TRE_R23-ModeExercice (NOS, read 2026-11-22), as one says it."""


@dataclass(frozen=True, slots=True)
class SituationChoice:
    """A situation as one chooses it: the place, then « médecin, salarié »."""

    situation: Situation
    place: str
    detail: str
    current: bool


def situation_choices(user_id: UUID, current: str | None) -> list[SituationChoice]:
    return [
        SituationChoice(
            situation=it,
            place=(it.structure.name if it.structure else it.organisation_name) or "Sans structure déclarée",
            detail=", ".join(part for part in (profession_label(it.profession), MODES.get(it.mode, "")) if part),
            current=str(it.id) == current,
        )
        for it in open_situations(user_id)
    ]


def structure_of(claim: SituationClaim) -> Structure | None:
    """The open structure a declared activity designates, or none: an unknown structure opens no rights.

    The site by its FINESS, narrowed to its service of that technical identifier, else of exactly the declared name (a
    SAMU, a SMUR). Without a known site: the structure of that technical identifier, then the only one of that SIRET, so
    long as it bears no other FINESS than the declared one. Without a site number at all, the legal entity: a site number
    is never tried as an entity number, nor the reverse.
    """
    open_ones = Structure.objects.open()
    if claim.site_number:
        site = open_ones.filter(kind=Structure.Kind.SITE, finess=claim.site_number).first()
        if site is not None:
            return _service_of(site, claim) or site
    if claim.technical_id:
        found = open_ones.select_related("parent").filter(technical_id=claim.technical_id).first()
        if found is not None:
            return found if _agrees(found, claim) else None
    if claim.siret_number:
        registered = open_ones.select_related("parent").filter(siret=claim.siret_number)
        bearers = [it for it in registered if _agrees(it, claim)]
        named = [it for it in bearers if it.name.casefold() == claim.organisation_name.casefold()]
        for candidates in (bearers, named):
            if len(candidates) == 1:
                return candidates[0]
    if claim.finess_entity and not claim.site_number:
        kinds = [Structure.Kind.LEGAL_ENTITY, Structure.Kind.AGENCY]
        return open_ones.filter(kind__in=kinds, finess=claim.finess_entity).order_by("kind").first()
    return None


def _service_of(site: Structure, claim: SituationClaim) -> Structure | None:
    services = Structure.objects.open().filter(kind=Structure.Kind.SERVICE, parent=site)
    if claim.technical_id:
        known = services.filter(technical_id=claim.technical_id).first()
        if known is not None:
            return known
    if not claim.organisation_name or claim.organisation_name == site.name:
        return None
    return services.filter(name__iexact=claim.organisation_name).first()


def _agrees(structure: Structure, claim: SituationClaim) -> bool:
    """No official number of the structure says otherwise. A service has the number of its site."""
    bearer = structure.parent if structure.kind == Structure.Kind.SERVICE and structure.parent else structure
    if not bearer.finess:
        return True
    if bearer.kind == Structure.Kind.SITE:
        return claim.site_number in {"", bearer.finess}
    return not claim.site_number and claim.finess_entity in {"", bearer.finess}


def provider_session(session_id: str | None) -> ProviderSession | None:
    return ProviderSession.objects.filter(id=session_id).first() if session_id else None


def administered_structures(actor: Actor) -> list[Structure]:
    return list(Structure.objects.open().filter(id__in=actor.structures_with(P.MANAGE_HABILITATIONS)))


def local_accounts(actor: Actor) -> QuerySet[User]:
    """The local accounts of the structures the actor administers, each with its situation and whether it is protected."""
    situations = Situation.objects.filter(
        user=OuterRef("pk"),
        source=Situation.Source.LOCAL,
        structure__in=actor.structures_with(P.MANAGE_HABILITATIONS),
    )
    factors = Authenticator.objects.filter(
        user=OuterRef("pk"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    return (
        User.objects.filter(Exists(situations), kind=User.Kind.LOCAL)
        .annotate(protected=Exists(factors), place=situations.order_by("-id").values("organisation_name")[:1])
        .order_by("family_name", "given_name", "id")
    )


def open_invitations(actor: Actor) -> list[Invitation]:
    structures = actor.structures_with(P.MANAGE_HABILITATIONS)
    return list(Invitation.objects.usable().filter(structure__in=structures).select_related("structure"))
