from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class IdentityChanged(Event):
    """An identity was registered or changed; `code` says how, `status` is what it is now. For subscribers (A31), the life line, indicators."""

    name = "identity.changed"
    identity_id: UUID
    domain_id: UUID
    structure_id: UUID
    code: str
    status: str

    def hints(self) -> list[str]:
        return [f"identity.sheet:{self.identity_id}"]


@dataclass(frozen=True)
class IdentitiesMerged(Event):
    """Two identities of one domain are one patient; `gone_id` is now read as `kept_id`."""

    name = "identity.merged"
    merge_id: UUID
    kept_id: UUID
    gone_id: UUID


@dataclass(frozen=True)
class MergeUndone(Event):
    """The two are two again, each with what was its own."""

    name = "identity.merge_undone"
    merge_id: UUID
    kept_id: UUID
    gone_id: UUID


@dataclass(frozen=True)
class InsWithdrawn(Event):
    """An INS is no longer to be used: systems that received it must be told (INS-05, INS-07)."""

    name = "identity.ins_withdrawn"
    identity_id: UUID
    structure_id: UUID
    code: str


@dataclass(frozen=True)
class IdentitiesLinked(Event):
    """Identities of two domains are one person. `how`: `automatique` (same INS, both qualified, same traits) or `decision`."""

    name = "identity.linked"
    one_id: UUID
    other_id: UUID
    how: str


@dataclass(frozen=True)
class IdentitiesUnlinked(Event):
    """The link no longer holds; `code` says why (decision, refus, traits)."""

    name = "identity.unlinked"
    one_id: UUID
    other_id: UUID
    code: str


@dataclass(frozen=True)
class WorkRaised(Event):
    """Something waits for an identity steward; `code` is the reason of the work list."""

    name = "identity.work_raised"
    work_id: UUID
    structure_id: UUID
    code: str

    def hints(self) -> list[str]:
        return [f"identity.work:{self.structure_id}", "identity.work:all"]


@dataclass(frozen=True)
class InsiAnswered(Event):
    """A call to INSi has an answer, or none; `code` is the answer (00, 01, 02) or the failure."""

    name = "identity.insi_answered"
    call_id: UUID
    identity_id: UUID
    code: str

    def hints(self) -> list[str]:
        return [f"identity.sheet:{self.identity_id}"]
