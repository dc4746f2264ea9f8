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

from .permissions import P


class Door(models.TextChoices):
    HTTP = "http", "HTTPS, clé"
    MTLS = "https-mtls", "HTTPS, certificat"
    AMQP = "amqp", "AMQP"
    MAILBOX = "mailbox", "Boîte à relever (HTTPS)"
    MLLP = "mllp", "MLLP (HL7v2)"


def everywhere(held: frozenset[UUID]) -> bool:
    """The agency runs the doors: whoever holds the right there holds it for all of them."""
    return bool(held) and Structure.objects.filter(kind=Structure.Kind.AGENCY, id__in=held).exists()


class ClientQuerySet(models.QuerySet["Client"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.within(actor, P.VIEW)

    def within(self, actor: Actor, permission: Permission) -> Self:
        held = actor.structures_with(permission)
        return self if everywhere(held) else self.filter(structure__in=held)

    def in_use(self) -> Self:
        return self.filter(active=True)


class Client(models.Model):
    """Software that exchanges with the house under its own name, for a structure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.CharField("identifiant", max_length=55, unique=True, help_text="par exemple fr.health.samu310")
    name = models.CharField("nom", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    # A fast hash is enough: the key is 256 random bits, not a password (see register_client).
    key_hash = models.CharField("empreinte de la clé", max_length=64, blank=True)
    certificate_fingerprint = models.CharField("empreinte SHA-256 du certificat", max_length=64, blank=True)
    certificate_subject = models.CharField("sujet du certificat", max_length=300, blank=True)
    doors = ArrayField(models.CharField(max_length=12, choices=Door), verbose_name="portes ouvertes", default=list)
    # How software is known at the MLLP door when it shows no certificate: what it says of itself, and the port it came by.
    mllp_application = models.CharField("application HL7v2 (MSH-3)", max_length=180, blank=True)
    mllp_facility = models.CharField("établissement HL7v2 (MSH-4)", max_length=180, blank=True)
    mllp_port = models.PositiveIntegerField("port d'écoute MLLP", null=True, blank=True)
    active = models.BooleanField("actif", default=True)
    registered_at = models.DateTimeField("déclaré le", default=timezone.now)

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = "logiciel"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key_hash"],
                condition=~models.Q(key_hash=""),
                name="client_key_once",
                violation_error_message="Cette clé est déjà celle d'un autre logiciel.",
            ),
            models.UniqueConstraint(
                fields=["certificate_fingerprint"],
                condition=~models.Q(certificate_fingerprint=""),
                name="client_certificate_once",
                violation_error_message="Ce certificat est déjà celui d'un autre logiciel.",
            ),
            models.UniqueConstraint(
                fields=["mllp_application", "mllp_facility", "mllp_port"],
                condition=~models.Q(mllp_application=""),
                nulls_distinct=False,
                name="client_mllp_once",
                violation_error_message="Cette application HL7v2 est déjà celle d'un autre logiciel sur ce port.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def door_labels(self) -> str:
        return ", ".join(str(Door(door).label) for door in self.doors)

    def opens(self, door: str) -> bool:
        return self.active and door in self.doors


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    def visible_to(self, actor: Actor) -> Self:
        """Headers, never contents: all of them from the agency, those of its own software from another structure."""
        return self.within(actor, P.VIEW)

    def within(self, actor: Actor, permission: Permission) -> Self:
        held = actor.structures_with(permission)
        if everywhere(held):
            return self
        return self.filter(client_id__in=Client.objects.filter(structure__in=held).values("id"))


class Exchange(models.Model):
    """One message through one door. Partitioned by month; what identifies it refuses change (see the migration)."""

    class Direction(models.TextChoices):
        IN = "in", "Reçu"
        OUT = "out", "Émis"

    class State(models.TextChoices):
        RECEIVED = "received", "Reçu"
        INTEGRATED = "integrated", "Intégré"
        WAITING = "waiting", "En attente"
        KEPT = "kept", "Conservé"
        DUPLICATE = "duplicate", "Doublon"
        REFUSED = "refused", "Refusé"
        TO_SEND = "to_send", "À envoyer"
        SENT = "sent", "Envoyé"
        ACKNOWLEDGED = "acknowledged", "Acquitté"
        FAILED = "failed", "Échec"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("le")
    position = models.BigIntegerField()
    seq = models.BigIntegerField()
    direction = models.CharField("sens", max_length=3, choices=Direction)
    channel = models.CharField("canal", max_length=30)
    door = models.CharField("porte", max_length=12, choices=Door)
    client_id = models.UUIDField("logiciel", null=True)
    sender = models.CharField("émetteur", max_length=200)
    recipients = ArrayField(models.TextField(), verbose_name="destinataires")
    distribution_id = models.CharField("identifiant de diffusion", max_length=300)
    kind = models.CharField("nature", max_length=12)
    status = models.CharField("statut", max_length=12)
    message_type = models.CharField("type", max_length=40)
    case_ref = models.CharField("dossier", max_length=200)
    content_type = models.CharField("format", max_length=80)
    size = models.IntegerField("taille en octets")
    sha256 = models.CharField("empreinte", max_length=64)
    state = models.CharField("état", max_length=12, choices=State)
    state_at = models.DateTimeField("dans cet état depuis")
    attempts = models.SmallIntegerField("tentatives")
    next_attempt_at = models.DateTimeField("prochaine tentative")
    lane = models.CharField("file", max_length=300)
    also_lane = models.CharField("autre file retenue", max_length=300)
    # Blind indexes (see blind_index): what a person looks for is found, and nobody is named.
    patient_key = models.CharField("clé du patient", max_length=32)
    visit_key = models.CharField("clé de la venue", max_length=32)
    fault_code = models.CharField("motif", max_length=20)
    faults = models.JSONField("défauts")
    note = models.CharField("précision", max_length=300)
    step = models.CharField("étape annoncée", max_length=12)
    confirmed_step = models.CharField("étape confirmée par le destinataire", max_length=12)
    correlation = models.CharField("message cité", max_length=300)
    answers = models.UUIDField("répond à", null=True)
    needs_mending = models.BooleanField("à réparer")
    relay_id = models.UUIDField(null=True)
    history = models.JSONField("historique")

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "exchanges_exchange"
        verbose_name = "échange"
        ordering = ["-seq"]

    def __str__(self) -> str:
        return f"{self.message_type or '?'} {self.distribution_id}"

    @property
    def is_replayable(self) -> bool:
        """An update that waits for its case is not: the room already has it. A message out is when nobody took it."""
        if not self.has_payload:
            return False
        if self.direction == self.Direction.OUT:
            return self.state == self.State.FAILED
        return self.state == self.State.REFUSED or (self.state == self.State.WAITING and self.fault_code != "")

    @property
    def has_payload(self) -> bool:
        """False for a message too large, of a sender without a key, or a copy of one already held."""
        return bool(self.sha256) and self.state != self.State.DUPLICATE

    @property
    def state_label(self) -> str:
        return str(self.State(self.state).label)

    @property
    def state_kind(self) -> str:
        """How a chip shows it."""
        return STATE_KINDS[self.state]


STATE_KINDS: dict[str, str] = {
    Exchange.State.RECEIVED: "info",
    Exchange.State.INTEGRATED: "ok",
    Exchange.State.WAITING: "waiting",
    Exchange.State.KEPT: "neutral",
    Exchange.State.DUPLICATE: "neutral",
    Exchange.State.REFUSED: "danger",
    Exchange.State.TO_SEND: "waiting",
    Exchange.State.SENT: "info",
    Exchange.State.ACKNOWLEDGED: "ok",
    Exchange.State.FAILED: "danger",
}


class Payload(models.Model):
    """The bytes, sealed. Append-only; a month is forgotten by dropping its partition, headers stay (HUB-08)."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField("le")
    body = models.BinaryField("contenu scellé")

    class Meta:
        managed = False
        db_table = "exchanges_payload"
        verbose_name = "contenu d'échange"

    def __str__(self) -> str:
        return str(self.id)


class Attempt(models.Model):
    """One try at carrying or integrating an exchange, and how it ended. Append-only, by month."""

    class Outcome(models.TextChoices):
        DONE = "done", "Abouti"
        LATER = "later", "À reprendre"
        REFUSED = "refused", "Refusé"
        LOST = "lost", "Sans réponse"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("le")
    exchange_id = models.UUIDField("échange")
    number = models.SmallIntegerField("tentative")
    outcome = models.CharField("issue", max_length=12, choices=Outcome)
    code = models.CharField("réponse", max_length=40)
    target = models.CharField("cible", max_length=60)
    milliseconds = models.IntegerField("durée (ms)")

    class Meta:
        managed = False
        db_table = "exchanges_attempt"
        verbose_name = "tentative"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"


class Identity(models.Model):
    """What makes a message count once, across months and doors."""

    id = models.UUIDField("échange", primary_key=True)
    at = models.DateTimeField("le")
    channel = models.CharField("canal", max_length=30)
    sender = models.CharField("émetteur", max_length=200)
    distribution_id = models.CharField("identifiant de diffusion", max_length=300)
    sha256 = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "identité d'échange"
        constraints = [
            models.UniqueConstraint(fields=["channel", "sender", "distribution_id"], name="exchange_identity_once"),
        ]

    def __str__(self) -> str:
        return self.distribution_id


class KeyFailure(models.Model):
    """Wrong keys counted by minute and by origin, so that a storm is answered without filling the journal."""

    origin = models.CharField("empreinte de l'origine", max_length=64)
    minute = models.DateTimeField()
    count = models.IntegerField(default=1)

    class Meta:
        verbose_name = "clé refusée"
        constraints = [models.UniqueConstraint(fields=["origin", "minute"], name="key_failure_once")]

    def __str__(self) -> str:
        return f"{self.origin[:8]} {self.count}"


def exchange_target(exchange_id: UUID) -> tuple[str, object]:
    """How traces name an exchange."""
    return ("exchanges.exchange", exchange_id)
