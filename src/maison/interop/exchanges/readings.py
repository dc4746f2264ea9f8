"""What supervision shows of the exchanges: the age of the last message of each door, the age of each queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from maison.foundations.supervision import Reading, register_probe
from maison.foundations.supervision.probes import State
from maison.ui.french import count

from . import selectors

GROUP, SOURCE = "Échanges", "journal des échanges"
LATE, STALE = timedelta(seconds=30), timedelta(minutes=5)
BROKER_LATE, BROKER_STALE = timedelta(minutes=2), timedelta(minutes=15)


def register() -> None:
    register_probe("exchanges.doors", doors)
    register_probe("exchanges.queues", queues)


def doors() -> list[Reading]:
    """A door nobody uses says so; silence is shown with its age, and it is for people to know whether it is long."""
    return [
        Reading(
            f"Dernier message reçu, {facts.label}", "reçu" if facts.last_in else "jamais", at=facts.last_in, group=GROUP,
            source=SOURCE,
        )
        for facts in selectors.door_facts()
        if facts.door != "mailbox"
    ]  # fmt: skip


def queues() -> list[Reading]:
    facts = selectors.queue_facts()
    return [
        Reading("Messages à intégrer", count(facts.to_integrate, "message"), at=facts.oldest_to_integrate, group=GROUP,
                state=_state(facts.oldest_to_integrate, LATE, STALE), source=SOURCE),
        Reading("Messages à envoyer au Hub Santé", count(facts.to_send, "message"), at=facts.oldest_to_send, group=GROUP,
                state=_state(facts.oldest_to_send, BROKER_LATE, BROKER_STALE), source=SOURCE),
        Reading("Messages à réparer", count(facts.to_mend, "message"), group=GROUP, state="late" if facts.to_mend else "ok",
                source=SOURCE),
    ]  # fmt: skip


def _state(oldest: datetime | None, late: timedelta, stale: timedelta) -> State:
    if oldest is None:
        return "ok"
    age = timezone.now() - oldest
    return "ok" if age < late else "late" if age < stale else "failed"
