"""What supervision and the map of flows show of subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.events import register_topic
from maison.foundations.supervision import Reading, register_probe
from maison.interop.channels import flow
from maison.interop.fhir.permissions import P
from maison.ui import frame
from maison.ui.french import count, duration

from .models import Subscription

Status = Subscription.Status
DAY = timedelta(days=1)
RECENT = """
SELECT n.subscription_id, count(*) FROM fhir_notice n WHERE n.at > %s AND n.subscription_id = ANY(%s) GROUP BY 1
"""


def register() -> None:
    register_probe("fhir.subscriptions", readings)
    flow.register_source(links)
    register_topic("fhir.subscriptions", lambda actor, key: actor.can(P.VIEW_SUBSCRIPTIONS))
    channels = frame.room("channels")
    if channels is not None:
        here = frame.Place("Abonnements FHIR", "subscriptions:list", _may_view)
        frame.register_room("channels", channels.label, [*channels.places, here])


def _may_view(request: Any) -> bool:
    return bool(request.actor.can(P.VIEW_SUBSCRIPTIONS))


def readings() -> Sequence[Reading]:
    """One for all, and one for each that is mute: it alerts once it is said to be."""
    rows = list(Subscription.objects.standing().filter(channel="rest-hook").select_related("client").defer("body"))
    waiting = sum(row.waiting for row in rows)
    words = f"{count(len(rows), 'abonnement')}, {count(waiting, 'événement')} en attente"
    found = [Reading("Abonnements FHIR", words, at=max((row.last_ok_at for row in rows if row.last_ok_at), default=None), group="Flux", source="façade FHIR")]  # fmt: skip
    for row in rows:
        if row.status == Status.ERROR or row.is_mute:
            found.append(Reading(f"Abonnement {row.resource_type} de {row.client.name} ({str(row.id)[-4:]})", silence(row), at=row.down_since or row.status_at,
                                 state="failed" if row.status == Status.ERROR else "late", group="Flux", source="façade FHIR"))  # fmt: skip
    return found


def silence(row: Subscription) -> str:
    """« Muet depuis 2 h, 12 événements en attente. »"""
    since = row.down_since or row.status_at
    left = f"{count(row.waiting, 'événement')} en attente"
    return f"Sans réponse depuis {duration((timezone.now() - since).total_seconds())}, {left}."


def state_of(row: Subscription) -> tuple[str, str]:
    """(word, kind) of the chip."""
    if row.status in {Status.ACTIVE, Status.REQUESTED} and row.is_mute:
        return "Ne répond pas", "danger"
    kinds = {Status.ACTIVE: "ok", Status.REQUESTED: "waiting", Status.ERROR: "danger", Status.OFF: "neutral"}
    word = "À relever" if row.status == Status.ERROR and row.channel != "rest-hook" else str(Status(row.status).label)
    return word, "neutral" if word == "À relever" else kinds[Status(row.status)]


def place(endpoint: str) -> str:
    """The machine that is called: what an address may hold beyond is its owner's."""
    parts = urlsplit(endpoint)
    return parts.netloc.rpartition("@")[2] if parts.netloc else "messagerie"


def recent(rows: Iterable[Subscription]) -> dict[UUID, int]:
    """Events of 24 hours, by subscription."""
    with connection.cursor() as cursor:
        cursor.execute(RECENT, [timezone.now() - DAY, [row.id for row in rows]])
        return dict(cursor.fetchall())


def links(actor: Actor) -> Iterable[tuple[flow.Link, str]]:
    rows = list(Subscription.objects.visible_to(actor).standing().select_related("client").defer("body"))
    counted: dict[UUID, Any] = recent(rows)
    for row in rows:
        word, kind = state_of(row)
        link = flow.Link(
            row.client.name, "out", f"abonnement {row.resource_type}", counted.get(row.id, 0), 0, row.waiting, None, None,
            row.last_ok_at, kind, word, reverse("subscriptions:detail", args=[row.id]),
        )  # fmt: skip
        yield link, silence(row) if kind == "danger" else ""
