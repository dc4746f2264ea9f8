from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.registries.identity.permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor, Permission


class DomainQuerySet(models.QuerySet["Domain"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.open_to(actor, P.VIEW)

    def open_to(self, actor: Actor, permission: Permission) -> Self:
        """A domain serves the places of its structure: a right held in a service opens the domain of its hospital.

        The regional cell, which reconciles domains, sees all of them.
        """
        if permission in (P.VIEW, P.REGION) and actor.can(P.REGION):
            return self
        held = actor.structures_with(permission)
        rows = Structure.objects.filter(id__in=held).values_list("lineage", flat=True)
        served = {one for lineage in rows for one in lineage}
        return self.filter(models.Q(structure__in=served) | models.Q(shared_with__overlap=list(served)))


class Domain(models.Model):
    """Who gives numbers (IPP) to patients: a hospital's software, or the house itself for a structure."""

    class Kind(models.TextChoices):
        FEED = "flux", "Logiciel de l'établissement"
        HOUSE = "maison", "Maison e-santé"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField("nature", max_length=8, choices=Kind, default=Kind.FEED)
    code = models.CharField("OID, ou nom de l'autorité", max_length=200)
    is_oid = models.BooleanField(default=False)
    name = models.CharField("nom", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    shared_with = ArrayField(models.UUIDField(), default=list, blank=True, verbose_name="aussi utilisé par")
    contact = models.CharField("contact d'identitovigilance", max_length=200, blank=True)
    is_trusted = models.BooleanField(
        "INS repris",
        default=False,
        help_text="La cellule régionale a vérifié ce flux : ses INS d'identités qualifiées sont repris.",
    )
    since = models.DateTimeField("connu depuis", default=timezone.now)

    objects = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = "domaine d'identification"
        verbose_name_plural = "domaines d'identification"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(is_oid=True), name="identity_domain_oid",
                violation_error_message="Cet OID est déjà celui d'un autre domaine.",
            ),
            models.UniqueConstraint(
                fields=["structure", "code"], condition=models.Q(is_oid=False), name="identity_domain_name",
                violation_error_message="Cette structure a déjà un domaine de ce nom.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name
