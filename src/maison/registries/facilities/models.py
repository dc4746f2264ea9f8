from __future__ import annotations

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


class FacilityQuerySet(models.QuerySet["Facility"]):
    def open(self) -> Self:
        return self.filter(models.Q(closed_on=None) | models.Q(closed_on__gt=timezone.localdate()))


class Facility(models.Model):
    """An EJ or an EG as the golden record holds it. `provenance` says for each field the source, its day and how sure it is."""

    class Kind(models.TextChoices):
        LEGAL_ENTITY = "EJ", "Entité juridique"
        SITE = "EG", "Établissement"

    class State(models.TextChoices):
        """REF-05. A candidate is only named by another record: nobody described it yet."""

        CANDIDATE = "candidat", "Candidat"
        MATCHED = "rapproche", "Rapproché"
        VALIDATED = "valide", "Validé"
        PUBLISHED = "publie", "Publié"
        INACTIVE = "inactif", "Inactif"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("nature", max_length=2, choices=Kind)
    finess = models.CharField("numéro FINESS", max_length=9)
    state = models.CharField("état", max_length=10, choices=State, default=State.CANDIDATE)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sites", verbose_name="entité juridique"
    )
    name = models.CharField("nom", max_length=250, blank=True)
    long_name = models.CharField("nom long", max_length=400, blank=True)
    category = models.CharField("catégorie", max_length=6, blank=True, help_text="TRE_R66")
    category_label = models.CharField("libellé de la catégorie", max_length=200, blank=True)
    legal_status = models.CharField("statut juridique", max_length=6, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    ape = models.CharField("activité (APE)", max_length=6, blank=True)
    participation = models.CharField("participation au service public", max_length=2, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    line = models.CharField("adresse", max_length=250, blank=True)
    complement = models.CharField("complément d'adresse", max_length=250, blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    city = models.CharField("commune", max_length=120, blank=True)
    city_code = models.CharField("code commune INSEE", max_length=5, blank=True)
    department = models.CharField("département", max_length=3, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    opened_on = models.DateField("ouvert le", null=True, blank=True)
    closed_on = models.DateField("fermé le", null=True, blank=True)
    updated_on = models.DateField("mis à jour par FINESS le", null=True, blank=True)
    provenance = models.JSONField("provenance des champs", default=dict, blank=True)
    words = models.TextField("mots cherchés", default="", editable=False)

    objects = FacilityQuerySet.as_manager()

    class Meta:
        verbose_name = "structure du répertoire"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "finess"], name="facility_once",
                                    violation_error_message="Ce numéro FINESS est déjà connu sous cette nature."),
            models.CheckConstraint(condition=models.Q(parent=None) | models.Q(kind="EG"), name="facility_parent_of_a_site",
                                   violation_error_message="Seul un établissement est rattaché à une entité juridique."),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["siret"], condition=~models.Q(siret=""), name="facility_siret"),
            models.Index(fields=["siren"], condition=~models.Q(siren=""), name="facility_siren"),
            models.Index(fields=["department", "category"], name="facility_where_what"),
            GinIndex(OpClass("words", name="gin_trgm_ops"), name="facility_words"),
        ]

    def __str__(self) -> str:
        return self.long_name or self.name or f"{self.kind} {self.finess}"

    @property
    def is_open(self) -> bool:
        return self.closed_on is None or self.closed_on > timezone.localdate()
