from __future__ import annotations

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


class ProfessionalQuerySet(models.QuerySet["Professional"]):
    def practising(self) -> Self:
        return self.filter(closed_on=None)


class Professional(models.Model):
    """A person under a national identifier. Every column but `id` is rebuilt from the rows of the RPPS."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    idnat = models.CharField("identifiant national", max_length=20, unique=True)
    identifier = models.CharField("RPPS ou ADELI", max_length=20, blank=True)
    title = models.CharField("civilité d'exercice", max_length=6, blank=True)
    name = models.CharField("nom d'exercice", max_length=120)
    first_name = models.CharField("prénom d'exercice", max_length=120, blank=True)
    profession = models.CharField("profession", max_length=6, blank=True, help_text="TRE_G15")
    profession_label = models.CharField("libellé de la profession", max_length=120, blank=True)
    category = models.CharField("catégorie professionnelle", max_length=2, blank=True)
    skill = models.CharField("savoir-faire principal", max_length=10, blank=True)
    skill_label = models.CharField("libellé du savoir-faire", max_length=200, blank=True)
    cities = models.TextField("communes d'exercice", blank=True)
    departments = models.TextField("départements d'exercice", blank=True)
    said_on = models.DateField("dit par le RPPS le")
    closed_on = models.DateField("plus d'activité depuis le", null=True, blank=True)
    words = models.TextField("mots cherchés", default="", editable=False)

    objects = ProfessionalQuerySet.as_manager()

    class Meta:
        verbose_name = "professionnel"
        ordering = ["name", "first_name", "id"]
        indexes = [
            models.Index(fields=["identifier"], name="professional_identifier"),
            models.Index(fields=["profession", "skill"], name="professional_what"),
            GinIndex(OpClass("words", name="gin_trgm_ops"), name="professional_words"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.title.capitalize(), self.first_name, self.name) if part)

    @property
    def is_practising(self) -> bool:
        return self.closed_on is None


class ActivityQuerySet(models.QuerySet["Activity"]):
    def open(self) -> Self:
        return self.filter(models.Q(closed_on=None) | models.Q(closed_on__gt=timezone.localdate()))


class Activity(models.Model):
    """One situation d'exercice. `key` is its row in the source; `facility_finess` names the EG when it is a FINESS one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    professional = models.ForeignKey(
        Professional, models.CASCADE, related_name="activities", verbose_name="professionnel"
    )
    source = models.CharField("source", max_length=40)
    key = models.CharField("ligne", max_length=250)
    profession = models.CharField("profession", max_length=6, blank=True)
    category = models.CharField("catégorie", max_length=2, blank=True)
    skill = models.CharField("savoir-faire", max_length=10, blank=True)
    skill_label = models.CharField("libellé du savoir-faire", max_length=200, blank=True)
    mode = models.CharField("mode d'exercice", max_length=2, blank=True)
    sector = models.CharField("secteur d'activité", max_length=10, blank=True)
    role = models.CharField("rôle", max_length=20, blank=True)
    genre = models.CharField("genre d'activité", max_length=10, blank=True)
    finess = models.CharField("FINESS du site", max_length=9, blank=True)
    siret = models.CharField("SIRET du site", max_length=14, blank=True)
    technical_id = models.CharField("identifiant technique de la structure", max_length=60, blank=True)
    structure_name = models.CharField("raison sociale", max_length=250, blank=True)
    line = models.CharField("adresse", max_length=250, blank=True)
    postal_code = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("commune", max_length=120, blank=True)
    city_code = models.CharField("code commune", max_length=5, blank=True)
    department = models.CharField("département", max_length=3, blank=True)
    phone = models.CharField("téléphone", max_length=30, blank=True)
    email = models.CharField("courriel", max_length=250, blank=True)
    said_on = models.DateField("dite le")
    closed_on = models.DateField("close le", null=True, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = "situation d'exercice connue"
        ordering = ["closed_on", "structure_name", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="activity_once")]
        indexes = [
            models.Index(fields=["finess"], condition=~models.Q(finess=""), name="activity_finess"),
            models.Index(fields=["city_code", "profession"], name="activity_where_what"),
        ]

    def __str__(self) -> str:
        return self.structure_name or self.key


class Qualification(models.Model):
    """A savoir-faire, a diploma or an authorisation, from its own file."""

    class Kind(models.TextChoices):
        SKILL = "savoir-faire", "Savoir-faire"
        DIPLOMA = "diplome", "Diplôme ou autorisation"

    id = models.BigAutoField(primary_key=True)
    idnat = models.CharField("identifiant national", max_length=20, db_index=True)
    kind = models.CharField("nature", max_length=12, choices=Kind)
    key = models.CharField("ligne", max_length=250)
    type = models.CharField("type", max_length=10, blank=True)
    code = models.CharField("code", max_length=20, blank=True)
    label = models.CharField("libellé", max_length=300, blank=True)
    closed_on = models.DateField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "qualification"
        ordering = ["kind", "label"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="qualification_once")]

    def __str__(self) -> str:
        return self.label or self.code


class Mailbox(models.Model):
    """A secure mailbox of the national directory. Those on the red list are not in the public extraction, and so never here."""

    class Kind(models.TextChoices):
        PERSON = "PER", "Personnelle"
        ORGANISATION = "ORG", "Organisationnelle"
        APPLICATION = "CAB", "Applicative ou de cabinet"

    address = models.CharField("adresse", max_length=250, primary_key=True)
    kind = models.CharField("type", max_length=4, choices=Kind)
    idnat = models.CharField("professionnel", max_length=20, blank=True, db_index=True)
    structure_kind = models.CharField("type d'identifiant de structure", max_length=2, blank=True)
    structure = models.CharField("structure", max_length=20, blank=True, db_index=True)
    service = models.CharField("service", max_length=200, blank=True)
    structure_name = models.CharField("raison sociale", max_length=250, blank=True)
    paperless = models.BooleanField("accepte le zéro papier", default=False)
    said_on = models.DateField("dite le")
    closed_on = models.DateField("retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "boîte aux lettres MSSanté"
        verbose_name_plural = "boîtes aux lettres MSSanté"
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address
