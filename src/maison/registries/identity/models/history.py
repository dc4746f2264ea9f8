from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .identity import Identity


class Change(models.Model):
    """What an identity became, by whom and why: the whole state after each change. The database refuses to alter it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="changes", verbose_name="identité")
    version = models.PositiveIntegerField("version")
    code = models.CharField("changement", max_length=40)
    at = models.DateTimeField("le", default=timezone.now)
    told_at = models.DateTimeField("dit le", null=True, blank=True)
    subject = models.CharField("par", max_length=64, blank=True)
    name = models.CharField("nom", max_length=120, blank=True)
    structure_id = models.UUIDField("pour", null=True, blank=True)
    exchange_id = models.UUIDField("message", null=True, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)
    fields = models.JSONField("traits changés", default=list)
    state = models.JSONField("état après")

    class Meta:
        verbose_name = "changement d'identité"
        ordering = ["identity", "version"]
        constraints = [models.UniqueConstraint(fields=["identity", "version"], name="identity_change_once")]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.version}"


class DocumentSeen(models.Model):
    """A document that was shown: its kind, its validity, who saw it. Never its image nor its number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="documents", verbose_name="identité")
    kind = models.CharField("pièce", max_length=5)
    valid_until = models.DateField("valable jusqu'au", null=True, blank=True)
    seen_at = models.DateTimeField("vue le", default=timezone.now)
    seen_by = models.CharField("vue par", max_length=64)
    seen_by_name = models.CharField(max_length=120, blank=True)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="à")

    class Meta:
        verbose_name = "pièce vue"
        verbose_name_plural = "pièces vues"
        ordering = ["-seen_at", "id"]

    def __str__(self) -> str:
        return self.kind
