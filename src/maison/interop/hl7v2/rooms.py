"""Which room deals with which HL7v2 message. Rooms are below: the door knows them, they do not know the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from maison.formats.hl7v2.message import Message
from maison.foundations.access.actor import Actor


class Outcome(Protocol):
    """What a room did: `status` is "integrated", "kept" or "waiting"; `note` is shown to people, and names nobody."""

    @property
    def status(self) -> str: ...
    @property
    def note(self) -> str: ...


type Handler = Callable[[Actor, Message], Outcome]
"""Runs in the transaction of its lane; may run twice for one message (`actor.exchange_id` tells which). Raises InvalidMessage for
what the message lacks, a BusinessError to refuse it in its words."""

_handlers: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """`kind` is MSH-9.1 (`ADT`) or MSH-9.1 and MSH-9.2 (`ADT^A01`), the latter first."""
    if _handlers.setdefault(kind, handler) is not handler:
        raise ValueError(f"Two rooms deal with {kind}.")


def withdraw(kind: str) -> None:
    _handlers.pop(kind, None)


def handler_of(message: Message) -> Handler | None:
    return _handlers.get(message.structure) or _handlers.get(message.kind)
