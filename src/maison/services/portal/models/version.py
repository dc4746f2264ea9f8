from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7

from .service import Service, VisibilityRule

RULE_PARTS = ("professions", "structure_types", "departments", "roles")
KEPT_FIELDS = (
    "name", "acronym", "storey", "position", "for_professionals", "for_citizens", "publics", "scope", "link", "sign_on",
    "level", "psc_only", "owner_id", "contact", "status", "status_note", "keywords", "kept_by_agency",
)  # fmt: skip
"""What the agency decides of a service. Its page, permission and roles belong to its room."""

type State = dict[str, Any]


def rule_parts(rule: VisibilityRule) -> dict[str, list[str]]:
    return {part: list(getattr(rule, part)) for part in RULE_PARTS}


def state_of(service: Service) -> State:
    """The service as the agency decides it, rules included, in plain JSON."""
    values = {name: getattr(service, name) for name in KEPT_FIELDS}
    values["owner_id"] = str(service.owner_id) if service.owner_id else None
    return {**values, "rules": [rule_parts(rule) for rule in service.rules.order_by("id")]}


class ServiceVersion(models.Model):
    """One change of a service by the agency, with both states. `before` is null for a service added then."""

    class Act(models.TextChoices):
        ADDED = "added", "Ajout"
        CHANGED = "changed", "Modification"
        WITHDRAWN = "withdrawn", "Retrait"
        UNDONE = "undone", "Retour à un état précédent"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("version")
    act = models.CharField("acte", max_length=10, choices=Act)
    at = models.DateTimeField("le", default=timezone.now)
    subject = models.CharField("par", max_length=80)
    name = models.CharField("nom", max_length=200)
    reason = models.CharField("motif", max_length=300, blank=True)
    before = models.JSONField("état avant", null=True)
    after = models.JSONField("état après")

    class Meta:
        verbose_name = "version de service"
        verbose_name_plural = "versions de services"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["service", "number"], name="service_version_once")]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.number}"

    @property
    def changed(self) -> list[str]:
        """The names of what differs between the two states."""
        before = self.before or {}
        return [name for name in self.after if before.get(name) != self.after[name]]
