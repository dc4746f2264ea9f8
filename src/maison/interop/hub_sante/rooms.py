"""Which room deals with which message. Rooms are below: the door knows them, they do not know the door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from maison.formats.hub_sante.wire import BY_CODE, Envelope


class Outcome(Protocol):
    """What a room did: `status` is "integrated", "waiting" (for another message of the case) or "kept".

    Any other word ("duplicate") says that the room already had it. A `note` is shown to people when there is one.
    """

    @property
    def status(self) -> str: ...
    @property
    def case_ref(self) -> str: ...


type Handler = Callable[..., Outcome]
type Foresight = Callable[[Sequence[Envelope]], object]


@dataclass(frozen=True, slots=True)
class Room:
    handler: Handler
    foresee: Foresight | None = None


_rooms: dict[str, Room] = {}


def register(message_type: str, handler: Handler, foresee: Foresight | None = None) -> None:
    """`handler(actor, envelope)` runs in a savepoint; a BusinessError it raises refuses the message in its words.

    It must be able to run twice for the same distribution id. A room that gives `foresee` is asked to read once for a
    whole batch: `foresee(envelopes)` locks and reads what these messages will need, and `handler(actor, envelope,
    foreseen)` is given what it returned. What such a room writes may wait (`foundations.gathering`): it settles before it
    reads or changes it. When one message of the batch fails, all is undone and each is dealt with alone, without foresight.
    """
    if message_type not in BY_CODE:
        raise ValueError(f"{message_type} is not a message of the Hub Santé.")
    room = Room(handler, foresee)
    if _rooms.setdefault(message_type, room) != room:
        raise ValueError(f"Two rooms deal with {message_type}.")


def withdraw(message_type: str) -> None:
    _rooms.pop(message_type, None)


def room_of(message_type: str) -> Room | None:
    return _rooms.get(message_type)


def handler_of(message_type: str) -> Handler | None:
    room = _rooms.get(message_type)
    return room.handler if room else None
