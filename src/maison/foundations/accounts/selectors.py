"""Reads of accounts, situations and sessions."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from maison.foundations.structures.models import Situation, Structure

from .models import ProviderSession
from .psc_claims import SituationClaim


def open_situations(user_id: UUID) -> list[Situation]:
    """What the person may choose from, in the order shown; ended ones are not there (REF-03)."""
    return list(
        Situation.objects.filter(Q(ended_on=None) | Q(ended_on__gt=timezone.localdate()), user_id=user_id)
        .select_related("structure")
        .order_by("organisation_name", "profession", "mode", "id")
    )


def structure_of(claim: SituationClaim) -> Structure | None:
    """The open structure a declared activity designates, or none: an unknown structure opens no rights.

    The site by its FINESS, narrowed to its service of exactly the declared name (a SAMU, a SMUR), which Pro Santé
    Connect cannot tell otherwise; without a site, the legal entity. A site number is never tried as an entity number.
    """
    open_ones = Structure.objects.open()
    if claim.finess_site:
        site = open_ones.filter(kind=Structure.Kind.SITE, finess=claim.finess_site).first()
        if site is None:
            return None
        service = (
            open_ones.filter(kind=Structure.Kind.SERVICE, parent=site, name__iexact=claim.organisation_name)
            if claim.organisation_name and claim.organisation_name != site.name
            else Structure.objects.none()
        ).first()
        return service or site
    if claim.finess_entity:
        kinds = [Structure.Kind.LEGAL_ENTITY, Structure.Kind.AGENCY]
        return open_ones.filter(kind__in=kinds, finess=claim.finess_entity).order_by("kind").first()
    return None


def provider_session(session_id: str | None) -> ProviderSession | None:
    return ProviderSession.objects.filter(id=session_id).first() if session_id else None
