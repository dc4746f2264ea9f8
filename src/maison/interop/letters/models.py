from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import everywhere

from . import DMP, MSSANTE
from .permissions import P


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.within(actor, P.FOLLOW)

    def within(self, actor: Actor, permission: Permission) -> Self:
        """The agency's people follow every letter, a hospital's those of its own software."""
        held = actor.structures_with(permission)
        return self if everywhere(held) else self.filter(structure__in=held)


class Letter(models.Model):
    """One document of one received message. No identity, no title, no content: those stay sealed in the journal."""

    class Action(models.TextChoices):
        NEW = "new", "Premier envoi"
        REPLACE = "replace", "Remplace une version"
        DELETE = "delete", "Annule un document"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    exchange_id = models.UUIDField("échange")
    exchange_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField("rang dans le message", default=1)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="établissement")
    client_id = models.UUIDField("logiciel")
    received_at = models.DateTimeField("reçu le")
    read_at = models.DateTimeField("lu le", default=timezone.now)
    action = models.CharField("nature", max_length=8, choices=Action)
    document_key = models.CharField("identifiant du document", max_length=200, blank=True)
    replaces_key = models.CharField("document remplacé", max_length=200, blank=True)
    type_code = models.CharField("type", max_length=20, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    patient_key = models.CharField("clé du patient", max_length=32, blank=True)
    flags = models.JSONField("consignes", default=dict)
    fault = models.CharField("défaut", max_length=300, blank=True)
    given_addresses = ArrayField(models.CharField(max_length=254), verbose_name="adresses données", default=list)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = "courrier"
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["exchange_id", "rank"], name="letter_once")]
        indexes = [
            models.Index(fields=["structure", "-received_at"], name="letter_recent"),
            models.Index(fields=["document_key"], name="letter_document"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Leg(models.Model):
    """The way of a letter to one kind of recipient, as the last try left it. `delivery_id` is what the channel owes."""

    class State(models.TextChoices):
        NOT_ASKED = "not_asked", "Non demandé"
        HELD = "held", "Retenu"
        WAITING = "waiting", "En attente"
        SENT = "sent", "Envoyé"
        DELIVERED = "delivered", "Remis"
        READ = "read", "Lu"
        FAILED = "failed", "Non remis"
        GIVEN_UP = "given_up", "Abandonné"

    KINDS = {MSSANTE: "Messagerie sécurisée (MSSanté)", DMP: "Dossier médical partagé (DMP)"}

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="legs")
    kind = models.CharField("vers", max_length=8, choices=list(KINDS.items()))
    delivery_id = models.UUIDField("remise du canal")
    state = models.CharField("état", max_length=10, choices=State)
    state_at = models.DateTimeField("depuis", default=timezone.now)
    reason = models.CharField("motif", max_length=40, blank=True)
    words = models.CharField("précision", max_length=300, blank=True)
    tries = models.PositiveIntegerField("tentatives", default=0)
    looked_at = models.BigIntegerField("dernière identité regardée", default=0)

    class Meta:
        verbose_name = "trajet d'un courrier"
        constraints = [models.UniqueConstraint(fields=["letter", "kind"], name="leg_once")]
        indexes = [models.Index(fields=["reason"], condition=models.Q(state="held"), name="leg_held")]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.kind}"

    @property
    def chip(self) -> str:
        """How a status tag shows it."""
        return CHIPS[self.state]


CHIPS: dict[str, str] = {
    Leg.State.NOT_ASKED: "neutral",
    Leg.State.HELD: "danger",
    Leg.State.WAITING: "waiting",
    Leg.State.SENT: "info",
    Leg.State.DELIVERED: "ok",
    Leg.State.READ: "ok",
    Leg.State.FAILED: "danger",
    Leg.State.GIVEN_UP: "stale",
}


class Sending(models.Model):
    """One document to one place, once: written before the network is touched, completed by what came back.

    `destination` is a professional mailbox, `dmp`, or a blind key for a patient's mailbox, whose address is his INS.
    """

    class State(models.TextChoices):
        LEAVING = "leaving", "Issue inconnue"
        SENT = "sent", "Envoyé"
        DELIVERED = "delivered", "Remis"
        READ = "read", "Lu"
        FAILED = "failed", "Non remis"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="sendings")
    document_key = models.CharField(max_length=200)
    action = models.CharField(max_length=8, choices=Letter.Action)
    destination = models.CharField("destinataire", max_length=254)
    sha256 = models.CharField("empreinte", max_length=64)
    generation = models.PositiveSmallIntegerField("envoi numéro", default=1)
    reference = models.CharField("référence", max_length=200)
    state = models.CharField("état", max_length=10, choices=State, default=State.LEAVING)
    exchange_id = models.UUIDField("échange émis")
    exchange_at = models.DateTimeField()
    began_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField("envoyé le", null=True)
    delivered_at = models.DateTimeField("remis le", null=True)
    read_at = models.DateTimeField("lu le", null=True)
    failed_at = models.DateTimeField("non remis le", null=True)
    expects_receipt = models.BooleanField("accusé attendu", default=False)
    words = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        verbose_name = "envoi"
        ordering = ["began_at"]
        constraints = [
            models.UniqueConstraint(fields=["document_key", "action", "destination"], name="sending_once"),
            models.UniqueConstraint(fields=["reference"], name="sending_reference_once"),
        ]
        indexes = [
            models.Index(
                fields=["sent_at"], condition=models.Q(state="sent", expects_receipt=True), name="sending_silent"
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def chip(self) -> str:
        return {"leaving": "waiting", "sent": "info", "delivered": "ok", "read": "ok", "failed": "danger"}[self.state]
