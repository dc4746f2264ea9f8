from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from maison.formats.recognition import Family
from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .permissions import P

FAMILIES = [(family.value, family.french) for family in Family]


class CheckQuerySet(models.QuerySet["Check"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the structures where the actor checks samples; nobody sees those of another editor."""
        return self.filter(structure__in=actor.structures_with(P.CHECK))


class Check(models.Model):
    """That a sample was graded, and how. Nothing of the sample: its hash tells two apart, and no more."""

    class Outcome(models.TextChoices):
        GRADED = "graded", "Noté"
        UNCHECKED = "unchecked", "Reconnu, non contrôlé"
        UNKNOWN = "unknown", "Non reconnu"
        REFUSED = "refused", "Refusé : INS de production"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("le", default=timezone.now)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    subject = models.CharField("par", max_length=120)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille en octets")
    outcome = models.CharField("issue", max_length=10, choices=Outcome)
    family = models.CharField("famille", max_length=10, choices=FAMILIES, blank=True)
    grade = models.CharField("note", max_length=1, blank=True)
    unreadable = models.PositiveSmallIntegerField("illisible")
    errors = models.PositiveSmallIntegerField("erreurs")
    warnings = models.PositiveSmallIntegerField("avertissements")
    remarks = models.PositiveSmallIntegerField("remarques")

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = "vérification"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["structure", "-at", "-id"], name="check_of_structure"),
            models.Index(fields=["subject", "at"], name="check_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.family or '?'} {self.grade or self.outcome}"

    @property
    def family_label(self) -> str:
        return str(self.get_family_display()) if self.family else "Non reconnue"

    @property
    def grade_label(self) -> str:
        return f"Note {self.grade}" if self.grade else str(self.get_outcome_display())

    @property
    def grade_kind(self) -> str:
        """How a chip shows it."""
        return KINDS.get(self.grade, "stale")


KINDS = {"A": "ok", "B": "ok", "C": "warn", "D": "danger", "E": "danger"}


class SchemaFile(models.Model):
    """One file of an official XML schema, as its publisher wrote it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("jeu de schémas", max_length=20)
    name = models.CharField("chemin", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    content = models.BinaryField("contenu")
    loaded_at = models.DateTimeField("chargé le", default=timezone.now)

    class Meta:
        verbose_name = "schéma XML"
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="conformance_schema_once")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"
