from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.interop.channels.permissions import P

from .channel import everywhere


class MappingTableQuerySet(models.QuerySet["MappingTable"]):
    def visible_to(self, actor: Actor) -> Self:
        """Codes are no secret: whoever sees channels or keeps tables sees every table."""
        return self if actor.can(P.VIEW) or actor.can(P.TABLES) else self.none()

    def within(self, actor: Actor, permission: Permission) -> Self:
        held = actor.structures_with(permission)
        return self if everywhere(held) else self.filter(structure__in=held)


class MappingTable(models.Model):
    """From the codes of one software to those of another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("code", max_length=24, unique=True)
    title = models.CharField("titre", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="tenue par")
    created_at = models.DateTimeField("créée le", default=timezone.now)

    objects = MappingTableQuerySet.as_manager()

    class Meta:
        verbose_name = "table de correspondance"
        verbose_name_plural = "tables de correspondance"
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class TableVersion(models.Model):
    """`entries`: code → [code, label]; `tests`: [[given, expected]], expected empty meaning « not in the table »."""

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        APPROVED = "approved", "Approuvée"
        RETIRED = "retired", "Retirée"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    table = models.ForeignKey(MappingTable, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("numéro")
    state = models.CharField("état", max_length=10, choices=State, default=State.DRAFT)
    entries = models.JSONField("correspondances", default=dict)
    tests = models.JSONField("essais", default=list)
    origin = models.CharField("source", max_length=300, blank=True)
    editors = ArrayField(models.CharField(max_length=64), verbose_name="écrite par", default=list)
    editor_names = ArrayField(models.CharField(max_length=200), default=list)
    created_at = models.DateTimeField("créée le", default=timezone.now)
    approved_by = models.CharField("approuvée par", max_length=64, blank=True)
    approver_name = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField("approuvée le", null=True, blank=True)

    class Meta:
        verbose_name = "version de table"
        verbose_name_plural = "versions de table"
        ordering = ["table", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="table_version_once"),
            models.UniqueConstraint(fields=["table"], condition=models.Q(state="draft"), name="table_draft_once"),
            models.CheckConstraint(
                condition=models.Q(state="draft") | ~models.Q(approved_by=""), name="table_version_is_approved"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"{self.table.code}@{self.number}"

    @property
    def failing(self) -> list[tuple[str, str, str]]:
        """(given, expected, found) of the tests that do not pass."""
        found = []
        for given, expected in self.tests:
            answer = self.entries.get(given, [""])[0]
            if answer != expected:
                found.append((given, expected, answer))
        return found
