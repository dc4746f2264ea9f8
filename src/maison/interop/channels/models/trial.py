from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .channel import Version

SILENT = timedelta(minutes=2)


class Trial(models.Model):
    """A version being tried on past traffic by the worker. Places and counts only; the report ends in the version."""

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        STOPPED = "stopped", "Interrompu"

    OPEN = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="trials")
    fingerprint = models.CharField("empreinte du texte", max_length=64)
    since = models.DateTimeField("messages reçus depuis")
    until = models.DateTimeField("messages reçus avant")
    state = models.CharField("état", max_length=10, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField("messages à essayer", default=0)
    looked = models.PositiveIntegerField("messages essayés", default=0)
    asked_by = models.CharField("demandé par", max_length=64)
    asker_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)
    words = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        verbose_name = "essai de version"
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(state__in=("waiting", "running")), name="trial_open_once",
                violation_error_message="Cette version est déjà à l'essai.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_silent(self) -> bool:
        """Nobody has worked at it for a while: the worker is stopped, or overloaded."""
        return self.is_open and self.moved_at < timezone.now() - SILENT
