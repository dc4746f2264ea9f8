from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.registries.offer.permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class WhitePlanQuerySet(models.QuerySet["WhitePlan"]):
    def visible_to(self, actor: Actor) -> Self:
        """Regulation and the ARS see every plan; an establishment sees its own."""
        if actor.can(P.VIEW_SENSITIVE):
            return self
        return self.filter(structure__in=actor.structures_with(P.DECLARE_WHITE_PLAN))

    def current(self) -> Self:
        return self.filter(lifted_at=None)


class WhitePlan(models.Model):
    """The plan blanc of an establishment, set off and lifted by its direction. Lifted plans are the history."""

    class Level(models.IntegerChoices):
        INTERNAL = 1, "Plan de mobilisation interne"
        WHITE = 2, "Plan blanc"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="white_plans", verbose_name="établissement")
    level = models.PositiveSmallIntegerField("niveau", choices=Level)
    set_off_at = models.DateTimeField("déclenché le", default=timezone.now)
    set_off_by = models.CharField("identifiant", max_length=64)
    set_off_by_name = models.CharField("déclenché par", max_length=200)
    lifted_at = models.DateTimeField("levé le", null=True, blank=True)
    lifted_by_name = models.CharField("levé par", max_length=200, blank=True)

    objects = WhitePlanQuerySet.as_manager()

    class Meta:
        verbose_name = "plan blanc"
        verbose_name_plural = "plans blancs"
        ordering = ["-set_off_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["structure"], condition=models.Q(lifted_at=None), name="white_plan_one_at_once",
                violation_error_message="Cet établissement a déjà un plan en cours.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.structure_id} {self.level}"
