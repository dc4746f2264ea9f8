from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class VersionMoved(Event):
    """A version of a channel was written, tested, submitted, put in service, replaced or retired. For the integrators' screens."""

    name = "channels.version_moved"
    channel_id: UUID
    number: int
    state: str

    def hints(self) -> list[str]:
        return ["channels.list:all"]


@dataclass(frozen=True)
class ChannelSuspended(Event):
    """A person stopped a channel, or let it go on. Messages wait in their order meanwhile."""

    name = "channels.suspended"
    channel_id: UUID
    suspended: bool

    def hints(self) -> list[str]:
        return ["channels.list:all"]


@dataclass(frozen=True)
class TableApproved(Event):
    """A version of a mapping table was approved. Channels keep the version they name until one of theirs names it."""

    name = "channels.table_approved"
    table_id: UUID
    number: int


@dataclass(frozen=True)
class MessageMended(Event):
    """A person put a stopped message back on its way, or gave it up and said why (`outcome`: replayed, abandoned)."""

    name = "channels.message_mended"
    channel_id: UUID
    passage_id: UUID
    outcome: str

    def hints(self) -> list[str]:
        return ["channels.list:all"]


@dataclass(frozen=True)
class FlowAlerted(Event):
    """A channel is silent, fails too often, or a certificate is about to expire (`what`: silence, errors, certificate)."""

    name = "channels.flow_alerted"
    channel_id: UUID | None
    what: str
