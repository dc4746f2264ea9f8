"""From the journal to the rooms, lane by lane (see exchanges.lanes)."""

from __future__ import annotations

from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.reader import read_message
from maison.foundations.access.actor import Actor
from maison.interop.exchanges.lanes import Done, LaneLoop, Lanes, Pending, Refused
from maison.interop.exchanges.models import Exchange

from . import CHANNEL, refusals, replies, rooms
from .refusals import Refusal

State = Exchange.State
LOCK = 7_310_045
STATES = {"waiting": State.WAITING, "kept": State.KEPT}


def deal(actor: Actor, pending: Pending) -> Done:
    """Give one message to its room; one that no room takes is kept."""
    try:
        message = read_message(pending.payload)
        handler = rooms.handler_of(message)
        if handler is None:
            return Done(State.KEPT, "Type reconnu et conservé : aucun service de la maison ne le traite encore.")
        outcome = handler(actor, message)
    except UnreadableMessage as error:
        raise Refused(refusals.UNREADABLE.code, error.message) from error
    except InvalidMessage as error:
        raise Refused(refusals.INVALID.code, "", Refusal(refusals.INVALID, "", error.faults).kept_faults()) from error
    return Done(STATES.get(outcome.status, State.INTEGRATED), outcome.note)


lanes = Lanes(
    CHANNEL, LOCK, deal, house_fault=refusals.HOUSE.code, room_fault=refusals.ROOM.code, decided=replies.after_decision
)
loop = LaneLoop(lanes.work)
