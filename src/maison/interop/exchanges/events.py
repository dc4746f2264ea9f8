from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class ExchangeRefused(Event):
    """A message was refused and kept. For the integrators' screens and the indicators of quality."""

    name = "exchanges.refused"
    exchange_id: UUID
    client_id: UUID | None
    fault_code: str

    def hints(self) -> list[str]:
        return ["exchanges.journal:all"]


@dataclass(frozen=True)
class ExchangeReplayed(Event):
    """A person put a refused or waiting message back to be dealt with."""

    name = "exchanges.replayed"
    exchange_id: UUID

    def hints(self) -> list[str]:
        return ["exchanges.journal:all"]


@dataclass(frozen=True)
class ExchangeSetAside(Event):
    """A person closed a message without any consequence, and said why."""

    name = "exchanges.set_aside"
    exchange_id: UUID

    def hints(self) -> list[str]:
        return ["exchanges.journal:all"]


@dataclass(frozen=True)
class ClientRegistered(Event):
    """Software was declared, or its key, certificate or doors changed."""

    name = "exchanges.client_registered"
    client_id: UUID


@dataclass(frozen=True)
class IdentityReused(Event):
    """Alert: one message identity came with two different contents (HUB: duplicate id with different body)."""

    name = "exchanges.identity_reused"
    exchange_id: UUID
    holder_id: UUID

    def hints(self) -> list[str]:
        return ["exchanges.journal:all"]
