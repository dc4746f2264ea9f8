from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class ResourceChanged(Event):
    """A version of a resource of the generic store was written: 1 when it is new. Deliveries to subscribers start here."""

    name: ClassVar[str] = "fhir.resource_changed"
    resource_type: str
    resource_pk: UUID
    version: int
    structure_id: UUID


@dataclass(frozen=True)
class SoftwareRegistered(Event):
    """Software may ask for tokens of the FHIR door, or its keys or scopes have changed."""

    name: ClassVar[str] = "fhir.software_registered"
    client_id: UUID


@dataclass(frozen=True)
class SubscriptionMoved(Event):
    """A subscription was asked for, answers, went mute or stopped: its status, for the screens and the map of flows."""

    name: ClassVar[str] = "fhir.subscription_moved"
    subscription_id: UUID
    status: str
    structure_id: UUID

    def hints(self) -> list[str]:
        return ["fhir.subscriptions:all"]
