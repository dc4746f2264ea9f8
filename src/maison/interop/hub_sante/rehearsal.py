"""How one message of the Hub Santé would be dealt with if it were taken again, for a dry run."""

from __future__ import annotations

from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Client, Exchange

from . import intake, refusals, rooms
from .refusals import Refusal

State = Exchange.State


def deal(exchange: Exchange) -> None:
    """Judge it again and give it to its room, in the current transaction; acknowledgements are left out."""
    judged = intake.judge(journal.payload_of(exchange) or b"")
    envelope, refusal = judged.envelope, judged.refusal
    client = Client.objects.in_use().filter(client_id=judged.sender).first() if judged.sender else None
    if refusal is None and client is None:
        refusal = Refusal(refusals.UNKNOWN_SENDER)
    if refusal is None and exchange.client_id and client is not None and client.id != exchange.client_id:
        refusal = Refusal(refusals.FORGED)
    if refusal is not None or envelope is None or client is None:
        _refused(exchange, refusal or Refusal(refusals.HOUSE))
        return
    handler = rooms.handler_of(envelope.type.code)
    if handler is None:
        journal.update(exchange, state=State.KEPT)
        return
    actor = Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=exchange.id)
    try:
        outcome = handler(actor, envelope)
    except BusinessError as error:
        _refused(exchange, Refusal(refusals.ROOM, f"{error.code} : {error.text}"))
        return
    state = {"waiting": State.WAITING, "kept": State.KEPT}.get(outcome.status, State.INTEGRATED)
    journal.update(exchange, state=state)


def _refused(exchange: Exchange, refusal: Refusal) -> None:
    exchange.fault_code, exchange.faults = refusal.reason.code, refusal.kept_faults()
    journal.update(exchange, state=State.REFUSED, note=refusal.detail)
