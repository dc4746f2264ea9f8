from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.formats.ror import codes
from maison.foundations.ids import uuid7

from .offer import Offer


class Source(models.TextChoices):
    ADT = "adt", "mouvements de l'établissement"
    API = "api", "logiciel de l'établissement"
    PHONE = "telephone", "saisie ou téléphone"
    DESCRIPTION = "description", "description de l'offre"


class Capacity(models.Model):
    """A count of beds as last told. What nobody told has no row: unknown is never zero."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="capacities", verbose_name="offre")
    nature = models.CharField("nature", max_length=2, default=codes.BED, help_text="J187")
    status = models.CharField("statut", max_length=2, help_text="J188")
    sex = models.CharField("genre", max_length=4, blank=True, help_text="J190 ; vide : tous")
    number = models.PositiveIntegerField("nombre")
    source = models.CharField("source", max_length=12, choices=Source)
    at = models.DateTimeField("vrai le")
    crisis_type = models.CharField("type de crise", max_length=2, blank=True, help_text="J194")
    assignment = models.CharField("affectation temporaire", max_length=2, default="01", help_text="J195")

    class Meta:
        verbose_name = "capacité"
        constraints = [
            models.UniqueConstraint(fields=["offer", "nature", "status", "sex"], name="offer_capacity_once"),
            models.CheckConstraint(
                condition=models.Q(number__gte=0), name="offer_capacity_not_negative",
                violation_error_message="Un nombre de lits ne peut pas être négatif.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.status} {self.number}"


class Report(models.Model):
    """What one source said at once, as it said it. Append-only by use. `late`: older than what was known, so not shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="reports", verbose_name="offre")
    source = models.CharField("source", max_length=12, choices=Source)
    at = models.DateTimeField("vrai le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    subject = models.CharField("identifiant", max_length=64)
    name = models.CharField("par", max_length=200)
    figures = models.JSONField("chiffres", default=list)
    late = models.BooleanField("plus ancien que ce qui est connu", default=False)

    class Meta:
        verbose_name = "relevé de lits"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["offer", "-at"], name="offer_report_latest")]

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"
