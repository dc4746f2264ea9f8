from __future__ import annotations

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import everywhere
from maison.interop.exchanges.permissions import P


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of them from the agency, those of its own structure from elsewhere, as the software that exchanges."""
        held = actor.structures_with(P.VIEW)
        return self if everywhere(held) else self.filter(structure__in=held)


class Target(models.Model):
    """Where the house sends HL7v2 by MLLP: one application of a structure, reached at one address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("code", max_length=55, unique=True, validators=[RegexValidator(r"\A[a-z0-9._-]+\Z")])
    name = models.CharField("nom", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    host = models.CharField("hôte", max_length=200)
    port = models.PositiveIntegerField("port", validators=[MinValueValidator(1), MaxValueValidator(65535)])
    secured = models.BooleanField("TLS avec le certificat de la maison", default=False)
    active = models.BooleanField("active", default=True)
    registered_at = models.DateTimeField("déclarée le", default=timezone.now)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = "cible HL7v2"
        verbose_name_plural = "cibles HL7v2"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
