from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.none() if actor.is_anonymous else self.filter(subject=actor.subject)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """A line for one person, known by the national identifier: it may precede the first sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField("destinataire", max_length=64)
    kind = models.CharField("nature", max_length=60)
    key = models.CharField("clé", max_length=160, blank=True)
    title = models.CharField("titre", max_length=200)
    text = models.CharField("texte", max_length=500, blank=True)
    url = models.CharField("adresse", max_length=300, blank=True)
    created_at = models.DateTimeField("reçue le", default=timezone.now)
    read_at = models.DateTimeField("lue le", null=True, blank=True)
    by_mail = models.BooleanField("à annoncer par courriel", default=False)
    mailed_at = models.DateTimeField("annoncée le", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "notification"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "key"],
                condition=~models.Q(key=""),
                name="notification_said_once",
                violation_error_message="Cette notification a déjà été envoyée.",
            )
        ]
        indexes = [
            models.Index(fields=["subject", "-created_at"], name="notification_of_person"),
            models.Index(fields=["subject"], condition=models.Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.title
