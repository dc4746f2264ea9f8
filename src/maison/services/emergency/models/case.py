from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.services.emergency.permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: Actor) -> Self:
        """URG-02: the regulating SAMU, the engaged crews, and the destination once it is decided; nobody else."""
        from .arrival import Arrival

        return self.filter(
            Q(samu__in=actor.structures_with(P.VIEW_CASES))
            | Q(
                pk__in=Arrival.objects.filter(service__in=actor.structures_with(P.VIEW_BOARD))
                .current()
                .values("case_id")
            )
            | Q(resources__structure__in=actor.structures_with(P.VIEW_MISSIONS))
        ).distinct()

    def open(self) -> Self:
        return self.filter(status__in=Case.OPEN_STATUSES)


class Case(models.Model):
    """A regulation case. `document` is the RS-EDA object as it stands; the columns beside it are what screens search."""

    class Status(models.TextChoices):
        PROGRAM = "PROGRAM", "Programmé"
        ACTIF = "ACTIF", "Actif"
        ACHEVE = "ACHEVE", "Achevé"
        VALIDE = "VALIDE", "Validé"
        CLOTURE = "CLOTURE", "Clôturé"
        CLASSE = "CLASSE", "Classé"
        ARCHIVE = "ARCHIVE", "Archivé"

    class Priority(models.TextChoices):
        P0 = "P0", "Urgence vitale"
        P1 = "P1", "Prioritaire"
        P2 = "P2", "Non urgent"
        P3 = "P3", "Différé"
        NR = "NR", "Non régulé"

    class CareLevel(models.TextChoices):
        R1 = "R1", "R1 – médicalisé par un SMUR"
        R2 = "R2", "R2 – présence d'un soignant"
        R3 = "R3", "R3 – transport ou secours"
        R4 = "R4", "R4 – conseil ou orientation"

    OPEN_STATUSES = (Status.PROGRAM, Status.ACTIF, Status.ACHEVE)
    FROZEN_STATUSES = (Status.VALIDE, Status.CLOTURE, Status.CLASSE, Status.ARCHIVE)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_ref = models.CharField("identifiant partagé", max_length=200, unique=True)
    sender_case_ref = models.CharField("numéro du dossier", max_length=200, blank=True)
    owner = models.CharField("propriétaire", max_length=120, blank=True)
    samu = models.ForeignKey(
        Structure, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="SAMU régulateur"
    )
    known = models.BooleanField(
        "création reçue", default=False, help_text="faux tant que seules des mises à jour sont arrivées"
    )
    status = models.CharField("état", max_length=10, choices=Status, default=Status.ACTIF)
    priority = models.CharField("priorité", max_length=2, choices=Priority, default=Priority.P2)
    care_level = models.CharField("niveau de soins", max_length=2, choices=CareLevel, blank=True)
    motive_code = models.CharField("motif", max_length=20, blank=True)
    city_code = models.CharField("commune INSEE", max_length=5, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    document = models.JSONField("dossier", default=dict)
    remarks = models.JSONField("précisions des mises à jour", default=list)
    anomalies = models.JSONField("anomalies", default=list)
    opened_at = models.DateTimeField("ouvert le", default=timezone.now)
    activated_at = models.DateTimeField("actif depuis", null=True, blank=True)
    last_sent_at = models.DateTimeField("dernier message envoyé le", default=timezone.now)
    last_received_at = models.DateTimeField("dernier message reçu le", default=timezone.now)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier de régulation"
        verbose_name_plural = "dossiers de régulation"
        ordering = ["-opened_at", "id"]
        indexes = [models.Index(fields=["samu", "status", "-opened_at"], name="case_samu_status")]

    def __str__(self) -> str:
        return self.sender_case_ref or self.case_ref

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN_STATUSES


class CaseMessage(models.Model):
    """One message about a case, kept as received. The case is rebuilt from all of them in the order they were sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="messages")
    distribution_id = models.CharField("identifiant de diffusion", max_length=200)
    exchange_id = models.UUIDField("échange", null=True, blank=True)
    kind = models.CharField("type de message", max_length=20)
    sender = models.CharField("émetteur", max_length=120)
    sent_at = models.DateTimeField("envoyé le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    body = models.JSONField("contenu")

    class Meta:
        verbose_name = "message d'un dossier"
        verbose_name_plural = "messages d'un dossier"
        ordering = ["sent_at", "distribution_id"]
        constraints = [models.UniqueConstraint(fields=["sender", "distribution_id"], name="case_message_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.distribution_id}"

    def summary(self) -> dict[str, Any]:
        return {"kind": self.kind, "sender": self.sender, "sent_at": self.sent_at, "received_at": self.received_at}
