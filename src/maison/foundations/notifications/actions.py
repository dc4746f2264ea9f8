"""Tell people, and note that they have read."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.accounts.models import User
from maison.foundations.errors import NotFound
from maison.foundations.events import publish

from .events import PeopleNotified
from .models import Notification
from .selectors import holders_of


@transaction.atomic
def notify(subjects: Iterable[str], *, kind: str, title: str, text: str = "", url_name: str = "",
           url_args: tuple[object, ...] = (), key: str = "", mail: bool = False) -> int:  # fmt: skip
    """Write one line for each person; with a `key`, saying it again changes nothing. Returns how many were new.

    No health data and no identity in `title` and `text`. With `mail`, those whose address is known also receive one
    mail that says only that something waits.
    """
    from .tasks import announce_by_mail

    wanted = sorted(set(subjects))
    if key:
        told = Notification.objects.filter(key=key, subject__in=wanted).values_list("subject", flat=True)
        wanted = sorted(set(wanted) - set(told))
    url = reverse(url_name, args=url_args) if url_name else ""
    Notification.objects.bulk_create(
        [
            Notification(subject=subject, kind=kind, key=key, title=title, text=text, url=url, by_mail=mail)
            for subject in wanted
        ],
        ignore_conflicts=True,
    )
    people = list(User.objects.filter(subject__in=wanted, is_active=True).values_list("id", "email"))
    if people:
        publish(PeopleNotified(kind, tuple(user_id for user_id, _ in people)))
    for user_id, email in people:
        if mail and email:
            announce_by_mail.defer(user_id=str(user_id))
    return len(wanted)


def notify_holders(permission: Permission, *, structure_id: UUID | None = None, kind: str, title: str, text: str = "",
                   url_name: str = "", url_args: tuple[object, ...] = (), key: str = "", mail: bool = False) -> int:  # fmt: skip
    """The same, for all who hold a permission in a structure (or anywhere)."""
    return notify(holders_of(permission, structure_id), kind=kind, title=title, text=text, url_name=url_name,
                  url_args=url_args, key=key, mail=mail)  # fmt: skip


@transaction.atomic
def mark_read(actor: Actor, notification_id: UUID) -> Notification:
    found = Notification.objects.visible_to(actor).select_for_update().filter(id=notification_id).first()
    if found is None:
        raise NotFound
    if found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    return found


def mark_all_read(actor: Actor) -> int:
    return Notification.objects.visible_to(actor).unread().update(read_at=timezone.now())
