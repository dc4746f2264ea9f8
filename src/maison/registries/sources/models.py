from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class LoadingQuerySet(models.QuerySet["Loading"]):
    def visible_to(self, actor: Actor) -> Self:
        return self if actor.can(P.VIEW_LOADINGS) else self.none()


class Loading(models.Model):
    """One file read for one source, from its first byte to its last difference applied."""

    class State(models.TextChoices):
        READING = "lecture", "Lecture en cours"
        APPLYING = "application", "Application en cours"
        APPLIED = "applique", "Appliqué"
        TRIED = "essai", "Essai, rien d'écrit"
        UNCHANGED = "inchange", "Rien de changé"
        ABORTED = "abandonne", "Abandonné"

    RUNNING = (State.READING, State.APPLYING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField("source", max_length=200)
    source_name = models.CharField("nom de la source", max_length=200)
    file_name = models.CharField("fichier", max_length=250)
    file_hash = models.CharField("empreinte du fichier", max_length=64, blank=True)
    vintage = models.DateField("date de l'éditeur", null=True, blank=True)
    state = models.CharField("état", max_length=12, choices=State, default=State.READING)
    reason = models.TextField("motif", blank=True)
    lines = models.PositiveBigIntegerField("lignes lues", default=0)
    new = models.PositiveBigIntegerField("nouvelles", default=0)
    changed = models.PositiveBigIntegerField("changées", default=0)
    same = models.PositiveBigIntegerField("inchangées", default=0)
    gone = models.PositiveBigIntegerField("disparues", default=0)
    refused = models.PositiveBigIntegerField("refusées", default=0)
    warned = models.PositiveBigIntegerField("signalées", default=0)
    done = models.PositiveBigIntegerField("appliquées", default=0)
    samples = models.JSONField("exemples de différences", default=dict, blank=True)
    started_at = models.DateTimeField("commencé le", default=timezone.now)
    heard_at = models.DateTimeField("dernier signe", default=timezone.now)
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)
    started_by = models.CharField("lancé par", max_length=120, blank=True)

    objects = LoadingQuerySet.as_manager()

    class Meta:
        verbose_name = "chargement"
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=models.Q(state__in=["lecture", "application"]), name="loading_one_at_a_time",
                violation_error_message="Un chargement de cette source est déjà en cours.",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["source", "-started_at"], name="loading_of_source")]

    def __str__(self) -> str:
        return f"{self.source_name} – {self.file_name}"


class Row(models.Model):
    """What a source says under a key, as last accepted. `closed_on`: absent from the file of that date, and since."""

    pk = models.CompositePrimaryKey("source", "key")
    source = models.CharField("source", max_length=200)
    key = models.CharField("clé", max_length=250)
    entity = models.CharField("objet décrit", max_length=120)
    digest = models.BinaryField("empreinte")
    body = models.JSONField("contenu")
    since = models.DateField("première version")
    said_on = models.DateField("dernière version changée")
    closed_on = models.DateField("close le", null=True, blank=True)

    class Meta:
        verbose_name = "ligne d'un fichier officiel"
        indexes = [models.Index(fields=["source", "entity"], name="source_row_entity")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class Anomaly(models.Model):
    """What was wrong in a file, line by line, for the publisher or the steward."""

    id = models.BigAutoField(primary_key=True)
    loading = models.ForeignKey(Loading, models.CASCADE, related_name="anomalies", verbose_name="chargement")
    key = models.CharField("ligne", max_length=250)
    code = models.CharField("code", max_length=30)
    field = models.CharField("champ", max_length=80, blank=True)
    text = models.CharField("constat", max_length=400)
    blocking = models.BooleanField("ligne refusée", default=True)

    class Meta:
        verbose_name = "anomalie d'un fichier"
        ordering = ["-blocking", "code", "id"]

    def __str__(self) -> str:
        return f"{self.code} {self.key}"
