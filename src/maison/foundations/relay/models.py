from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .kinds import RelayKind, kind_of


class Relay(models.Model):
    """A hand-over. `status` is its last step; `waiting` whether the receiver still has something to do."""

    class Ending(models.TextChoices):
        NONE = "", "En cours"
        CLOSED = "closed", "Clos"
        CANCELLED = "cancelled", "Annulé"
        REDIRECTED = "redirected", "Redirigé"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind_code = models.CharField("nature", max_length=60)
    subject_type = models.CharField("objet", max_length=60)
    subject_id = models.UUIDField()
    from_structure = models.ForeignKey(
        Structure, models.PROTECT, null=True, related_name="+", verbose_name="envoyé par"
    )
    to_structure = models.ForeignKey(Structure, models.PROTECT, related_name="relays", verbose_name="destinataire")
    status = models.CharField("étape", max_length=30)
    ending = models.CharField("issue", max_length=12, choices=Ending, blank=True, default=Ending.NONE)
    waiting = models.BooleanField("en attente du destinataire", default=True)
    sent_at = models.DateTimeField("envoyé le", default=timezone.now)
    moved_at = models.DateTimeField("dernière étape le", default=timezone.now)
    urgency = models.PositiveSmallIntegerField("urgence", default=2, help_text="0 la plus urgente")
    redirected_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="redirected_from")

    class Meta:
        verbose_name = "relais"
        verbose_name_plural = "relais"
        ordering = ["urgency", "sent_at", "id"]
        indexes = [
            models.Index(
                fields=["to_structure", "urgency", "sent_at"], condition=models.Q(waiting=True), name="relay_waiting"
            ),
            models.Index(fields=["subject_type", "subject_id"], name="relay_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_code} {self.status}"

    @property
    def kind(self) -> RelayKind:
        return kind_of(self.kind_code)

    @property
    def status_label(self) -> str:
        if self.ending in (self.Ending.CANCELLED, self.Ending.REDIRECTED):
            return str(self.Ending(self.ending).label)
        return self.kind.step(self.status).label


class Step(models.Model):
    """One step done, by whom and when. Append-only by use: nothing in the house updates it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    relay = models.ForeignKey(Relay, models.PROTECT, related_name="trail")
    code = models.CharField("étape", max_length=30)
    at = models.DateTimeField("le", default=timezone.now)
    subject = models.CharField("identifiant", max_length=64)
    name = models.CharField("par", max_length=200)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, related_name="+")
    note = models.CharField("précision", max_length=300, blank=True)

    class Meta:
        verbose_name = "étape de relais"
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        from .actions import ACKNOWLEDGED, CANCELLED, REDIRECTED

        fixed = {CANCELLED: "Annulé", REDIRECTED: "Redirigé", ACKNOWLEDGED: "Annulation ou redirection confirmée"}
        return fixed.get(self.code) or self.relay.kind.step(self.code).label
