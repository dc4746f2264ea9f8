from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone

from maison.foundations.access import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.access.permissions import P as Access
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.services.portal.errors import RequestMoveNotPossible
from maison.services.portal.permissions import P

from .service import Service


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def under_way(self) -> Self:
        return self.filter(status__in=AccessRequest.UNDER_WAY)

    def visible_to(self, actor: Actor) -> Self:
        """One's own; those of the structures one administers; those that came up to the service one answers for."""
        if actor.is_anonymous:
            return self.none()
        owned = models.Q(owner__in=actor.structures_with(P.APPROVE_ACCESS))
        administered = models.Q(structure__in=actor.structures_with(Access.MANAGE_HABILITATIONS))
        return self.filter(models.Q(subject=actor.subject) | administered | owned)


class AccessRequest(models.Model):
    """A person asks to be let into a service, in a structure, with a role. Its hand-overs are relays on this request.

    States of DOMAIN §4. `approuvée par le service` and `ouverte` happen in one transaction: the role is given at once.
    """

    class Status(models.TextChoices):
        SUBMITTED = "submitted", "Soumise"
        MORE_NEEDED = "more_needed", "Complément demandé"
        STRUCTURE_APPROVED = "structure_approved", "Approuvée par la structure"
        SERVICE_APPROVED = "service_approved", "Approuvée par le service"
        OPENED = "opened", "Ouverte"
        REFUSED = "refused", "Refusée"
        EXPIRED = "expired", "Expirée"
        WITHDRAWN = "withdrawn", "Retirée par le demandeur"
        REVOKED = "revoked", "Révoquée"

    UNDER_WAY = (Status.SUBMITTED, Status.MORE_NEEDED, Status.STRUCTURE_APPROVED, Status.SERVICE_APPROVED)
    MOVES = {
        Status.SUBMITTED: {
            Status.MORE_NEEDED, Status.STRUCTURE_APPROVED, Status.REFUSED, Status.EXPIRED, Status.WITHDRAWN,
        },
        Status.MORE_NEEDED: {Status.SUBMITTED, Status.EXPIRED, Status.WITHDRAWN},
        Status.STRUCTURE_APPROVED: {
            Status.SERVICE_APPROVED, Status.OPENED, Status.REFUSED, Status.EXPIRED, Status.WITHDRAWN,
        },
        Status.SERVICE_APPROVED: {Status.OPENED},
        Status.OPENED: {Status.REVOKED},
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="requests")
    role = models.CharField("rôle demandé", max_length=40)
    subject = models.CharField("identifiant du demandeur", max_length=64)
    name = models.CharField("demandeur", max_length=200)
    profession = models.CharField("profession", max_length=10, blank=True)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="access_requests")
    owner = models.ForeignKey(
        Structure,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="structure responsable du service",
    )
    justification = models.CharField("pourquoi cet accès est nécessaire", max_length=500)
    status = models.CharField("état", max_length=20, choices=Status, default=Status.SUBMITTED)
    reason = models.CharField("motif", max_length=300, blank=True)
    submitted_at = models.DateTimeField("soumise le", default=timezone.now)
    moved_at = models.DateTimeField("dernier changement le", default=timezone.now)
    expires_at = models.DateTimeField("expire le")
    ends_on = models.DateField("accès accordé jusqu'au", null=True, blank=True)
    habilitation = models.ForeignKey(Habilitation, models.PROTECT, null=True, blank=True, related_name="+")

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d'accès"
        verbose_name_plural = "demandes d'accès"
        ordering = ["-submitted_at", "-id"]
        indexes = [
            models.Index(fields=["subject", "-submitted_at"], name="access_request_subject"),
            models.Index(fields=["structure", "-submitted_at"], name="access_request_structure"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "structure", "service"],
                condition=models.Q(status__in=["submitted", "more_needed", "structure_approved", "service_approved"]),
                name="access_request_once",
                violation_error_message="Une demande est déjà en cours pour ce service.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["refused", "revoked", "more_needed"]) | ~models.Q(reason=""),
                name="access_request_reason",
                violation_error_message="Un refus, un retrait ou une demande de complément dit pourquoi.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="opened") | models.Q(habilitation__isnull=False),
                name="access_request_opened_by_role",
                violation_error_message="Un accès ouvert l'est par une habilitation.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.status}"

    @property
    def is_under_way(self) -> bool:
        return self.status in self.UNDER_WAY

    def move_to(self, status: Status) -> None:
        """The only way a state changes (X-04)."""
        if status not in self.MOVES.get(self.Status(self.status), set()):
            raise RequestMoveNotPossible(f"Elle est à l'état « {self.get_status_display()} ».")
        self.status, self.moved_at = status, timezone.now()
