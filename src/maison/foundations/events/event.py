from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """A fact. Subclasses are frozen dataclasses of ids and codes, with a docstring for their readers."""

    name: ClassVar[str]

    def hints(self) -> list[str]:
        """Topics of the screens that should re-read, as `room.screen:key`."""
        return []

    def payload(self) -> dict[str, Any]:
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def known_events() -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    pending = list(Event.__subclasses__())
    while pending:
        kind = pending.pop()
        if "name" in vars(kind) and found.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"Two events are called {kind.name}.")
        pending.extend(kind.__subclasses__())
    return found
