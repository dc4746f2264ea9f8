from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .domain import Domain
from .identity import Identity

if TYPE_CHECKING:
    from maison.foundations.access import Actor

TICKET_MINUTES = 30


class SearchTicket(models.Model):
    """A search that was made: what creation asks for (INS-08). Good once, for its author and for what was searched."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField("par", max_length=64)
    criteria = models.JSONField("critères")
    found = models.PositiveIntegerField("résultats")
    at = models.DateTimeField("le", default=timezone.now)
    used_at = models.DateTimeField("utilisée le", null=True, blank=True)

    class Meta:
        verbose_name = "recherche d'antériorité"
        verbose_name_plural = "recherches d'antériorité"
        ordering = ["-at"]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_usable(self) -> bool:
        return self.used_at is None and timezone.now() - self.at < timedelta(minutes=TICKET_MINUTES)


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, actor: Actor) -> Self:
        from maison.registries.identity.permissions import P

        if actor.can(P.REGION):
            return self
        return self.filter(identity__domain__in=Domain.objects.open_to(actor, P.STEWARD))

    def waiting(self) -> Self:
        return self.filter(closed_at=None)


class WorkItem(models.Model):
    """Something of an identity that a person must look at. One open item for a reason and an identity."""

    class Reason(models.TextChoices):
        DOUBLE = "doublon", "Doublon possible dans l'établissement"
        INS_ASIDE = "ins-ecarte", "INS reçu, non exploitable"
        INS_OTHER = "ins-autre", "INS déjà porté par quelqu'un d'autre"
        INS_KO = "ins-ko", "INS invalidé par INSi"
        INS_DIFFERS = "ins-traits", "INSi ne donne pas les traits validés"
        TRAITS = "traits", "L'établissement dit d'autres traits"
        NIR = "nir-traits", "Le matricule ne s'accorde pas avec les traits"
        NAMESAKE = "homonyme", "Homonymes à distinguer"
        DOUBT = "doute", "Doute signalé par un professionnel"
        MERGE = "fusion", "Fusion à vérifier"
        DOMAIN = "domaine", "Flux d'un domaine à vérifier"
        LINK = "lien", "Rapprochement à revoir"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reason = models.CharField("raison", max_length=12, choices=Reason)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="work", verbose_name="identité")
    other = models.ForeignKey(Identity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="autre identité")  # fmt: skip
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    note = models.CharField("précision", max_length=300, blank=True)
    exchange_id = models.UUIDField("message", null=True, blank=True)
    at = models.DateTimeField("depuis", default=timezone.now)
    times = models.PositiveIntegerField("répétitions", default=1)
    closed_at = models.DateTimeField("traité le", null=True, blank=True)
    closed_by = models.CharField("traité par", max_length=64, blank=True)
    closed_by_name = models.CharField(max_length=120, blank=True)
    decision = models.CharField("décision", max_length=300, blank=True)

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        verbose_name = "tâche d'identitovigilance"
        verbose_name_plural = "tâches d'identitovigilance"
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["reason", "at"], name="identity_work_waiting", condition=Q(closed_at=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "reason"], condition=Q(closed_at=None), name="identity_work_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
