from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class AccessRequestMoved(Event):
    """An access request was submitted or changed state. For indicators of delay and for notices to the requester."""

    name = "portal.access_request_moved"
    request_id: UUID
    service: str
    structure_id: UUID
    status: str


@dataclass(frozen=True)
class ServiceKept(Event):
    """The agency added, changed or withdrew a service, or went back (`act`). For indicators; pages read it anew."""

    name = "portal.service_kept"
    service_id: UUID
    version: int
    act: str


@dataclass(frozen=True)
class CatalogueLoaded(Event):
    """The catalogue delivered with the house was brought up to date; one event for the whole load."""

    name = "portal.catalogue_loaded"
    created: int
    changed: int
    withdrawn: int
