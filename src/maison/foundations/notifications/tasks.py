from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations.accounts.models import User
from maison.foundations.jobs import job

from .mail import MailNotSent, is_deliverable, mailer
from .models import Notification


@job("notifications.announce_by_mail", retry_on=(MailNotSent,))
def announce_by_mail(user_id: str) -> None:
    """One mail for all that waits: run again, it finds nothing left to say."""
    user = User.objects.filter(id=UUID(user_id), is_active=True).first()
    if user is None or not is_deliverable(user.email):
        return
    waiting = Notification.objects.filter(subject=user.subject, read_at=None, by_mail=True, mailed_at=None)
    ids = list(waiting.values_list("id", flat=True))
    if not ids:
        return
    mailer().announce(user.email)
    with transaction.atomic():
        Notification.objects.filter(id__in=ids).update(mailed_at=timezone.now())
