"""Open a service, keep it at hand."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden
from maison.services.portal.access import Access, access_service, user_of
from maison.services.portal.errors import ServiceNotReady, StrongerSignInNeeded
from maison.services.portal.models import Favourite, UsageEvent
from maison.services.portal.selectors.services import access_to, viewer_of


@transaction.atomic
def open_service(*, actor: Actor, code: str) -> str:
    """Count the opening (PASS-06) and say where the service is. Refused to those it is not open to."""
    viewer = viewer_of(actor)
    service = access_service(actor, code, viewer)
    access = access_to(actor, service)
    if access is Access.NEEDS_PSC:
        raise StrongerSignInNeeded
    if access is Access.NOT_READY:
        raise ServiceNotReady(service.status_note)
    if access is not Access.OPEN:
        raise Forbidden("Ce service ne vous est pas ouvert. Demandez l'accès depuis sa page.", service=service.code)
    UsageEvent.objects.create(
        service=service,
        user_id=user_of(actor),
        profession=actor.profession,
        structure_id=actor.structure_id,
        department=viewer.department,
    )
    return service.link or reverse(service.url_name)


@transaction.atomic
def set_favourite(*, actor: Actor, code: str, kept: bool) -> bool:
    """Keep a service at hand or not; saying it twice changes nothing. Returns whether something changed."""
    service = access_service(actor, code)
    if kept:
        _, changed = Favourite.objects.get_or_create(user_id=user_of(actor), service=service)
    else:
        count, _ = Favourite.objects.filter(user_id=user_of(actor), service=service).delete()
        changed = bool(count)
    if changed:
        fact = "portal.favourite_added" if kept else "portal.favourite_removed"
        audit.record(actor, fact, target=service, details={"service": service.code})
    return changed
