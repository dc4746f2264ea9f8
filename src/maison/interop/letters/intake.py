"""A message that carries documents becomes letters to follow. Says again the same thing when it runs twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from maison.formats.cda.codes import is_known
from maison.formats.hl7v2.message import Message
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.interop.exchanges.models import Exchange

from .events import LetterReceived
from .models import Letter
from .reading import Carried, carried_by

TRACED = "letters.received"


@dataclass(frozen=True, slots=True)
class Outcome:
    status: str = "integrated"
    note: str = ""


def integrate(actor: Actor, message: Message) -> Outcome:
    """What the HL7v2 door calls for MDM, ORU and OUL."""
    carried = carried_by(message)
    if not carried or actor.exchange_id is None:
        return Outcome("kept", "Reconnu et conservé : ce message ne porte pas de document clinique.")
    exchange = Exchange.objects.get(id=actor.exchange_id)
    letters = record(actor, exchange, carried)
    faults = [letter.fault for letter in letters if letter.fault]
    return Outcome(note=faults[0] if faults else "Document lu : ses trajets se suivent sur la page « Courriers ».")


@transaction.atomic
def record(actor: Actor, exchange: Exchange, carried: Sequence[Carried]) -> list[Letter]:
    """A letter for each document, new or already known."""
    known = {letter.rank: letter for letter in Letter.objects.filter(exchange_id=exchange.id)}
    structure_id = actor.structure_id
    if structure_id is None or exchange.client_id is None:  # a door that knows no sender takes no letter
        return []
    for one in carried:
        if one.rank in known:
            continue
        letter, made = Letter.objects.get_or_create(
            exchange_id=exchange.id, rank=one.rank,
            defaults={
                "exchange_at": exchange.at, "structure_id": structure_id, "client_id": exchange.client_id,
                "received_at": exchange.at, "read_at": timezone.now(), "action": one.action, "document_key": one.key,
                "replaces_key": one.replaces_key, "type_code": one.type_code if is_known("type", one.type_code) else "",
                "sha256": one.sha256, "patient_key": exchange.patient_key, "fault": one.fault,
                "flags": {name: value for name, _, value in one.message.flags.named()},
            },
        )  # fmt: skip
        known[one.rank] = letter
        if made:
            audit.record(actor, TRACED, target=letter, structure=structure_id, details={"exchange": str(exchange.id)})
            publish(LetterReceived(letter.id, structure_id))
    return [known[one.rank] for one in carried]
