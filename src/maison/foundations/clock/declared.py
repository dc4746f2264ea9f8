"""The delays the house knows, and what runs when one ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

type Handler = Callable[[UUID], None]


@dataclass(frozen=True, slots=True)
class Delay:
    """A declared delay: its default and who owns its value. Without `starts_timer` it is only read: the age
    of a figure is compared with it, or a timer of another code lasts as long."""

    code: str
    label: str
    seconds: int
    owner: str
    starts_timer: bool = True


_delays: dict[str, Delay] = {}
_handlers: dict[str, Handler] = {}


def declare(code: str, label: str, *, seconds: int, owner: str, starts_timer: bool = True) -> Delay:
    delay = Delay(code, label, seconds, owner, starts_timer)
    if _delays.setdefault(code, delay) != delay:
        raise ValueError(f"The delay {code} is declared twice.")
    return delay


def delays() -> dict[str, Delay]:
    return dict(_delays)


def on(code: str) -> Callable[[Handler], Handler]:
    """The function that runs when the delay ends; it reloads its target and may find there is nothing left to do."""

    def decorate(handler: Handler) -> Handler:
        _handlers[code] = handler
        return handler

    return decorate


def handler_of(code: str) -> Handler | None:
    return _handlers.get(code)
