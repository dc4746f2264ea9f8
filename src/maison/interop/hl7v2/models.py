from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import Client, everywhere
from maison.interop.exchanges.permissions import P


class Charset(models.TextChoices):
    """Character sets of table HL7 0211 that French software writes."""

    ANY = "", "Celui que chaque message annonce (MSH-18)"
    UTF8 = "utf-8", "UNICODE UTF-8"
    LATIN9 = "iso8859-15", "8859/15"
    LATIN1 = "iso8859-1", "8859/1"


class Kind(models.TextChoices):
    """Families of messages (MSH-9.1) the house reads."""

    ADT = "ADT", "ADT : identités et mouvements"
    MDM = "MDM", "MDM : documents"
    ORU = "ORU", "ORU : résultats et comptes rendus"
    OUL = "OUL", "OUL : résultats de laboratoire"
    ORM = "ORM", "ORM : demandes d'examen"
    OMI = "OMI", "OMI : demandes d'imagerie"
    QBP = "QBP", "QBP : recherches d'identité"


class Version(models.TextChoices):
    V23 = "2.3", "2.3"
    V231 = "2.3.1", "2.3.1"
    V24 = "2.4", "2.4"
    V25 = "2.5", "2.5"
    V251 = "2.5.1", "2.5.1"
    V26 = "2.6", "2.6"


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of them from the agency, those of its own structure from elsewhere, as the software that exchanges."""
        return self.within(actor, P.VIEW)

    def within(self, actor: Actor, permission: Permission) -> Self:
        held = actor.structures_with(permission)
        return self if everywhere(held) else self.filter(structure__in=held)


class Target(models.Model):
    """Where the house sends HL7v2 by MLLP: one application of a structure, reached at one address."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(
        "code", max_length=55, unique=True, validators=[RegexValidator(r"\A[a-z0-9._-]+\Z", "Le code est fait de minuscules, de chiffres, de points et de tirets.")],
    )  # fmt: skip
    name = models.CharField("nom", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="structure")
    host = models.CharField("hôte", max_length=200)
    port = models.PositiveIntegerField("port", validators=[MinValueValidator(1), MaxValueValidator(65535)])
    secured = models.BooleanField("TLS avec le certificat de la maison", default=False)
    certificate_fingerprint = models.CharField("empreinte SHA-256 de son certificat", max_length=64, blank=True)
    application = models.CharField("application destinataire (MSH-5)", max_length=180, blank=True)
    facility = models.CharField("établissement destinataire (MSH-6)", max_length=180, blank=True)
    charset = models.CharField("jeu de caractères", max_length=12, blank=True, choices=Charset)
    version = models.CharField("version HL7", max_length=5, default=Version.V25, choices=Version)
    kinds = ArrayField(
        models.CharField(max_length=3, choices=Kind), verbose_name="messages reçus", default=list, blank=True
    )
    asks_application_ack = models.BooleanField("réponse applicative demandée (MSH-16)", default=False)
    active = models.BooleanField("active", default=True)
    registered_at = models.DateTimeField("déclarée le", default=timezone.now)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = "cible HL7v2"
        verbose_name_plural = "cibles HL7v2"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class SenderProfile(models.Model):
    """What software that sends by MLLP is expected to send. An empty list expects anything; what is not expected is refused, with
    its reason, before any room sees it."""

    client = models.OneToOneField(
        Client, models.CASCADE, primary_key=True, related_name="hl7v2", verbose_name="logiciel"
    )
    authorities = ArrayField(
        models.CharField(max_length=200), verbose_name="autorités d'affectation", default=list, blank=True
    )
    charset = models.CharField("jeu de caractères", max_length=12, blank=True, choices=Charset)
    versions = ArrayField(
        models.CharField(max_length=5, choices=Version), verbose_name="versions HL7", default=list, blank=True
    )
    kinds = ArrayField(
        models.CharField(max_length=3, choices=Kind), verbose_name="messages envoyés", default=list, blank=True
    )
    reply_target = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="adresse des réponses applicatives",
    )

    class Meta:
        verbose_name = "émetteur HL7v2"
        verbose_name_plural = "émetteurs HL7v2"

    def __str__(self) -> str:
        return str(self.client)
