"""The hand-shakes of a bed: asked → received by the unit → answered → ended; and, in crisis, the approval before."""

from __future__ import annotations

from django.urls import reverse

from maison.foundations.relay.kinds import RelayKind, StepKind
from maison.foundations.relay.models import Relay

from .permissions import P

SENT, RECEIVED, ANSWERED, ENDED = "sent", "received", "answered", "ended"


def _requests(relay: Relay) -> str:
    return reverse("offer:requests")


def _approvals(relay: Relay) -> str:
    return reverse("offer:approvals")


BED = RelayKind(
    code="offer.bed",
    label="Demande de lit",
    permission=P.ANSWER_REQUESTS,
    steps=(
        StepKind(SENT, "Envoyée", waits=True),
        StepKind(RECEIVED, "Reçue par l'unité", waits=True),
        StepKind(ANSWERED, "Répondue"),
        StepKind(ENDED, "Terminée"),
    ),
    url=_requests,
    room="Lits",
)

APPROVAL = RelayKind(
    code="offer.approval",
    label="Demande de lit à approuver",
    permission=P.APPROVE_REQUESTS,
    steps=(StepKind(SENT, "À approuver", waits=True), StepKind(ANSWERED, "Répondue")),
    url=_approvals,
    room="Lits",
)
