"""Access requests: one's own, those to decide, and one of them with all its steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from maison.formats.professions import profession_label
from maison.foundations import relay
from maison.foundations.access import Actor
from maison.foundations.access.permissions import P as HouseAccess
from maison.foundations.access.registry import role
from maison.foundations.relay.models import Relay
from maison.services.portal.access import access_request, administers, decides
from maison.services.portal.models import AccessRequest
from maison.services.portal.permissions import P
from maison.services.portal.relays import ANSWERED, READ, SENT, SERVICE_APPROVAL, SUBJECT
from maison.ui import french
from maison.ui.components import TrailStep

S = AccessRequest.Status


def requests_for(actor: Actor) -> QuerySet[AccessRequest]:
    """One's own requests, the latest first."""
    return AccessRequest.objects.visible_to(actor).filter(subject=actor.subject).select_related("service", "structure")


def requests_to_decide(actor: Actor) -> QuerySet[AccessRequest]:
    """Those under way whose next decision is this person's, the oldest first."""
    administered = Q(status=S.SUBMITTED, structure__in=actor.structures_with(HouseAccess.MANAGE_HABILITATIONS))
    owned = Q(status=S.STRUCTURE_APPROVED, owner__in=actor.structures_with(P.APPROVE_ACCESS))
    return (
        AccessRequest.objects.filter(administered | owned)
        .exclude(subject=actor.subject)
        .select_related("service", "structure")
        .order_by("submitted_at", "id")
    )


def decided_requests(actor: Actor) -> QuerySet[AccessRequest]:
    """Those of the others that this person may read and that are no longer his to decide, the latest first."""
    return (
        AccessRequest.objects.visible_to(actor)
        .exclude(subject=actor.subject)
        .exclude(id__in=requests_to_decide(actor).values("id").order_by())
        .select_related("service", "structure")
    )


def may_decide_some(actor: Actor) -> bool:
    return actor.can(HouseAccess.MANAGE_HABILITATIONS) or actor.can(P.APPROVE_ACCESS)


@dataclass(frozen=True, slots=True)
class RequestPage:
    """What the page of a request shows and offers: the steps with names and times, and the acts open to this person."""

    request: AccessRequest
    role_label: str
    profession: str
    trail: list[TrailStep]
    opens_health: bool
    may_approve: bool
    may_ask_more: bool
    may_complete: bool
    may_withdraw: bool
    may_revoke: bool
    may_acknowledge: bool


def request_page(actor: Actor, request_id: UUID) -> RequestPage:
    from maison.services.portal.actions.requests import opens_health_data

    request = access_request(actor, request_id)
    relays = list(Relay.objects.filter(subject_type=SUBJECT, subject_id=request.id).order_by("sent_at", "id"))
    mine = request.subject == actor.subject
    deciding = decides(actor, request)
    held = role(request.role)
    health = opens_health_data(request.role)
    waits_to_be_seen = [
        row for row in relays
        if row.waiting and row.ending == Relay.Ending.CANCELLED and actor.can(row.kind.permission, row.to_structure_id)
    ]  # fmt: skip
    return RequestPage(
        request=request,
        role_label=held.label if held else request.role,
        profession=profession_label(request.profession),
        trail=_trail(request, relays, health=health),
        opens_health=health,
        may_approve=deciding,
        may_ask_more=deciding and request.status == S.SUBMITTED,
        may_complete=mine and request.status == S.MORE_NEEDED,
        may_withdraw=mine and request.status in (S.SUBMITTED, S.MORE_NEEDED, S.STRUCTURE_APPROVED),
        may_revoke=not mine and request.status == S.OPENED and administers(actor, request),
        may_acknowledge=bool(waits_to_be_seen),
    )


_READ = {False: "Lue par la structure", True: "Lue par le service"}
_REFUSALS = ("Refusée", "Expirée sans décision")


def _dated(by: str, at: datetime) -> str:
    """A request lives for days and the line of a relay says hours: the day is told when it is not today."""
    if timezone.localdate(at) == timezone.localdate():
        return by
    return ", ".join(part for part in (by, french.day(at)) if part)


def _trail(request: AccessRequest, relays: list[Relay], *, health: bool) -> list[TrailStep]:
    """All the relays of the request as one line, then the steps still to come. One query."""
    steps: list[TrailStep] = []
    trails = relay.trail_of([row.id for row in relays])
    for index, row in enumerate(relays):
        to_service = row.kind_code == SERVICE_APPROVAL.code
        for step in trails[row.id]:
            if step.code == SENT:
                word = "Transmise au service" if to_service else ("Soumise" if index == 0 else "Complétée")
                by = "" if to_service else step.name
            elif step.code == READ:
                word, by = _READ[to_service], step.name
            elif step.code == ANSWERED:
                word, by = step.note or step.label, step.name
            else:
                word, by = {"cancelled": "Retirée", "acknowledged": "Retrait vu"}.get(step.code, step.label), step.name
            steps.append(TrailStep(word, step.at, _dated(by, step.at), refused=word in _REFUSALS))
    match request.status:
        case S.SUBMITTED:
            steps.append(TrailStep("Décision de la structure"))
            steps += [TrailStep("Décision du service")] if health else []
            steps.append(TrailStep("Accès ouvert"))
        case S.MORE_NEEDED:
            steps.append(TrailStep("Votre complément"))
        case S.STRUCTURE_APPROVED:
            steps += [TrailStep("Décision du service"), TrailStep("Accès ouvert")]
        case S.OPENED | S.REVOKED:
            opened = request.habilitation
            at = opened.granted_at if opened else request.moved_at
            steps.append(TrailStep("Accès ouvert", at, _dated("", at)))
            if request.status == S.REVOKED:
                steps.append(TrailStep("Accès retiré", request.moved_at, _dated("", request.moved_at), refused=True))
        case _:
            pass
    return steps
