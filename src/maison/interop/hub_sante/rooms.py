"""Which room deals with which message. Rooms are below: the door knows them, they do not know the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from maison.formats.hub_sante.wire import BY_CODE, Envelope
from maison.foundations.access.actor import Actor


class Outcome(Protocol):
    """What a room did: `status` is "integrated", "waiting" (for another message of the case) or "kept".

    Any other word ("duplicate") says that the room already had it. A `note` is shown to people when there is one.
    """

    @property
    def status(self) -> str: ...
    @property
    def case_ref(self) -> str: ...


type Handler = Callable[[Actor, Envelope], Outcome]
_handlers: dict[str, Handler] = {}


def register(message_type: str, handler: Handler) -> None:
    """`handler(actor, envelope)` runs in a savepoint; a BusinessError it raises refuses the message in its words.

    It must be able to run twice for the same distribution id.
    """
    if message_type not in BY_CODE:
        raise ValueError(f"{message_type} is not a message of the Hub Santé.")
    if _handlers.setdefault(message_type, handler) is not handler:
        raise ValueError(f"Two rooms deal with {message_type}.")


def withdraw(message_type: str) -> None:
    _handlers.pop(message_type, None)


def handler_of(message_type: str) -> Handler | None:
    return _handlers.get(message_type)
