"""A subscription that does not go well is a task for the agency's integrators: one open task for each, closed when it goes again."""

from __future__ import annotations

from django.urls import reverse

from maison.foundations import relay
from maison.foundations.access.actor import Actor
from maison.foundations.relay.models import Relay
from maison.interop.exchanges.mending import mender
from maison.interop.fhir.permissions import P

from .models import Subscription

SENT, TAKEN, DONE = "sent", "taken", "mended"


def _url(task: Relay) -> str:
    return reverse("subscriptions:detail", args=[task.subject_id])


MEND = relay.register_kind(
    relay.RelayKind(
        code="fhir.mend_subscription",
        label="Abonnement FHIR muet",
        permission=P.MEND_SUBSCRIPTIONS,
        steps=(
            relay.StepKind(SENT, "Signalé", waits=True),
            relay.StepKind(TAKEN, "Pris en charge", waits=True),
            relay.StepKind(DONE, "Rétabli ou arrêté"),
        ),
        url=_url,
        room="channels",
    )
)


def ask(row: Subscription) -> None:
    """The caller holds the row's lock and saves `relay_id`."""
    open_task = Relay.objects.filter(id=row.relay_id, ending="").exists() if row.relay_id else False
    if not open_task:
        task = relay.send(
            Actor.system("fhir-subscriptions"), kind=MEND, subject=("fhir.subscription", row.id),
            to_structure=mender() or row.client.structure_id, from_structure=row.client.structure_id, urgency=1,
        )  # fmt: skip
        row.relay_id = task.id


def close(actor: Actor, row: Subscription) -> None:
    task = Relay.objects.filter(id=row.relay_id).first() if row.relay_id else None
    if task is not None and not task.ending:
        relay.mark(actor, task.id, DONE)
    row.relay_id = None
