"""The life of an access request (DOMAIN §4): asked, completed, approved by the structure then by the service, opened."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit, clock, relay
from maison.foundations.access import Actor
from maison.foundations.access.actions import give_role, withdraw_role
from maison.foundations.access.models import Habilitation
from maison.foundations.access.registry import granted_to, role, roles
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish
from maison.foundations.notifications.actions import notify
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure
from maison.services.portal.access import (
    Access,
    HouseAccess,
    access_request,
    access_service,
    administers,
    answers_for_service,
    check_author,
)
from maison.services.portal.errors import (
    AlreadyEntitled,
    NoAdministrator,
    NoServiceOwner,
    NoStructure,
    NotRequestable,
    OwnRequest,
    RequestAlreadyUnderWay,
    RequestMoveNotPossible,
    StrongerSignInNeeded,
)
from maison.services.portal.events import AccessRequestMoved
from maison.services.portal.models import AccessRequest, Service
from maison.services.portal.relays import (
    ANSWERED,
    NOT_URGENT,
    READ,
    SENT,
    SERVICE_APPROVAL,
    STRUCTURE_APPROVAL,
    SUBJECT,
)
from maison.services.portal.selectors.services import access_to
from maison.services.portal.tasks import EXPIRY

S = AccessRequest.Status


def opens_health_data(role_code: str) -> bool:
    return any(permission.health for permission in granted_to(role_code))


def _owner_of(service: Service) -> Structure:
    """Who answers for the service: the structure it names, else the regional agency."""
    owner = service.owner or Structure.objects.open().filter(kind=Structure.Kind.AGENCY).first()
    if owner is None:
        raise NoServiceOwner
    return owner


def _has_administrator(structure_id: UUID) -> bool:
    lineage = Structure.objects.values_list("lineage", flat=True).get(id=structure_id)
    administering = [code for code in roles() if HouseAccess.MANAGE_HABILITATIONS in granted_to(code)]
    return Habilitation.objects.in_force().filter(role__in=administering, structure_id__in=lineage).exists()


NOTICES = {
    S.MORE_NEEDED: "Votre demande d'accès à « {service} » attend un complément",
    S.OPENED: "Votre accès à « {service} » est ouvert",
    S.REFUSED: "Votre demande d'accès à « {service} » est refusée",
    S.EXPIRED: "Votre demande d'accès à « {service} » a expiré sans réponse",
    S.REVOKED: "Votre accès à « {service} » est retiré",
}
"""What the author is told, wherever he is. Names a service, never a person."""


def _say(actor: Actor, request: AccessRequest, fact: str, *, reason: str = "") -> None:
    audit.record(
        actor,
        f"portal.access_request_{fact}",
        target=request,
        structure=request.structure_id,
        reason=reason,
        details={"service": request.service.code, "role": request.role, "status": request.status},
    )
    publish(AccessRequestMoved(request.id, request.service.code, request.structure_id, request.status))
    if (title := NOTICES.get(S(request.status))) is not None:
        notify(
            [request.subject],
            kind="portal.access_request",
            title=title.format(service=request.service.name),
            url_name="portal:request",
            url_args=(request.id,),
            mail=True,
        )


def _open_relay(request: AccessRequest) -> Relay | None:
    return Relay.objects.filter(subject_type=SUBJECT, subject_id=request.id, ending="").order_by("-sent_at").first()


def _answer_relay(actor: Actor, request: AccessRequest, note: str) -> None:
    if (waiting := _open_relay(request)) is not None:
        relay.mark(actor, waiting.id, ANSWERED, note=note)


def _to_structure(actor: Actor, request: AccessRequest) -> None:
    relay.send(
        actor, kind=STRUCTURE_APPROVAL, subject=(SUBJECT, request.id), to_structure=request.structure_id,
        from_structure=request.structure_id, urgency=NOT_URGENT,
    )  # fmt: skip


@transaction.atomic
def submit_request(*, actor: Actor, code: str, role_code: str, justification: str) -> AccessRequest:
    """Ask to be let into a service, in the structure of the current situation."""
    service = access_service(actor, code)
    if actor.structure_id is None:
        raise NoStructure
    Structure.objects.select_for_update(no_key=True).get(id=actor.structure_id)  # two tabs: one request
    access = access_to(actor, service)
    if access is Access.OPEN:
        raise AlreadyEntitled
    if access is Access.NEEDS_PSC:
        raise StrongerSignInNeeded
    if access is not Access.REQUESTABLE or role_code not in service.roles or role(role_code) is None:
        raise NotRequestable
    asked = AccessRequest.objects.under_way().filter(
        subject=actor.subject, structure_id=actor.structure_id, service=service
    )
    if asked.exists():
        raise RequestAlreadyUnderWay
    if not _has_administrator(actor.structure_id):
        raise NoAdministrator
    if opens_health_data(role_code):
        _owner_of(service)
    now = timezone.now()
    request = AccessRequest(
        service=service, role=role_code, subject=actor.subject, name=actor.name, profession=actor.profession,
        structure_id=actor.structure_id, justification=justification, submitted_at=now, moved_at=now,
        expires_at=now + timedelta(seconds=clock.seconds_of(EXPIRY.code)),
    )  # fmt: skip
    request.full_clean(exclude=["service", "structure", "owner", "habilitation"])
    request.save(force_insert=True)
    _to_structure(actor, request)
    clock.start(EXPIRY.code, request.id, due_at=request.expires_at)
    _say(actor, request, "submitted")
    return request


@transaction.atomic
def read_request(*, actor: Actor, request_id: UUID) -> AccessRequest:
    """The request for its page; the first reading by who decides is told to the requester."""
    request = access_request(actor, request_id)
    if request.subject == actor.subject or not request.is_under_way:
        return request
    waiting = _open_relay(request)
    if waiting is not None and waiting.status == SENT and actor.can(waiting.kind.permission, waiting.to_structure_id):
        relay.mark(actor, waiting.id, READ)
    return request


def _deciding(actor: Actor, request_id: UUID) -> AccessRequest:
    request = access_request(actor, request_id, lock=True)
    if request.subject == actor.subject:
        raise OwnRequest
    return request


def _check_administers(actor: Actor, request: AccessRequest) -> None:
    if not administers(actor, request):
        raise Forbidden("Vous n'administrez pas la structure de cette personne.")


@transaction.atomic
def ask_more(*, actor: Actor, request_id: UUID, reason: str) -> AccessRequest:
    """The administrator needs more to decide; the request waits for its author, and its delay goes on."""
    request = _deciding(actor, request_id)
    _check_administers(actor, request)
    request.move_to(S.MORE_NEEDED)
    request.reason = reason
    request.save(update_fields=["status", "reason", "moved_at"])
    _answer_relay(actor, request, "Complément demandé")
    _say(actor, request, "more_needed", reason=reason)
    return request


@transaction.atomic
def answer_more(*, actor: Actor, request_id: UUID, justification: str) -> AccessRequest:
    """The author completes the request: it goes back to the administrator."""
    request = access_request(actor, request_id, lock=True)
    check_author(actor, request)
    if request.status != S.MORE_NEEDED:
        raise RequestMoveNotPossible(f"Elle est à l'état « {request.get_status_display()} ».")
    request.move_to(S.SUBMITTED)
    request.justification, request.reason = justification, ""
    request.full_clean(exclude=["service", "structure", "owner", "habilitation"])
    request.save(update_fields=["status", "justification", "reason", "moved_at"])
    _to_structure(actor, request)
    _say(actor, request, "completed")
    return request


@transaction.atomic
def approve_for_structure(*, actor: Actor, request_id: UUID, ends_on: date | None = None) -> AccessRequest:
    """The structure vouches for the person. A role that opens health data then goes to who answers for the service."""
    request = _deciding(actor, request_id)
    _check_administers(actor, request)
    request.move_to(S.STRUCTURE_APPROVED)
    request.ends_on = ends_on
    _answer_relay(actor, request, "Approuvée par la structure")
    if not opens_health_data(request.role):
        request.save(update_fields=["status", "moved_at", "ends_on"])
        _say(actor, request, "approved_by_structure")
        return _open(actor, request)
    owner = _owner_of(request.service)
    request.owner = owner
    request.save(update_fields=["status", "moved_at", "ends_on", "owner"])
    relay.send(
        actor, kind=SERVICE_APPROVAL, subject=(SUBJECT, request.id), to_structure=owner.id,
        from_structure=request.structure_id, urgency=NOT_URGENT,
    )  # fmt: skip
    _say(actor, request, "approved_by_structure")
    return request


@transaction.atomic
def approve_for_service(*, actor: Actor, request_id: UUID) -> AccessRequest:
    """Who answers for the service agrees: the role is given at once. He who vouched for the structure may not do both."""
    request = _deciding(actor, request_id)
    if not answers_for_service(actor, request):
        raise Forbidden("Vous ne répondez pas de ce service.")
    if actor.subject == _vouched_by(request):
        raise OwnRequest("Vous l'avez déjà approuvée pour la structure.")
    request.move_to(S.SERVICE_APPROVED)
    request.save(update_fields=["status", "moved_at"])
    _answer_relay(actor, request, "Approuvée par le service")
    _say(actor, request, "approved_by_service")
    return _open(Actor.system("portal.access_request"), request)


def _vouched_by(request: AccessRequest) -> str:
    """Who approved for the structure: the last to answer a relay of that kind."""
    relays = Relay.objects.filter(
        subject_type=SUBJECT, subject_id=request.id, kind_code=STRUCTURE_APPROVAL.code
    ).order_by("-sent_at")
    steps = [step for trail in relay.trail_of([row.id for row in relays[:1]]).values() for step in trail]
    return next((step.subject for step in reversed(steps) if step.code == ANSWERED), "")


def _open(actor: Actor, request: AccessRequest) -> AccessRequest:
    """Give the role; the structure's rights were checked when it approved, which the trace of the request tells."""
    request.habilitation = give_role(
        actor=actor,
        subject=request.subject,
        structure_id=request.structure_id,
        role_code=request.role,
        ends_on=request.ends_on,
        reason=f"Demande d'accès {request.id}",
    )
    request.move_to(S.OPENED)
    request.save(update_fields=["status", "moved_at", "habilitation"])
    clock.stop(EXPIRY.code, request.id)
    _say(actor, request, "opened")
    return request


@transaction.atomic
def refuse_request(*, actor: Actor, request_id: UUID, reason: str) -> AccessRequest:
    """Whoever the decision belongs to refuses, and says why."""
    request = _deciding(actor, request_id)
    if request.status == S.STRUCTURE_APPROVED:
        if not answers_for_service(actor, request):
            raise Forbidden("Vous ne répondez pas de ce service.")
    else:
        _check_administers(actor, request)
    request.move_to(S.REFUSED)
    request.reason = reason
    request.save(update_fields=["status", "reason", "moved_at"])
    _answer_relay(actor, request, "Refusée")
    clock.stop(EXPIRY.code, request.id)
    _say(actor, request, "refused", reason=reason)
    return request


@transaction.atomic
def withdraw_request(*, actor: Actor, request_id: UUID) -> AccessRequest:
    """The author no longer asks. Whoever had received the request still has to see it."""
    request = access_request(actor, request_id, lock=True)
    check_author(actor, request)
    request.move_to(S.WITHDRAWN)
    request.save(update_fields=["status", "moved_at"])
    if (waiting := _open_relay(request)) is not None:
        relay.cancel(actor, waiting.id)
    clock.stop(EXPIRY.code, request.id)
    _say(actor, request, "withdrawn")
    return request


@transaction.atomic
def acknowledge_withdrawal(*, actor: Actor, request_id: UUID) -> AccessRequest:
    """Who was to decide has seen that the request was withdrawn or has expired."""
    request = access_request(actor, request_id, lock=True)
    for row in Relay.objects.filter(subject_type=SUBJECT, subject_id=request.id, waiting=True):
        if not actor.can(row.kind.permission, row.to_structure_id):
            raise Forbidden
        relay.acknowledge(actor, row.id)
    return request


@transaction.atomic
def expire_request(*, request_id: UUID) -> None:
    """Called by the clock: nobody decided in time. A request already decided is left as it is."""
    request = (
        AccessRequest.objects.select_for_update(of=("self",)).select_related("service").filter(id=request_id).first()
    )
    if request is None or not request.is_under_way:
        return
    actor = Actor.system("portal.access_request_expiry")
    request.move_to(S.EXPIRED)
    request.save(update_fields=["status", "moved_at"])
    if (waiting := _open_relay(request)) is not None:
        relay.mark(actor, waiting.id, ANSWERED, note="Expirée sans décision")
    _say(actor, request, "expired")


@transaction.atomic
def revoke_access(*, actor: Actor, request_id: UUID, reason: str) -> AccessRequest:
    """Close an access that was opened: the habilitation ends at once."""
    request = access_request(actor, request_id, lock=True)
    _check_administers(actor, request)
    request.move_to(S.REVOKED)
    request.reason = reason
    request.save(update_fields=["status", "reason", "moved_at"])
    if request.habilitation is not None and request.habilitation.revoked_at is None:
        withdraw_role(actor=actor, habilitation_id=request.habilitation.id, reason=reason)
    _say(actor, request, "revoked", reason=reason)
    return request
