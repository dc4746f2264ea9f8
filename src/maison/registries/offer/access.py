"""Who gets what in the room."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, IntegerField, Value, When

from maison.foundations.access import Actor, Permission
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.structures.models import Structure

from .models import Offer, Promise
from .permissions import P


def access_offer(actor: Actor, offer_id: UUID, permission: Permission | None = None, *, lock: bool = False) -> Offer:
    """The offer, if the actor may do this to it. Unseen (a sensitive unit among others): NotFound. Seen without the right: Forbidden."""
    rows = Offer.objects.visible_to(actor).select_related("structure", "site")
    if lock:
        rows = rows.select_for_update(of=("self",))
    offer = rows.filter(id=offer_id).first()
    if offer is None:
        raise NotFound
    if permission is None or (permission in (P.VALIDATE, P.NOTE_BEDS) and actor.can(permission)):
        return offer
    if not actor.can(permission, offer.structure_id):
        raise Forbidden
    return offer


def access_promise(actor: Actor, promise_id: UUID, permission: Permission) -> tuple[Promise, Offer]:
    """The promise and its offer, both locked, the offer first: whoever counts free beds waits here."""
    offer_id = Promise.objects.visible_to(actor).filter(id=promise_id).values_list("offer_id", flat=True).first()
    if offer_id is None:
        raise NotFound
    offer = Offer.objects.select_for_update(of=("self",)).select_related("structure", "site").get(id=offer_id)
    promise = Promise.objects.select_for_update(of=("self",)).select_related("relay", "from_structure").get(id=promise_id)  # fmt: skip
    where = {P.ANSWER_REQUESTS: offer.structure_id, P.REQUEST_BED: promise.from_structure_id}.get(permission)
    if not actor.can(permission, where):
        raise Forbidden
    return promise, offer


def asking_structure(actor: Actor) -> Structure:
    """In whose name a bed is asked for: the situation's structure when the right holds there, else where it does, an emergency service first."""
    held = actor.structures_with(P.REQUEST_BED)
    emergency = Case(
        When(service_type__startswith="urgences", then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    found = Structure.objects.filter(id__in=held).order_by("kind", emergency, "name", "id")
    structure = (found.filter(id=actor.structure_id).first() if actor.structure_id else None) or found.first()
    if structure is None:
        raise Forbidden
    return structure
