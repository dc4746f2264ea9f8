"""Rows the façade owns. The store itself (fhir_resource, fhir_version, fhir_text, fhir_range) is written by `store` in SQL."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.interop.exchanges.models import Client

from .subscriptions.models import Notice, Subscription


class Software(models.Model):
    """How a client of the exchange journal is known to the FHIR door: its public keys and what it may ever ask."""

    client = models.OneToOneField(
        Client, models.PROTECT, primary_key=True, related_name="fhir", verbose_name="logiciel"
    )
    keys = models.JSONField("clés publiques (JWKS)", default=list)
    scopes = ArrayField(models.CharField(max_length=120), verbose_name="portées admises", default=list)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "logiciel FHIR"

    def __str__(self) -> str:
        return self.client.name


class Assertion(models.Model):
    """A client assertion already presented: its `jti` opens nothing twice. Only a digest is kept."""

    id = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "preuve de client déjà présentée"

    def __str__(self) -> str:
        return self.id[:8]


class Definition(models.Model):
    """A StructureDefinition, ValueSet or CodeSystem loaded by `./maison import profiles`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    url = models.CharField(max_length=300)
    version = models.CharField(max_length=60, blank=True)
    package = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    loaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "définition FHIR"
        ordering = ["kind", "url", "version"]
        constraints = [models.UniqueConstraint(fields=["kind", "url", "version"], name="fhir_definition_once")]

    def __str__(self) -> str:
        return f"{self.url}|{self.version}"


__all__ = ["Assertion", "Definition", "Notice", "Software", "Subscription"]
