"""What happens when a delay of the room ends."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from maison.foundations import audit, clock
from maison.foundations.access import Actor
from maison.foundations.events import publish

from .events import ArrivalChanged
from .models import Arrival
from .registration import CLOSING, UNCONFIRMED
from .regulation import close_validated_case


@clock.on(UNCONFIRMED)
def tell_regulator(arrival_id: UUID) -> None:
    """Nobody confirmed in time: the regulator sees whom to call, and the delay runs again until someone does."""
    arrival = (
        Arrival.objects.select_for_update(of=("self",)).select_related("relay", "case").filter(id=arrival_id).first()
    )
    if arrival is None or not arrival.relay.waiting:
        return
    arrival.escalated_at = timezone.now()
    arrival.save(update_fields=["escalated_at"])
    audit.record(Actor.system("clock"), "emergency.unconfirmed_escalated", target=arrival, structure=arrival.service_id)
    publish(ArrivalChanged(arrival.id, arrival.case_id, arrival.service_id, arrival.case.samu_id, arrival.state))


@clock.on(CLOSING)
def close_case(case_id: UUID) -> None:
    close_validated_case(case_id)
