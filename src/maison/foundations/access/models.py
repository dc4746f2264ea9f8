from __future__ import annotations

from datetime import date
from typing import Self

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure


class HabilitationQuerySet(models.QuerySet["Habilitation"]):
    def in_force(self, on: date | None = None) -> Self:
        on = on or timezone.localdate()
        return self.filter(
            models.Q(ends_on=None) | models.Q(ends_on__gte=on),
            models.Q(structure__closed_on=None) | models.Q(structure__closed_on__gt=on),
            revoked_at=None,
            starts_on__lte=on,
        )


class Habilitation(models.Model):
    """A role given to a person in a structure. Keyed by the national identifier: it may precede the first sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField("identifiant de la personne", max_length=64)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="habilitations")
    role = models.CharField("rôle", max_length=40)
    starts_on = models.DateField("à partir du", default=timezone.localdate)
    ends_on = models.DateField("jusqu'au", null=True, blank=True)
    granted_by = models.CharField("accordée par", max_length=64)
    granted_at = models.DateTimeField(default=timezone.now)
    revoked_by = models.CharField("retirée par", max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)

    objects = HabilitationQuerySet.as_manager()

    class Meta:
        verbose_name = "habilitation"
        ordering = ["structure_id", "role", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "structure", "role"],
                condition=models.Q(revoked_at=None),
                name="habilitation_once",
                violation_error_message="Cette personne a déjà ce rôle dans cette structure.",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="habilitation_dates",
                violation_error_message="La date de fin précède la date de début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.subject})"
