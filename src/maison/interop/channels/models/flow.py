from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


class DeskRule(models.Model):
    """Which desk mends the messages stopped for a reason, when it is not the one the house proposes."""

    reason = models.CharField("motif", max_length=40, primary_key=True)
    desk = models.CharField("bureau", max_length=20)
    changed_at = models.DateTimeField("changé le", default=timezone.now)
    changed_by = models.CharField("changé par", max_length=200)

    class Meta:
        verbose_name = "bureau d'un motif"
        ordering = ["reason"]

    def __str__(self) -> str:
        return f"{self.reason} : {self.desk}"


class Certificate(models.Model):
    """The certificate a software presents, kept to tell before it expires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.UUIDField("logiciel", unique=True)
    fingerprint = models.CharField("empreinte SHA-256", max_length=64)
    subject = models.CharField("sujet", max_length=300)
    expires_at = models.DateTimeField("expire le")
    declared_at = models.DateTimeField("déclaré le", default=timezone.now)

    class Meta:
        verbose_name = "certificat de logiciel"
        ordering = ["expires_at"]

    def __str__(self) -> str:
        return self.subject
