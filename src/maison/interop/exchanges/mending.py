"""A message the house could not use becomes a task for the person who can mend it, never a silence.

One task gathers the messages of one client that failed for the same reason: a storm of bad messages is one thing to mend.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.urls import reverse

from maison.foundations import relay
from maison.foundations.access.actor import Actor
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure

from .models import Client, Exchange
from .permissions import P

SENT, TAKEN, DONE = "sent", "taken", "mended"
LOCK = 7_310_040


def _url(task: Relay) -> str:
    return reverse("exchanges:detail", args=[task.subject_id])


MEND = relay.register_kind(
    relay.RelayKind(
        code="interop.mend",
        label="Message à réparer",
        permission=P.MEND,
        steps=(
            relay.StepKind(SENT, "Signalé", waits=True),
            relay.StepKind(TAKEN, "Pris en charge", waits=True),
            relay.StepKind(DONE, "Réparé ou classé"),
        ),
        url=_url,
        room="exchanges",
    )
)


def mender() -> UUID | None:
    """The structure whose integrators mend: the agency that runs the house."""
    return Structure.objects.open().filter(kind=Structure.Kind.AGENCY).values_list("id", flat=True).first()


@transaction.atomic
def ask(exchange_id: UUID, *, client_id: UUID | None, fault_code: str, urgency: int = 1) -> UUID | None:
    """Ask a person to mend this exchange; returns the task, new or already open for the same client and reason.

    Without an agency in the base the exchange still stands in the list « à réparer ».
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{client_id} {fault_code}"])
    same = Q(client_id=client_id) if client_id else Q(client_id=None)
    task_id = (
        Exchange.objects.filter(same, needs_mending=True, fault_code=fault_code)
        .exclude(relay_id=None)
        .values_list("relay_id", flat=True)
        .first()
    )
    if task_id is None and (to_structure := mender()) is not None:
        software = Client.objects.filter(id=client_id).first() if client_id else None
        task_id = relay.send(
            Actor.system("exchanges"),
            kind=MEND,
            subject=("exchanges.exchange", exchange_id),
            to_structure=to_structure,
            from_structure=software.structure_id if software else None,
            urgency=urgency,
        ).id
    Exchange.objects.filter(id=exchange_id).update(needs_mending=True, relay_id=task_id)
    return task_id


def close(actor: Actor, exchange: Exchange) -> None:
    """This exchange needs nothing any more; its task ends with the last of its exchanges."""
    if exchange.relay_id is None:
        return
    others = Exchange.objects.filter(relay_id=exchange.relay_id, needs_mending=True).exclude(id=exchange.id)
    if not others.exists():
        task = Relay.objects.filter(id=exchange.relay_id).first()
        if task is not None and not task.ending:
            relay.mark(actor, task.id, DONE)
