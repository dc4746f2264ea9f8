from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .identity import Identity

FRESH_FOR = timedelta(hours=24)
"""An answer taken later than that must be asked again: the national register may have changed."""
MUTE_AFTER = timedelta(seconds=20)


class InsiCall(models.Model):
    """One question to INSi and what became of it. Asked by a job, so that nobody who cares ever waits for it."""

    class Kind(models.TextChoices):
        TRAITS = "traits", "Recherche par les traits"
        CARD = "carte", "Recherche par la carte Vitale"
        VERIFY = "verification", "Vérification"

    class State(models.TextChoices):
        WAITING = "attente", "En attente de réponse"
        ANSWERED = "repondu", "Répondu"
        FAILED = "echec", "Sans réponse"

    class Outcome(models.TextChoices):
        NONE = "", "À traiter"
        TAKEN = "repris", "Traits repris"
        DECLINED = "ecarte", "Réponse écartée"
        DONE = "fait", "Traité"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="insi_calls", verbose_name="identité")
    kind = models.CharField("appel", max_length=12, choices=Kind)
    criteria = models.JSONField("critères", default=dict)
    identity_version = models.PositiveIntegerField("version de l'identité")
    state = models.CharField("état", max_length=8, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    asked_by = models.CharField(max_length=64)
    structure_id = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("tentatives", default=0)
    tried_at = models.DateTimeField("dernier essai", null=True, blank=True)
    failure = models.CharField("panne", max_length=20, blank=True)
    code = models.CharField("réponse", max_length=4, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answer = models.JSONField("traits d'INSi", null=True, blank=True)
    outcome = models.CharField("suite", max_length=8, choices=Outcome, default=Outcome.NONE, blank=True)

    class Meta:
        verbose_name = "appel INSi"
        verbose_name_plural = "appels INSi"
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["state", "asked_at"], name="identity_insi_waiting")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_mute(self) -> bool:
        """Waiting for so long that people should be told to go on without it."""
        return self.is_waiting and timezone.now() - self.asked_at > MUTE_AFTER

    @property
    def said_at(self) -> datetime:
        return self.answered_at or self.tried_at or self.asked_at

    @property
    def can_be_taken(self) -> bool:
        return (
            self.state == self.State.ANSWERED
            and self.code == "00"
            and self.kind != self.Kind.VERIFY
            and self.outcome == self.Outcome.NONE
            and self.answered_at is not None
            and timezone.now() - self.answered_at < FRESH_FOR
        )


class InsiBatch(models.Model):
    """A lot of verifications: sent, then asked about until it is ready (INS-05)."""

    class State(models.TextChoices):
        READY = "pret", "À envoyer"
        SENT = "envoye", "Envoyé"
        DONE = "termine", "Terminé"
        FAILED = "echec", "Refusé par INSi"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField("état", max_length=8, choices=State, default=State.READY)
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    asked_by = models.CharField(max_length=64)
    structure_id = models.UUIDField(null=True, blank=True)
    lot = models.CharField("numéro de lot", max_length=80, blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "lot de vérifications"
        verbose_name_plural = "lots de vérifications"
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return str(self.id)


class BatchLine(models.Model):
    """One identity of a lot. `code` is the answer; an identity that changed meanwhile keeps its answer aside."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(InsiBatch, models.PROTECT, related_name="lines", verbose_name="lot")
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="identité")
    matricule = models.CharField(max_length=15)
    code = models.CharField("réponse", max_length=4, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)

    class Meta:
        verbose_name = "ligne de lot"
        verbose_name_plural = "lignes de lot"
        ordering = ["batch", "id"]
        constraints = [models.UniqueConstraint(fields=["batch", "identity"], name="identity_batch_line_once")]

    def __str__(self) -> str:
        return str(self.id)
