from __future__ import annotations

from typing import Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.interop.channels.permissions import P


def everywhere(held: frozenset[UUID]) -> bool:
    """The agency runs the house: whoever holds the right there holds it for every channel."""
    return bool(held) and Structure.objects.filter(kind=Structure.Kind.AGENCY, id__in=held).exists()


class ChannelQuerySet(models.QuerySet["Channel"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.within(actor, P.VIEW)

    def within(self, actor: Actor, permission: Permission) -> Self:
        held = actor.structures_with(permission)
        return self if everywhere(held) else self.filter(structure__in=held)


class Channel(models.Model):
    """A way for messages, under one code, through the life of its versions. `suspended_at` stops it without changing any."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("code", max_length=24, unique=True)
    title = models.CharField("titre", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure responsable")
    suspended_at = models.DateTimeField("suspendu le", null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = "canal"
        verbose_name_plural = "canaux"
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def journal_channel(self) -> str:
        """How the journal names its exchanges (30 characters at most)."""
        return f"canal:{self.code}"


class Version(models.Model):
    """The configuration of a channel at one moment. Its text is frozen from submission on, by the database too."""

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        TESTED = "tested", "Testé"
        SUBMITTED = "submitted", "À approuver"
        LIVE = "live", "En service"
        REPLACED = "replaced", "Remplacé"
        RETIRED = "retired", "Retiré"

    MOVES: dict[str, frozenset[str]] = {
        State.DRAFT: frozenset({State.TESTED}),
        State.TESTED: frozenset({State.DRAFT, State.TESTED, State.SUBMITTED}),
        State.SUBMITTED: frozenset({State.DRAFT, State.LIVE}),
        State.LIVE: frozenset({State.REPLACED, State.RETIRED}),
        State.REPLACED: frozenset(),
        State.RETIRED: frozenset(),
    }
    OPEN = (State.DRAFT, State.TESTED, State.SUBMITTED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("numéro")
    state = models.CharField("état", max_length=10, choices=State, default=State.DRAFT)
    text = models.TextField("texte")
    comment = models.CharField("pourquoi", max_length=300, blank=True)
    editors = ArrayField(models.CharField(max_length=64), verbose_name="écrite par", default=list)
    editor_names = ArrayField(models.CharField(max_length=200), default=list)
    created_at = models.DateTimeField("créée le", default=timezone.now)
    changed_at = models.DateTimeField("changée le", default=timezone.now)
    based_on = models.PositiveIntegerField("d'après la version", null=True, blank=True)
    tested_at = models.DateTimeField("essayée le", null=True, blank=True)
    report = models.JSONField("essai", default=dict, blank=True)
    submitted_at = models.DateTimeField("soumise le", null=True, blank=True)
    approved_by = models.CharField("approuvée par", max_length=64, blank=True)
    approver_name = models.CharField(max_length=200, blank=True)
    live_at = models.DateTimeField("en service le", null=True, blank=True)
    ended_at = models.DateTimeField("retirée le", null=True, blank=True)
    restored_by = models.CharField("rétablie par", max_length=200, blank=True)

    class Meta:
        verbose_name = "version de canal"
        verbose_name_plural = "versions de canal"
        ordering = ["channel", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(state="live"), name="version_live_once",
                violation_error_message="Ce canal a déjà une version en service.",
            ),
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(state__in=["draft", "tested", "submitted"]), name="version_open_once",
                violation_error_message="Ce canal a déjà une version en préparation.",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["live", "replaced"]) | ~models.Q(approved_by=""), name="version_live_is_approved",
                violation_error_message="Une version en service a été approuvée.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.channel_id} v{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_editable(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.TESTED)

    @property
    def kind(self) -> str:
        """How a chip shows its state."""
        return VERSION_KINDS[self.state]


VERSION_KINDS: dict[str, str] = {
    Version.State.DRAFT: "neutral",
    Version.State.TESTED: "info",
    Version.State.SUBMITTED: "waiting",
    Version.State.LIVE: "ok",
    Version.State.REPLACED: "neutral",
    Version.State.RETIRED: "stale",
}
