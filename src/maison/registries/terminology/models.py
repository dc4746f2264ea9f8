from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from maison.foundations.ids import uuid7


class Named(models.Model):
    """What a system and a set have in common: how they are called, by whom, in which version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField("adresse canonique", max_length=250, unique=True)
    oid = models.CharField("OID", max_length=100, blank=True, db_index=True)
    title = models.CharField("nom", max_length=250)
    publisher = models.CharField("éditeur", max_length=120, blank=True)
    version = models.CharField("version", max_length=60, blank=True)
    published_on = models.DateField("version du", null=True, blank=True)
    terms = models.PositiveIntegerField("codes en vigueur", default=0)

    class Meta:
        abstract = True
        ordering = ["title", "url"]

    def __str__(self) -> str:
        return self.title


class System(Named):
    """A nomenclature that defines codes."""

    is_set = False

    case_sensitive = models.BooleanField("distingue les majuscules", default=False)

    class Meta(Named.Meta):
        verbose_name = "nomenclature"


class ValueSet(Named):
    """The codes one field may hold."""

    is_set = True

    class Meta(Named.Meta):
        verbose_name = "jeu de valeurs"


class Concept(models.Model):
    """A code in one of its states: `until` is empty for the state in service, else the vintage that replaced or removed it.

    `starts_on` and `ends_on` are the publisher's own dates: an ended code is still in service to be read, not to be entered.
    """

    id = models.BigAutoField(primary_key=True)
    system = models.ForeignKey(System, models.PROTECT, related_name="concepts", verbose_name="nomenclature")
    code = models.CharField("code", max_length=150)
    display = models.TextField("libellé")
    short = models.TextField("libellé court", blank=True)
    definition = models.TextField("définition", blank=True)
    parent = models.CharField("code père", max_length=150, blank=True)
    starts_on = models.DateField("valide à partir du", null=True, blank=True)
    ends_on = models.DateField("valide jusqu'au", null=True, blank=True)
    properties = models.JSONField("autres propriétés", default=dict, blank=True)
    since = models.DateField("dit depuis")
    until = models.DateField("dit jusqu'à", null=True, blank=True)
    words = models.TextField("mots cherchés", editable=False, default="")

    class Meta:
        verbose_name = "code"
        ordering = ["code", "-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "code"], condition=models.Q(until__isnull=True), name="concept_once_in_service"
            )
        ]
        indexes = [
            models.Index(fields=["system", "code"], name="concept_states"),
            models.Index(fields=["system", "parent"], name="concept_children"),
            GinIndex(OpClass("words", name="gin_trgm_ops"), name="concept_words"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"


class Member(models.Model):
    """A code of a set, in one of its states. `system` is the canonical address or `urn:oid:…`, as the publisher wrote it."""

    id = models.BigAutoField(primary_key=True)
    value_set = models.ForeignKey(ValueSet, models.PROTECT, related_name="members", verbose_name="jeu de valeurs")
    system = models.CharField("nomenclature", max_length=250, blank=True)
    code = models.CharField("code", max_length=150)
    display = models.TextField("libellé")
    starts_on = models.DateField("valide à partir du", null=True, blank=True)
    ends_on = models.DateField("valide jusqu'au", null=True, blank=True)
    since = models.DateField("dit depuis")
    until = models.DateField("dit jusqu'à", null=True, blank=True)

    class Meta:
        verbose_name = "code d'un jeu de valeurs"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["value_set", "system", "code"],
                condition=models.Q(until__isnull=True),
                name="member_once_in_service",
            )
        ]
        indexes = [models.Index(fields=["value_set", "code"], name="member_states")]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"
