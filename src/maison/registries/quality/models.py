from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class AnomalyQuerySet(models.QuerySet["Anomaly"]):
    def visible_to(self, actor: Actor) -> Self:
        return self if actor.can(P.VIEW_QUALITY) else self.filter(signalled_by=actor.subject)

    def alive(self) -> Self:
        return self.filter(state__in=Anomaly.ALIVE)


class Anomaly(models.Model):
    """One record at fault, found by a rule or signalled by a person. REF-05: ouverte → assignée → corrigée → close | rejetée."""

    class State(models.TextChoices):
        OPEN = "ouverte", "Ouverte"
        ASSIGNED = "assignee", "Assignée"
        MENDED = "corrigee", "Corrigée"
        CLOSED = "close", "Close"
        REJECTED = "rejetee", "Rejetée"

    ALIVE = (State.OPEN, State.ASSIGNED)
    SIGNALLED = "SIGNAL"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.CharField("règle", max_length=10)
    registry = models.CharField("répertoire", max_length=20)
    kind = models.CharField("objet", max_length=20)
    target_id = models.UUIDField("fiche")
    label = models.CharField("libellé de la fiche", max_length=250)
    detail = models.CharField("constat", max_length=400)
    state = models.CharField("état", max_length=10, choices=State, default=State.OPEN)
    owner = models.CharField("à corriger par", max_length=120)
    answer = models.CharField("réponse", max_length=400, blank=True)
    signalled_by = models.CharField("signalée par", max_length=64, blank=True)
    opened_at = models.DateTimeField("ouverte le", default=timezone.now)
    moved_at = models.DateTimeField("dernier changement", default=timezone.now)

    objects = AnomalyQuerySet.as_manager()

    class Meta:
        verbose_name = "anomalie d'un répertoire"
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "kind", "target_id", "signalled_by"], condition=models.Q(state__in=["ouverte", "assignee"]),
                name="anomaly_once_alive", violation_error_message="Cette anomalie est déjà suivie.",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["registry", "rule", "state"], name="anomaly_of_rule"),
                   models.Index(fields=["target_id"], name="anomaly_of_target")]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.rule} {self.label}"


class Score(models.Model):
    """What one rule found at one moment: the last one of each rule is shown, the others make the trend."""

    id = models.BigAutoField(primary_key=True)
    rule = models.CharField("règle", max_length=10)
    registry = models.CharField("répertoire", max_length=20)
    checked = models.PositiveIntegerField("fiches contrôlées")
    faulty = models.PositiveIntegerField("fiches en défaut")
    at = models.DateTimeField("calculé le", default=timezone.now)

    class Meta:
        verbose_name = "résultat d'une règle"
        indexes = [models.Index(fields=["registry", "rule", "-at"], name="score_last")]

    def __str__(self) -> str:
        return f"{self.rule} {self.faulty}/{self.checked}"
