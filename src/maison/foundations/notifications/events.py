from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from maison.foundations.events import Event


@dataclass(frozen=True)
class PeopleNotified(Event):
    """Notifications of one kind were written for these accounts. For the open pages of their readers."""

    name = "notifications.people_notified"
    kind: str
    user_ids: tuple[UUID, ...]

    def hints(self) -> list[str]:
        return [f"notifications.mine:{user_id}" for user_id in self.user_ids]
