from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.interop.exchanges.models import Client, everywhere
from maison.interop.fhir.permissions import P


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of them from the agency, those of its own software from another structure. Never the contents of events."""
        held = actor.structures_with(P.VIEW_SUBSCRIPTIONS)
        return self if everywhere(held) else self.filter(client__structure__in=held)

    def standing(self) -> Self:
        """Those that receive events: asked for, in service, or mute."""
        return self.filter(status__in=STANDING, deleted_at=None)


class Subscription(models.Model):
    """What one software asked to be told, and where its events stand. `body` is the resource without its secrets nor its status.

    `numbered` events have come since its start, `sent` of them were taken. `snapshot` says which changes were already there.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "Demandé"
        ACTIVE = "active", "En service"
        ERROR = "error", "Muet"
        OFF = "off", "Arrêté"

    class Content(models.TextChoices):
        EMPTY = "empty", "Rien que le nombre"
        ID_ONLY = "id-only", "Identifiants"
        FULL = "full-resource", "Ressources entières"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(Client, models.PROTECT, related_name="fhir_subscriptions", verbose_name="logiciel")
    status = models.CharField("état", max_length=10, choices=Status, default=Status.REQUESTED)
    status_at = models.DateTimeField("dans cet état depuis", default=timezone.now)
    reason = models.CharField("motif", max_length=20, blank=True)
    words = models.CharField("précision", max_length=300, blank=True)
    topic = models.CharField("sujet", max_length=60, blank=True)
    resource_type = models.CharField("type", max_length=40)
    query = models.JSONField("critères", default=list)
    narrowing = models.JSONField("personnes visées", default=dict)
    channel = models.CharField("canal", max_length=12, default="rest-hook")
    endpoint = models.CharField("adresse", max_length=2000)
    content = models.CharField("contenu", max_length=14, choices=Content, default=Content.ID_ONLY)
    headers = models.BinaryField("en-têtes scellés", default=b"")
    timeout_seconds = models.PositiveSmallIntegerField("attente (s)", default=15)
    heartbeat_seconds = models.PositiveIntegerField("battement (s)", default=0)
    max_count = models.PositiveSmallIntegerField("événements par envoi", default=100)
    starts_at = models.DateTimeField("à partir du", null=True)
    ends_at = models.DateTimeField("jusqu'au", null=True)
    body = models.TextField("ressource")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField("demandé le", default=timezone.now)
    changed_at = models.DateTimeField("modifié le", default=timezone.now)
    deleted_at = models.DateTimeField("supprimé le", null=True)
    snapshot = models.CharField(max_length=4000)
    shift = models.BigIntegerField(default=0)
    numbered = models.BigIntegerField("événements", default=0)
    sent = models.BigIntegerField("remis", default=0)
    greeted = models.BooleanField("salué", default=False)
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    down_since = models.DateTimeField("muet depuis", null=True)
    paused_until = models.DateTimeField("prochain essai", default=timezone.now)
    lent_until = models.DateTimeField(default=timezone.now)
    lent_to = models.UUIDField(null=True)
    last_ok_at = models.DateTimeField("dernière remise", null=True)
    last_sent_at = models.DateTimeField("dernier envoi", null=True)
    last_event_at = models.DateTimeField("dernier événement", null=True)
    relay_id = models.UUIDField(null=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = "abonnement FHIR"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent__lte=models.F("numbered")),
                name="fhir_subscription_sent",
                violation_error_message="Un abonnement ne peut pas avoir remis plus d'événements qu'il n'en a reçu.",
            ),
        ]
        indexes = [models.Index(fields=["resource_type", "status"], name="fhir_subscription_type")]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.id}"

    @property
    def waiting(self) -> int:
        return self.numbered - self.sent

    @property
    def is_mute(self) -> bool:
        """Long enough without an answer to be shown so."""
        return self.down_since is not None and timezone.now() - self.down_since > SHOWN_MUTE_AFTER


STANDING = (Subscription.Status.REQUESTED, Subscription.Status.ACTIVE, Subscription.Status.ERROR)
SHOWN_MUTE_AFTER = timedelta(minutes=5)


class Notice(models.Model):
    """One event of one subscription: which version of which resource, and its number. Kept until delivered, then for a while."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="notices")
    number = models.BigIntegerField("numéro")
    at = models.DateTimeField("le")
    resource_pk = models.UUIDField()
    resource_id = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    method = models.CharField(max_length=6)
    patient = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "événement d'abonnement"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["subscription", "number"], name="fhir_notice_number_once")]
        indexes = [models.Index(fields=["at"], name="fhir_notice_at")]

    def __str__(self) -> str:
        return f"{self.number} {self.resource_id}"
