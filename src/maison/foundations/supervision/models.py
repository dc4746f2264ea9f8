from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


class Heartbeat(models.Model):
    """One living process of the house. A process that stops cleanly takes its row away; one that dies leaves it to age."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    process = models.CharField("processus", max_length=40)
    instance = models.CharField("machine et numéro", max_length=120)
    started_at = models.DateTimeField("démarré le", default=timezone.now)
    seen_at = models.DateTimeField("vu le", default=timezone.now)
    details = models.JSONField("précisions", default=dict)

    class Meta:
        verbose_name = "battement"
        ordering = ["process", "instance"]
        constraints = [models.UniqueConstraint(fields=["process", "instance"], name="heartbeat_once")]

    def __str__(self) -> str:
        return f"{self.process} {self.instance}"


class Alert(models.Model):
    """A reading that failed, until it recovered. Kept as history; one open alert for a reading."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    probe = models.CharField("mesure", max_length=80)
    label = models.CharField("libellé", max_length=200)
    value = models.CharField("valeur", max_length=200)
    opened_at = models.DateTimeField("ouverte le", default=timezone.now)
    closed_at = models.DateTimeField("close le", null=True, blank=True)

    class Meta:
        verbose_name = "alerte de supervision"
        verbose_name_plural = "alertes de supervision"
        ordering = ["-opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["probe", "label"], condition=models.Q(closed_at=None), name="alert_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} : {self.value}"
