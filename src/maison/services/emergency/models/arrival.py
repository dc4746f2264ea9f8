from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure
from maison.services.emergency.permissions import P

from .case import Case

if TYPE_CHECKING:
    from maison.foundations.access import Actor

HIDDEN_AFTER = timedelta(hours=24)


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(
            Q(service__in=actor.structures_with(P.VIEW_BOARD)) | Q(case__samu__in=actor.structures_with(P.VIEW_CASES))
        )

    def current(self) -> Self:
        """What a wall shows: expected or arrived for less than 24 hours, and what was called off but not acknowledged."""
        return self.filter(
            Q(state__in=Arrival.EXPECTED)
            | Q(state=Arrival.State.ARRIVED, arrived_at__gt=timezone.now() - HIDDEN_AFTER)
            | Q(state__in=Arrival.CALLED_OFF, relay__waiting=True)
        )


class Arrival(models.Model):
    """One patient of a case announced to one receiving service: a line of its TUCS wall."""

    class State(models.TextChoices):
        ANNOUNCED = "annonce", "Annoncé"
        ON_THE_WAY = "en_route", "En route"
        ARRIVED = "arrive", "Arrivé"
        REDIRECTED = "reoriente", "Réorienté"
        CANCELLED = "annule", "Annulé"

    EXPECTED = (State.ANNOUNCED, State.ON_THE_WAY)
    CALLED_OFF = (State.REDIRECTED, State.CANCELLED)

    class EtaBasis(models.TextChoices):
        """What the estimated time rests upon, from the surest to the least sure."""

        ARRIVED = "destination", "arrivée constatée"
        TRANSPORT = "transport", "départ des lieux"
        ON_SCENE = "sur_place", "équipe sur place"
        DEPARTURE = "depart", "départ du véhicule"
        ENGAGED = "engage", "véhicule déclenché"
        NONE = "", "aucun véhicule connu"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="arrivals")
    patient_ref = models.CharField("patient", max_length=200, blank=True, help_text="vide : le seul patient du dossier")
    service = models.ForeignKey(Structure, models.PROTECT, related_name="arrivals", verbose_name="service receveur")
    service_inferred = models.BooleanField(
        "service déduit", default=False, help_text="le message ne nommait que l'établissement"
    )
    relay = models.OneToOneField(Relay, models.PROTECT, related_name="arrival")
    state = models.CharField("état", max_length=10, choices=State, default=State.ANNOUNCED)
    priority = models.CharField("priorité", max_length=2, choices=Case.Priority, default=Case.Priority.P2)
    announced_at = models.DateTimeField("annoncé le", default=timezone.now)
    eta_at = models.DateTimeField("arrivée estimée", null=True, blank=True)
    eta_basis = models.CharField("estimée d'après", max_length=12, choices=EtaBasis, blank=True)
    eta_from_at = models.DateTimeField("dernier état de véhicule", null=True, blank=True)
    arrived_at = models.DateTimeField("arrivé le", null=True, blank=True)
    offloaded_at = models.DateTimeField("transmis le", null=True, blank=True)
    escalated_at = models.DateTimeField("régulateur prévenu le", null=True, blank=True)
    previous = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="next", verbose_name="remplace"
    )

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = "arrivée annoncée"
        verbose_name_plural = "arrivées annoncées"
        ordering = ["priority", models.F("eta_at").asc(nulls_last=True), "announced_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "patient_ref"],
                condition=models.Q(state__in=("annonce", "en_route", "arrive")),
                name="arrival_live_once",
                violation_error_message="Ce patient est déjà annoncé dans un service.",
            )
        ]
        indexes = [models.Index(fields=["service", "state", "arrived_at"], name="arrival_board")]

    def __str__(self) -> str:
        return f"{self.service_id} {self.state}"

    @property
    def is_called_off(self) -> bool:
        return self.state in self.CALLED_OFF

    @property
    def is_confirmed(self) -> bool:
        """Someone of the service said that he knows: of the arrival, or of its redirection or cancellation."""
        return not self.relay.waiting
