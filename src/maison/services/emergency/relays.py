"""The hand-shake of an announced arrival: sent → received → confirmed → arrived → offloaded."""

from __future__ import annotations

from django.urls import reverse

from maison.foundations.relay.kinds import RelayKind, StepKind
from maison.foundations.relay.models import Relay

from .permissions import P

SENT, RECEIVED, CONFIRMED, ARRIVED, OFFLOADED = "sent", "received", "confirmed", "arrived", "offloaded"


def _url(relay: Relay) -> str:
    return reverse("emergency:board", args=[relay.to_structure_id])


def _destination_url(relay: Relay) -> str:
    return reverse("emergency:case", args=[relay.subject_id])


ARRIVAL = RelayKind(
    code="emergency.arrival",
    label="Arrivée annoncée aux urgences",
    permission=P.CONFIRM_ARRIVALS,
    steps=(
        StepKind(SENT, "Envoyé", waits=True),
        StepKind(RECEIVED, "Reçu par le service", waits=True),
        StepKind(CONFIRMED, "Confirmé"),
        StepKind(ARRIVED, "Arrivé"),
        StepKind(OFFLOADED, "Transmis au service"),
    ),
    url=_url,
    room="Urgences",
)

DESTINATION = RelayKind(
    code="emergency.destination",
    label="Destination à préciser",
    permission=P.MANAGE_CASES,
    steps=(StepKind("sent", "À préciser", waits=True), StepKind("answered", "Précisée")),
    url=_destination_url,
    room="Régulation",
)
