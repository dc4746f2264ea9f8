"""Who gets what in the room. Opening a case leaves a reading trace here, so that no screen can forget it."""

from __future__ import annotations

from uuid import UUID

from maison.foundations import audit
from maison.foundations.access import Actor, Permission
from maison.foundations.errors import Forbidden, NotFound

from . import locks
from .models import Arrival, Case
from .permissions import P


def access_case(actor: Actor, case_id: UUID, permission: Permission, *, lock: bool = False) -> Case:
    """The case, if the actor may do this to it. Unseen: NotFound. Seen without the right: Forbidden (URG-02)."""
    case = Case.objects.visible_to(actor).filter(id=case_id).first()
    if case is None:
        raise NotFound
    if lock:
        locks.hold([case.case_ref])
        case = Case.objects.get(id=case_id)
    if case.samu_id is None or not actor.can(permission, case.samu_id):
        raise Forbidden
    return case


def access_arrival(actor: Actor, arrival_id: UUID, permission: Permission, *, lock: bool = False) -> Arrival:
    """The announced arrival, if the actor may do this to it in its service."""
    arrivals = Arrival.objects.visible_to(actor).select_related("relay", "case", "service")
    if lock:
        arrivals = arrivals.select_for_update(of=("self",))
    arrival = arrivals.filter(id=arrival_id).first()
    if arrival is None:
        raise NotFound
    if permission is P.VIEW_BOARD:
        if not actor.can(P.VIEW_BOARD, arrival.service_id) and not (
            arrival.case.samu_id and actor.can(P.VIEW_CASES, arrival.case.samu_id)
        ):
            raise Forbidden
    elif not actor.can(permission, arrival.service_id):
        raise Forbidden
    return arrival


def trace_reading(actor: Actor, case: Case, *, screen: str) -> None:
    """X-03: opening a patient's case is a trace of its own."""
    audit.record(actor, "emergency.case_read", target=case, structure=actor.structure_id, details={"screen": screen})
