"""Who gets what of the portal: a service one may see, a request one may read or decide on."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from maison.foundations.access import Actor
from maison.foundations.access.permissions import P as HouseAccess
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.structures.models import Structure

from .errors import NotTheAgency
from .models import AccessRequest, Service
from .models.service import Viewer
from .permissions import P


class Access(StrEnum):
    """How a person stands before a service that is visible."""

    OPEN = "open"
    REQUESTABLE = "requestable"
    REQUESTED = "requested"
    NEEDS_PSC = "needs_psc"
    NEEDS_SIGN_IN = "needs_sign_in"
    NOT_READY = "not_ready"
    CLOSED = "closed"


def user_of(actor: Actor) -> UUID:
    """The account of the person; software and jobs keep nothing at hand and open no service."""
    if actor.user_id is None:
        raise Forbidden
    return actor.user_id


def access_service(actor: Actor, code: str, viewer: Viewer | None = None) -> Service:
    """The service, when its rules let this person know of it; NotFound otherwise."""
    from .selectors.services import viewer_of

    viewer = viewer or viewer_of(actor)
    service = Service.objects.visible_to(actor, viewer).select_related("owner").filter(code=code).first()
    if service is None:
        raise NotFound
    return service


def keeping_agency(actor: Actor) -> Structure:
    """The regional agency this person keeps the catalogue of; the permission held in another structure is not enough."""
    agency = Structure.objects.open().filter(
        id__in=actor.structures_with(P.KEEP_CATALOGUE), kind=Structure.Kind.AGENCY
    ).first()  # fmt: skip
    if agency is None:
        raise NotTheAgency
    return agency


def kept_service(actor: Actor, code: str, *, lock: bool = False) -> Service:
    """Any service, withdrawn ones included, for who keeps the catalogue."""
    keeping_agency(actor)
    rows = Service.objects.select_for_update(of=("self",)) if lock else Service.objects.all()
    service = rows.select_related("owner").filter(code=code).first()
    if service is None:
        raise NotFound
    return service


def access_request(actor: Actor, request_id: UUID, *, lock: bool = False) -> AccessRequest:
    """The request, for its author, the administrator of its structure, or who answers for the service."""
    rows = AccessRequest.objects.visible_to(actor)
    if lock:
        rows = rows.select_for_update(of=("self",))
    request = rows.select_related("service", "structure", "owner", "habilitation").filter(id=request_id).first()
    if request is None:
        raise NotFound
    return request


def administers(actor: Actor, request: AccessRequest) -> bool:
    return actor.can(HouseAccess.MANAGE_HABILITATIONS, request.structure_id)


def answers_for_service(actor: Actor, request: AccessRequest) -> bool:
    return request.owner_id is not None and actor.can(P.APPROVE_ACCESS, request.owner_id)


def decides(actor: Actor, request: AccessRequest) -> bool:
    """Whether the next decision is this person's, his own requests aside."""
    if request.subject == actor.subject:
        return False
    if request.status == AccessRequest.Status.SUBMITTED:
        return administers(actor, request)
    return request.status == AccessRequest.Status.STRUCTURE_APPROVED and answers_for_service(actor, request)


def check_author(actor: Actor, request: AccessRequest) -> None:
    if request.subject != actor.subject:
        raise Forbidden("Seule la personne qui a fait la demande peut faire cela.")
