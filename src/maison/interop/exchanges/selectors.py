"""Reads of the journal, for screens and supervision."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry

from .models import Client, Door, Exchange, Payload, exchange_target
from .permissions import P

State = Exchange.State
LONGEST_TEXT_SEARCH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """How a door lives: when it last carried something, and what waits behind it."""

    door: str
    label: str
    last_in: datetime | None
    last_out: datetime | None
    waiting: int
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What waits to be integrated, to be sent, to be mended, and since when."""

    to_integrate: int
    oldest_to_integrate: datetime | None
    to_send: int
    oldest_to_send: datetime | None
    to_mend: int
    waiting_for_case: int


def search(actor: Actor, *, state: str = "", direction: str = "", client: str = "", message_type: str = "", door: str = "",
           channel: str = "", patient: str = "", visit: str = "", to_mend: bool = False, since_hours: int | None = None,
           after: datetime | None = None, before: datetime | None = None, text: str = "") -> QuerySet[Exchange]:  # fmt: skip
    """The journal, newest first. `text` is looked for in the headers: as a whole identifier at any date, as a part of one
    inside the period. `patient` and `visit` are blind keys, for those who may read contents (X-02)."""
    found = Exchange.objects.visible_to(actor)
    equal = {"state": state, "direction": direction, "message_type": message_type, "door": door, "channel": channel}
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if client:
        found = found.filter(client_id=client)
    if patient or visit:
        found = found.filter(id__in=_of_patient(actor, patient, visit))
    if to_mend:
        found = found.filter(needs_mending=True)
    period = Q()
    if since_hours:
        period &= Q(at__gte=timezone.now() - timedelta(hours=since_hours))
    if after:
        period &= Q(at__gte=after)
    if before:
        period &= Q(at__lt=before)
    return found.filter(_text(text, period) if text else period)


def _of_patient(actor: Actor, patient: str, visit: str) -> QuerySet[Exchange, Any]:
    keys = {name: value for name, value in (("patient_key", patient), ("visit_key", visit)) if value}
    return Exchange.objects.within(actor, P.READ_PAYLOAD).filter(**keys).order_by().values("id")


def _text(text: str, period: Q) -> Q:
    whole = Q(distribution_id=text) | Q(case_ref=text) | Q(sender=text) | Q(correlation=text)
    with contextlib.suppress(ValueError):  # not one of our own identifiers
        whole |= Q(id=UUID(text))
    if not period:
        period = Q(at__gte=timezone.now() - LONGEST_TEXT_SEARCH)
    part = Q()
    for column in ("distribution_id", "case_ref", "sender", "message_type", "note", "fault_code"):
        part |= Q(**{f"{column}__icontains": text})
    return whole | (period & part)


def keeps_payload(exchange: Exchange) -> bool:
    """Whether the content is still there: the purge forgets contents and keeps headers."""
    return exchange.has_payload and Payload.objects.filter(id=exchange.id, at=exchange.at).exists()


def names_of_clients() -> dict[UUID, str]:
    return {row.id: str(row) for row in Client.objects.all()}


def clients_with_last_message(actor: Actor) -> list[tuple[Client, datetime | None, int]]:
    """Each declared software, when it last spoke, and how many of its messages are to mend. Three queries."""
    clients = list(Client.objects.visible_to(actor).select_related("structure"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, (SELECT max(e.at) FROM exchanges_exchange e WHERE e.client_id = c.id AND e.direction = 'in' "
            "AND e.at > now() - interval '31 days') FROM exchanges_client c"
        )
        last = dict(cursor.fetchall())
    mending = dict(
        Exchange.objects.filter(needs_mending=True, client_id__isnull=False)
        .order_by()
        .values_list("client_id")
        .annotate(n=Count("id"))
    )
    return [(client, last.get(client.id), mending.get(client.id, 0)) for client in clients]


def door_facts() -> list[DoorFacts]:
    """Age of the last message of each door, and its queue. One query, whatever the journal holds."""
    sql = """
    SELECT d.door,
      (SELECT max(at) FROM exchanges_exchange WHERE door = d.door AND direction = 'in' AND state <> 'refused'),
      (SELECT max(at) FROM exchanges_exchange WHERE door = d.door AND direction = 'out'),
      (SELECT count(*) FROM exchanges_exchange WHERE door = d.door AND direction = 'out' AND state = 'to_send'),
      (SELECT min(at) FROM exchanges_exchange WHERE door = d.door AND direction = 'out' AND state = 'to_send')
    FROM unnest(%s::text[]) WITH ORDINALITY AS d (door, rank) ORDER BY d.rank
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(Door.values)])
        return [DoorFacts(row[0], str(Door(row[0]).label), *row[1:]) for row in cursor.fetchall()]


def queue_facts() -> QueueFacts:
    sql = """
    SELECT (SELECT count(*) FROM exchanges_exchange WHERE state = 'received'),
           (SELECT min(at) FROM exchanges_exchange WHERE state = 'received'),
           (SELECT count(*) FROM exchanges_exchange WHERE direction = 'out' AND state = 'to_send' AND door <> 'mailbox'),
           (SELECT min(at) FROM exchanges_exchange WHERE direction = 'out' AND state = 'to_send' AND door <> 'mailbox'),
           (SELECT count(*) FROM exchanges_exchange WHERE needs_mending),
           (SELECT count(*) FROM exchanges_exchange WHERE state = 'waiting' AND fault_code = '')
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return QueueFacts(*cursor.fetchone())


def answers_of(exchange: Exchange) -> list[Exchange]:
    """What was said in answer to it, and the repetitions of it, oldest first."""
    return list(Exchange.objects.filter(answers=exchange.id).order_by("seq"))


def question_of(exchange: Exchange) -> Exchange | None:
    return Exchange.objects.filter(id=exchange.answers).first() if exchange.answers else None


def traces_of(exchange: Exchange, limit: int = 50) -> list[Entry]:
    """Who looked at it or acted on it."""
    kind, identifier = exchange_target(exchange.id)
    return list(Entry.objects.filter(target_type=kind, target_id=str(identifier)).order_by("-at")[:limit])


def counts_by_state(since: timedelta = timedelta(days=1)) -> Mapping[str, int]:
    rows = Exchange.objects.filter(at__gte=timezone.now() - since).order_by().values_list("state")
    return dict(rows.annotate(n=Count("id")))
