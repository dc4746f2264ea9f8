"""The two hand-overs of an access request: to the administrator of the structure, then to who answers for the service."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from maison.foundations.access.permissions import P as Access
from maison.foundations.relay import RelayKind, StepKind
from maison.foundations.relay.models import Relay

from .permissions import P

SUBJECT = "portal.access_request"
SENT, READ, ANSWERED = "sent", "read", "answered"
NOT_URGENT = 3

_STEPS = (
    StepKind(SENT, "Envoyée", waits=True),
    StepKind(READ, "Lue", waits=True),
    StepKind(ANSWERED, "Réponse donnée"),
)


def _page(relay: Relay) -> str:
    return reverse("portal:request", args=[relay.subject_id])


STRUCTURE_APPROVAL = RelayKind(
    code="portal.access_request",
    label="Demande d'accès à un service",
    permission=Access.MANAGE_HABILITATIONS,
    steps=_STEPS,
    url=_page,
    room="portal",
)
SERVICE_APPROVAL = RelayKind(
    code="portal.access_approval",
    label="Accès à des données de santé à approuver",
    permission=P.APPROVE_ACCESS,
    steps=_STEPS,
    url=_page,
    room="portal",
)


def words_of(relays: Sequence[Relay]) -> dict[UUID, str]:
    """Who asks for which service: an agent's name, never a patient's."""
    from .models import AccessRequest

    asked = AccessRequest.objects.filter(id__in=[relay.subject_id for relay in relays]).select_related("service")
    words = {request.id: f"{request.name}, pour « {request.service.name} »" for request in asked}
    return {relay.id: words[relay.subject_id] for relay in relays if relay.subject_id in words}
