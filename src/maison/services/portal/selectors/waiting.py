"""« Ce qui vous attend »: the relays of every room, and one's own requests that were sent back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from maison.foundations import relay
from maison.foundations.access import Actor
from maison.services.portal.models import AccessRequest
from maison.services.portal.relays import NOT_URGENT
from maison.services.portal.waiting import WaitingGroup, WaitingRow, grouped, rows_of

ROWS = 20
TOPICS = 24
"""Structures listened to at once: beyond, the periodic re-reading suffices and the address of the stream stays short."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """`total` counts all that waits; `groups` holds the first of them, most urgent then oldest first."""

    groups: list[WaitingGroup]
    total: int
    topics: list[str]

    @property
    def rest(self) -> int:
        return self.total - sum(len(group.rows) for group in self.groups)

    @property
    def mark(self) -> str:
        """Tells whether something moved since it was last read: what did not move is not sent nor announced again."""
        said = "|".join(f"{row.key} {row.step}" for group in self.groups for row in group.rows)
        return blake2s(f"{self.total}|{said}".encode(), digest_size=8).hexdigest()


def _sent_back(actor: Actor) -> QuerySet[AccessRequest]:
    return AccessRequest.objects.filter(subject=actor.subject, status=AccessRequest.Status.MORE_NEEDED)


def waiting_count(actor: Actor) -> int:
    """For the bar. Two queries."""
    return 0 if actor.is_anonymous else relay.waiting_count(actor) + _sent_back(actor).count()


def waiting_page(actor: Actor, limit: int = ROWS) -> Waiting:
    """Three queries (two when the page holds everything), and one for each kind of relay that gives words of its own."""
    own = [
        WaitingRow(
            key=str(request.id),
            what="Complément demandé",
            about=f"Votre accès à « {request.service.name} »",
            url=reverse("portal:request", args=[request.id]),
            urgency=NOT_URGENT,
            since=request.moved_at,
            sender=request.structure.short_name,
            step=request.get_status_display(),
        )
        for request in _sent_back(actor).select_related("service", "structure")
    ]
    relays = relay.waiting_for(actor, limit=limit)
    total = (relay.waiting_count(actor) if len(relays) == limit else len(relays)) + len(own)
    shown = sorted([*rows_of(relays), *own], key=lambda row: (row.urgency, row.since))[:limit]
    return Waiting(groups=grouped(shown), total=total, topics=topics_of(actor))


def topics_of(actor: Actor) -> list[str]:
    """The structures of which something may reach this person, that of the current situation first."""
    structures: set[UUID] = set()
    for kind in relay.kinds().values():
        structures |= actor.structures_with(kind.permission)
    ordered = sorted(structures, key=lambda item: (item != actor.structure_id, str(item)))
    return [f"relay.waiting:{structure_id}" for structure_id in ordered[:TOPICS]]
