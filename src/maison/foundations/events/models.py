from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maison.foundations.ids import uuid7


class StoredEvent(models.Model):
    """One fact in the ledger. Partitioned by month; refuses change (see the migration)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("le")
    position = models.BigIntegerField()
    seq = models.BigIntegerField()
    name = models.CharField("fait", max_length=80)
    payload = models.JSONField("contenu")
    hints = ArrayField(models.TextField(), verbose_name="écrans")

    class Meta:
        managed = False
        db_table = "events_event"
        verbose_name = "événement"
        ordering = ["position", "seq"]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"


class Cursor(models.Model):
    """Where a reader of the ledger stands: the last (position, seq) it has dealt with."""

    reader = models.CharField("lecteur", primary_key=True, max_length=80)
    position = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "lecteur d'événements"

    def __str__(self) -> str:
        return self.reader
