from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure
from maison.registries.offer.permissions import P

from .offer import Offer

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class PromiseQuerySet(models.QuerySet["Promise"]):
    def visible_to(self, actor: Actor) -> Self:
        """The unit asked once a bed was held, the structure that asks and, in crisis, whoever approves."""
        asked = Q(offer__structure__in=actor.structures_with(P.ANSWER_REQUESTS), held_until__isnull=False)
        mine = Q(from_structure__in=actor.structures_with(P.REQUEST_BED))
        return self.filter(asked | mine | (Q(with_approval=True) if actor.can(P.APPROVE_REQUESTS) else Q(pk=None)))

    def holding(self) -> Self:
        return self.filter(state__in=Promise.HOLDING)


class Promise(models.Model):
    """A bed asked for, and held while it counts down. No patient is named: the two physicians speak of him.

    `with_approval` is decided once, when the bed is asked for: a crisis that begins or ends changes nothing to it.
    """

    class State(models.TextChoices):
        TO_APPROVE = "a_approuver", "À approuver"
        ASKED = "demandee", "Lit tenu, à confirmer par l'unité"
        ACCEPTED = "acceptee", "Lit promis"
        TAKEN = "honoree", "Patient arrivé"
        REFUSED = "refusee", "Refusée par l'unité"
        REJECTED = "rejetee", "Non approuvée"
        RELEASED = "liberee", "Lit rendu"
        EXPIRED = "expiree", "Promesse expirée"

    BEFORE = (State.TO_APPROVE, State.REJECTED)
    HOLDING = (State.ASKED, State.ACCEPTED)
    ALIVE = (State.TO_APPROVE, *HOLDING)

    class Need(models.TextChoices):
        VENTILATION = "ventilation", "Assistance respiratoire"
        CIRCULATION = "circulation", "Défaillance circulatoire"
        NEUROLOGY = "neurologie", "Surveillance neurologique"
        TRAUMA = "trauma", "Traumatisé grave"
        RENAL = "rein", "Épuration extra-rénale"
        OTHER = "autre", "Autre, dit au téléphone"

    class Refusal(models.TextChoices):
        FULL = "plus_de_lit", "Plus de lit"
        STAFF = "personnel", "Personnel insuffisant"
        EQUIPMENT = "plateau", "Plateau technique indisponible"
        ORIENTATION = "orientation", "Ne relève pas de l'unité"

    class Release(models.TextChoices):
        ELSEWHERE = "ailleurs", "Le patient va ailleurs"
        BETTER = "mieux", "Le patient n'en a plus besoin"
        DEAD = "deces", "Le patient est décédé"
        MISTAKE = "erreur", "Demande faite par erreur"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="promises", verbose_name="offre")
    relay = models.OneToOneField(Relay, models.PROTECT, null=True, related_name="+", verbose_name="relais")
    state = models.CharField("état", max_length=12, choices=State)
    need = models.CharField("besoin", max_length=12, choices=Need)
    with_approval = models.BooleanField("avec approbation", default=False)
    from_structure = models.ForeignKey(Structure, models.PROTECT, related_name="+", verbose_name="demandé par")
    asked_by = models.CharField("identifiant", max_length=64)
    asked_by_name = models.CharField("responsable de la demande", max_length=200)
    callback = models.CharField("à rappeler au", max_length=20, blank=True)
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    held_until = models.DateTimeField("tenu jusqu'à", null=True, blank=True)
    approved_by_name = models.CharField("approuvé par", max_length=200, blank=True)
    answered_by_name = models.CharField("répondu par", max_length=200, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)
    ended_at = models.DateTimeField("terminée le", null=True, blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = "promesse de lit"
        verbose_name_plural = "promesses de lits"
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("demandee", "acceptee")) | Q(held_until__isnull=False), name="promise_counts_down",
                violation_error_message="Un lit tenu a toujours une échéance.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("refusee", "rejetee", "liberee")) | ~Q(reason=""), name="promise_ends_with_a_reason",
                violation_error_message="Un lit rendu ou refusé a toujours un motif.",
            ),
            models.UniqueConstraint(
                fields=["offer", "from_structure", "asked_by"], condition=Q(state__in=("a_approuver", "demandee")),
                name="promise_once_while_waiting", violation_error_message="Une demande est déjà en cours dans cette unité.",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["offer"], condition=Q(state__in=("demandee", "acceptee")), name="promise_holding")
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_holding(self) -> bool:
        return self.state in self.HOLDING
