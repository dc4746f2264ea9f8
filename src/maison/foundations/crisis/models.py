from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .territories import territory_name


class Level(models.IntegerChoices):
    ORDINARY = 0, "Situation ordinaire"
    VIGILANCE = 1, "Vigilance"
    TENSION = 2, "Tension"
    EXCEPTIONAL = 3, "Situation sanitaire exceptionnelle"


class CrisisPeriod(models.Model):
    """A territory at one level, from one moment to another. Closed periods are the history: they never change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    territory = models.CharField("territoire", max_length=10)
    level = models.PositiveSmallIntegerField("niveau", choices=Level)
    reason = models.CharField("motif", max_length=300)
    opened_at = models.DateTimeField("depuis le", default=timezone.now)
    opened_by = models.CharField("identifiant", max_length=64)
    opened_by_name = models.CharField("décidé par", max_length=200)
    closed_at = models.DateTimeField("jusqu'au", null=True, blank=True)
    closed_by = models.CharField("identifiant", max_length=64, blank=True)
    closed_by_name = models.CharField("levé par", max_length=200, blank=True)
    closing_reason = models.CharField("motif de fin", max_length=300, blank=True)

    class Meta:
        verbose_name = "période de crise"
        verbose_name_plural = "périodes de crise"
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["territory"],
                condition=models.Q(closed_at=None),
                name="crisis_one_level",
                violation_error_message="Ce territoire a déjà un niveau de crise en cours.",
            ),
            models.CheckConstraint(
                condition=models.Q(level__gte=1, level__lte=3),
                name="crisis_level_known",
                violation_error_message="Ce niveau de crise n'existe pas.",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None) | models.Q(closed_at__gte=models.F("opened_at")),
                name="crisis_dates",
                violation_error_message="La fin précède le début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.level}"

    @property
    def territory_name(self) -> str:
        return territory_name(self.territory)
