from __future__ import annotations

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from maison.formats.identifiers import InvalidSiret, check_siret
from maison.foundations.ids import uuid7


def siret_is_right(siret: str) -> None:
    try:
        check_siret(siret)
    except InvalidSiret as error:
        raise ValidationError(
            "Ce numéro SIRET n'existe pas : il a quatorze chiffres, le dernier est une clé.", code="siret"
        ) from error


class StructureQuerySet(models.QuerySet["Structure"]):
    def open(self) -> Self:
        return self.filter(models.Q(closed_on=None) | models.Q(closed_on__gt=timezone.localdate()))

    def within(self, structure_id: UUID) -> Self:
        """The structure and everything it contains."""
        return self.filter(lineage__contains=[structure_id])


class Structure(models.Model):
    class Kind(models.TextChoices):
        AGENCY = "GRADES", "Agence régionale (GRADeS)"
        LEGAL_ENTITY = "EJ", "Entité juridique"
        SITE = "EG", "Établissement géographique"
        SERVICE = "SERVICE", "Service"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("nature", max_length=10, choices=Kind)
    name = models.CharField("nom", max_length=200)
    short_name = models.CharField("nom court", max_length=60)
    finess = models.CharField("numéro FINESS", max_length=9, blank=True)
    siret = models.CharField("numéro SIRET", max_length=14, blank=True, validators=[siret_is_right])
    technical_id = models.CharField(
        "identifiant technique",
        max_length=60,
        blank=True,
        help_text="identifiantTechniqueDeLaStructure de l'annuaire santé",
    )
    hub_id = models.CharField("identifiant Hub Santé", max_length=120, blank=True, help_text="comme fr.health.samu310")
    category = models.CharField("type de structure", max_length=40, blank=True)
    service_type = models.CharField("type de service", max_length=40, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="rattachée à"
    )
    lineage = ArrayField(models.UUIDField(), verbose_name="rattachements", editable=False)
    department = models.CharField("département", max_length=3, blank=True)
    city = models.CharField("commune", max_length=80, blank=True)
    city_code = models.CharField("code commune INSEE", max_length=5, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    closed_on = models.DateField("fermée le", null=True, blank=True)

    objects = StructureQuerySet.as_manager()

    class Meta:
        verbose_name = "structure"
        ordering = ["name", "id"]
        indexes = [
            GinIndex(fields=["lineage"], name="structure_lineage"),
            # Not unique: a hospital and its nursing home may be one establishment for INSEE and two for FINESS.
            models.Index(fields=["siret"], condition=~models.Q(siret=""), name="structure_siret"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "finess"],
                condition=~models.Q(finess=""),
                name="structure_finess_once",
                violation_error_message="Ce numéro FINESS est déjà celui d'une autre structure.",
            ),
            models.UniqueConstraint(
                fields=["technical_id"],
                condition=~models.Q(technical_id=""),
                name="structure_technical_id_once",
                violation_error_message="Cet identifiant technique est déjà celui d'une autre structure.",
            ),
            models.UniqueConstraint(
                fields=["hub_id"],
                condition=~models.Q(hub_id=""),
                name="structure_hub_id_once",
                violation_error_message="Cet identifiant Hub Santé est déjà celui d'une autre structure.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Situation(models.Model):
    """A person's post: read from Pro Santé Connect at sign-in, or opened by the structure for a local account."""

    class Source(models.TextChoices):
        PSC = "psc", "Pro Santé Connect"
        LOCAL = "local", "Structure"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="situations")
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="situations")
    organisation_name = models.CharField("nom déclaré de la structure", max_length=200, blank=True)
    organisation_key = models.CharField("identifiant déclaré de la structure", max_length=60, blank=True)
    profession = models.CharField("profession", max_length=10, blank=True, help_text="TRE_G15")
    skill = models.CharField("savoir-faire", max_length=20, blank=True)
    mode = models.CharField("mode d'exercice", max_length=5, blank=True)
    sector = models.CharField("secteur d'activité", max_length=10, blank=True)
    role = models.CharField("rôle", max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    ended_on = models.DateField("terminée le", null=True, blank=True)

    class Meta:
        verbose_name = "situation d'exercice"
        verbose_name_plural = "situations d'exercice"
        ordering = ["organisation_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation_key", "profession", "mode", "role"], name="situation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.profession} – {self.organisation_name}"

    @property
    def is_open(self) -> bool:
        return self.ended_on is None or self.ended_on > timezone.localdate()
