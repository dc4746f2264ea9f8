from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .purposes import FilePurpose, purposes
from .sniffing import KINDS, Kind


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def visible_to(self, actor: Actor) -> Self:
        """Files of the actor's own; who else may read one is the affair of its purpose (`access.access_file`)."""
        return self.none() if actor.is_anonymous else self.filter(stored_by=actor.subject)


class StoredFile(models.Model):
    """A file the house keeps. The bytes stand elsewhere, encrypted, under an opaque name."""

    class State(models.TextChoices):
        STORED = "stored", "Conservé"
        WITHDRAWN = "withdrawn", "Retiré"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose_code = models.CharField("usage", max_length=60)
    name = models.CharField("nom", max_length=120)
    kind_code = models.CharField("type", max_length=10)
    size = models.PositiveBigIntegerField("taille", help_text="bytes")
    sha256 = models.CharField("empreinte", max_length=64)
    place = models.CharField("emplacement", max_length=120, unique=True, editable=False)
    key_id = models.CharField("clé", max_length=16)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, related_name="+", verbose_name="structure")
    stored_at = models.DateTimeField("déposé le", default=timezone.now)
    stored_by = models.CharField("déposé par", max_length=64)
    state = models.CharField("état", max_length=10, choices=State, default=State.STORED)
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.CharField("retiré par", max_length=64, blank=True)
    withdrawal_reason = models.CharField("motif du retrait", max_length=300, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = "fichier"
        ordering = ["-stored_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="stored", withdrawn_at=None)
                | models.Q(state="withdrawn", withdrawn_at__isnull=False),
                name="file_withdrawal_dated",
                violation_error_message="Un fichier retiré porte la date de son retrait.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def purpose(self) -> FilePurpose | None:
        """None when the room that owned the purpose was lifted out of the house."""
        return purposes().get(self.purpose_code)

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_code]
