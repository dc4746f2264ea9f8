from __future__ import annotations

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from . import fold
from .permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


def _is_agency(held: frozenset[UUID]) -> bool:
    """Counts of the whole region are for whoever holds the right in the agency that runs the house."""
    return bool(held) and Structure.objects.filter(kind=Structure.Kind.AGENCY, id__in=held).exists()


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> Self:
        held = actor.structures_with(P.VIEW_CENSUS)
        return self if _is_agency(held) else self.filter(structure__in=held)


class Unit(models.Model):
    """A functional unit (UF), as the hospital names it in its movements."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="units", verbose_name="établissement")
    code = models.CharField("code", max_length=40)
    label = models.CharField("libellé", max_length=120, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "unité fonctionnelle"
        verbose_name_plural = "unités fonctionnelles"
        ordering = ["structure", "label", "code"]
        constraints = [models.UniqueConstraint(fields=["structure", "code"], name="unit_once")]

    def __str__(self) -> str:
        return self.label or self.code


class Patient(models.Model):
    """A patient as hospitals name him, until the identity registry holds him: a number in a domain, and sealed traits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.CharField("domaine d'identification", max_length=200)
    ipp = models.CharField("IPP", max_length=80)
    traits = models.BinaryField("traits scellés", blank=True, default=b"")
    told_at = models.DateTimeField("dits le", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name="fusionné dans"
    )

    class Meta:
        verbose_name = "patient d'un établissement"
        constraints = [models.UniqueConstraint(fields=["domain", "ipp"], name="stays_patient_once")]

    def __str__(self) -> str:
        return str(self.id)


class StayQuerySet(models.QuerySet["Stay"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(structure__in=actor.structures_with(P.VIEW_STAYS))

    def occupying(self) -> Self:
        return self.filter(state__in=(Stay.State.PRESENT, Stay.State.ON_LEAVE))


class Stay(models.Model):
    """One coming of a patient. Every column but its identity is computed by the fold of its messages."""

    class State(models.TextChoices):
        EXPECTED = fold.EXPECTED, "Prévue"
        PRESENT = fold.PRESENT, "Présent"
        ON_LEAVE = fold.ON_LEAVE, "En permission"
        LEFT = fold.LEFT, "Terminée"
        CANCELLED = fold.CANCELLED, "Annulée"
        UNKNOWN = fold.UNKNOWN, "Sans mouvement"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="stays", verbose_name="établissement")
    domain = models.CharField("domaine du numéro", max_length=200, blank=True)
    number = models.CharField("numéro de venue", max_length=80)
    # The administrative file (PID-18) the stay belongs to: one file may hold several stays, and moves as a whole (A44).
    account_domain = models.CharField("domaine du dossier", max_length=200, blank=True)
    account = models.CharField("dossier administratif", max_length=80, blank=True)
    patient_id = models.UUIDField("patient")  # a reference in the port of patients: the identity registry will own it
    state = models.CharField("état", max_length=12, choices=State, default=State.UNKNOWN)
    patient_class = models.CharField("classe", max_length=2, blank=True)
    care_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="stays", verbose_name="unité de soins"
    )
    medical_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="unité médicale"
    )
    point_of_care = models.CharField("lieu", max_length=80, blank=True)
    room = models.CharField("chambre", max_length=40, blank=True)
    bed = models.CharField("lit", max_length=40, blank=True)
    expected_at = models.DateTimeField("attendue le", null=True, blank=True)
    admitted_at = models.DateTimeField("admise le", null=True, blank=True)
    left_at = models.DateTimeField("sortie le", null=True, blank=True)
    expected_exit_at = models.DateTimeField("sortie prévue le", null=True, blank=True)
    moved_at = models.DateTimeField("dernier mouvement", null=True, blank=True)
    heard_at = models.DateTimeField("dernier message", default=timezone.now)
    anomalies = models.JSONField("anomalies", default=list, blank=True)

    objects = StayQuerySet.as_manager()

    class Meta:
        verbose_name = "venue"
        ordering = ["room", "bed", "admitted_at", "id"]
        constraints = [models.UniqueConstraint(fields=["structure", "domain", "number"], name="stay_once")]
        indexes = [
            models.Index(fields=["care_unit", "state"], name="stay_census"),
            models.Index(fields=["patient_id"], name="stay_patient"),
            models.Index(fields=["structure", "account"], name="stay_account"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def place(self) -> str:
        return ", ".join(
            part
            for part in (f"chambre {self.room}" if self.room else "", f"lit {self.bed}" if self.bed else "")
            if part
        )


class StayMessage(models.Model):
    """What one message told of a stay, without the identity. Append-only by use: the fold reads them all."""

    id = models.UUIDField("échange", primary_key=True)
    stay = models.ForeignKey(Stay, models.PROTECT, related_name="messages", verbose_name="venue")
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="établissement")
    event = models.CharField("événement", max_length=3)
    sent_at = models.DateTimeField("émis le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    body = models.JSONField("mouvement", default=dict)

    class Meta:
        verbose_name = "message d'une venue"
        ordering = ["sent_at", "id"]
        indexes = [models.Index(fields=["structure", "-received_at"], name="stay_message_heard")]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"


class StayMove(models.Model):
    """A stay given to another patient (A44), by the message `exchange_id`. Append-only by use: both states are kept, and the way
    back is another row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    stay = models.ForeignKey(Stay, models.PROTECT, related_name="moves", verbose_name="venue")
    exchange_id = models.UUIDField("échange")
    from_patient_id = models.UUIDField("patient précédent")
    to_patient_id = models.UUIDField("patient")
    sent_at = models.DateTimeField("émis le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)

    class Meta:
        verbose_name = "rattachement d'une venue"
        ordering = ["sent_at", "id"]
        constraints = [models.UniqueConstraint(fields=["stay", "exchange_id"], name="stay_move_once")]

    def __str__(self) -> str:
        return str(self.id)


class LinkMessageQuerySet(models.QuerySet["LinkMessage"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(structure__in=actor.structures_with(P.VIEW_STAYS))


class LinkMessage(models.Model):
    """A hospital says that two of its numbers may be one person (A24), or no longer (A37). Append-only by use: what was said last
    counts. A link merges nothing: the identity registry decides."""

    id = models.UUIDField("échange", primary_key=True)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="établissement")
    one_id = models.UUIDField("patient")
    other_id = models.UUIDField("autre patient")
    linked = models.BooleanField("liés")
    sent_at = models.DateTimeField("émis le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)

    objects = LinkMessageQuerySet.as_manager()

    class Meta:
        verbose_name = "lien entre deux patients"
        ordering = ["sent_at", "id"]
        indexes = [
            models.Index(fields=["one_id", "other_id"], name="stays_link_pair"),
            models.Index(fields=["other_id"], name="stays_link_other"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(one_id__lt=models.F("other_id")), name="stays_link_pair_sorted")]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)
