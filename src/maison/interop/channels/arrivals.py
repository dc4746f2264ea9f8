"""A message comes into a channel: held in the journal with its passage, in one transaction, before anyone is answered (HUB-01)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction

from maison.foundations import gathering
from maison.foundations.events import publish
from maison.foundations.ids import uuid7
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.events import IdentityReused
from maison.interop.exchanges.models import Exchange

from .language import formats
from .language.configuration import Configuration
from .language.engine import lanes_of
from .language.errors import Unreadable
from .language.hl7 import Hl7Message
from .models import Channel, Passage

CONTENT_TYPES = {"hl7v2": "application/hl7-v2+er7", "json": "application/json", "xml": "application/xml"}
HELD_BYTES = 16 * 1024 * 1024
FOLLOW = (
    gathering.insertion(
        "channels_passage",
        ("id", "channel_id", "exchange_id", "exchange_at", "received_at", "state", "lanes", "attempts", "reason", "words", "path", "flags"),
    )
    + " ON CONFLICT (channel_id, exchange_id) DO NOTHING"
)  # fmt: skip
TOO_LARGE, REUSED = "CAN-TAILLE", "CAN-IDENTITE"
WORDS = {
    TOO_LARGE: "Message trop volumineux : seul son en-tête est gardé.",
    REUSED: "Un autre message est déjà venu sous la même identité, avec un contenu différent.",
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """`payload` None: too large to be kept. `identity` names it for its sender (a file name, an event id)."""

    payload: bytes | None
    door: str
    sender: str
    identity: str
    size: int = 0
    message_type: str = ""
    client_id: UUID | None = None


type Fate = Literal["held", "duplicate", "refused"]


@transaction.atomic
def receive(channel: Channel, config: Configuration, arrivals: Sequence[Arrival]) -> list[Fate]:
    """Hold them in their order. The same identity with the same bytes counts once; with others, it is refused and told (F12.2)."""
    entries = [_entry(channel, config, arrival) for arrival in arrivals]
    held = journal.claim([entry for entry in entries if entry.payload is not None])
    fates: list[Fate] = []
    seen: dict[tuple[str, str, str], str] = {}
    passages: list[Passage] = []
    for entry in entries:
        holder = held.get(entry.id)
        known = holder.sha256 if holder else seen.get(entry.identity)
        if entry.payload is None:
            _refused(entry, TOO_LARGE)
            fates.append("refused")
        elif known is None:
            seen[entry.identity] = entry.sha256
            passages.append(
                Passage(
                    channel=channel,
                    exchange_id=entry.id,
                    exchange_at=entry.at,
                    received_at=entry.at,
                    lanes=_lanes(config, entry.payload),
                )
            )
            fates.append("held")
        elif known == entry.sha256:
            entry.state, entry.note = Exchange.State.DUPLICATE, "Déjà reçu, même contenu"
            fates.append("duplicate")
        else:
            _refused(entry, REUSED)
            fates.append("refused")
    journal.write(entries)
    Passage.objects.bulk_create(passages)
    for entry in entries:
        if entry.needs_mending:
            if entry.fault_code == REUSED and (holder := held.get(entry.id)):
                publish(IdentityReused(entry.id, holder.id))
            mending.ask(entry.id, client_id=entry.client_id, fault_code=entry.fault_code)
    return fates


def held_passage(channel: Channel, config: Configuration, arrival: Arrival) -> tuple[Fate, Passage | None]:
    """One message, and its passage when it is new."""
    fate = receive(channel, config, [arrival])[0]
    return fate, Passage.objects.filter(channel=channel).order_by("-seq").first() if fate == "held" else None


def follow(channel: Channel, config: Configuration, exchanges: Sequence[Exchange]) -> int:
    """Passages for messages that a door already holds; one already followed stays as it is."""
    for some in _in_memory(exchanges):
        contents = journal.payloads_of(some) if config.order else {}
        rows = [
            {
                "id": uuid7(), "channel_id": channel.id, "exchange_id": one.id, "exchange_at": one.at, "received_at": one.at,
                "state": Passage.State.RECEIVED, "lanes": _lanes(config, contents.get(one.id, b"")), "attempts": 0, "reason": "",
                "words": "", "path": "", "flags": [],
            }
            for one in some
        ]  # fmt: skip
        gathering.tell((FOLLOW, [gathering.as_json(rows)]))
    return len(exchanges)


def _in_memory(exchanges: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    """Together as long as their contents are not heavy."""
    some: list[Exchange] = []
    for one in exchanges:
        if some and sum(known.size for known in some) + one.size > HELD_BYTES:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _entry(channel: Channel, config: Configuration, arrival: Arrival) -> journal.Entry:
    sender, identity, message_type = arrival.sender, arrival.identity, arrival.message_type
    if arrival.payload is not None and config.format == "hl7v2":
        sender, identity, message_type = _hl7_names(arrival.payload) or (sender, identity, message_type)
    entry = journal.Entry(
        direction="in", channel=channel.journal_channel, door=arrival.door, state=Exchange.State.KEPT, payload=arrival.payload,
        client_id=arrival.client_id, sender=sender, recipients=[f"canal {channel.code}"], distribution_id=identity, message_type=message_type[:40],
        content_type=CONTENT_TYPES[config.format], note=f"Remis au canal « {channel.title} »", size=arrival.size,
    )  # fmt: skip
    if arrival.payload is not None and not identity:
        entry.distribution_id = hashlib.sha256(arrival.payload).hexdigest()
    return entry


def _hl7_names(payload: bytes) -> tuple[str, str, str] | None:
    """(source, MSH-10, type): what makes an HL7 message count once (HUB-01)."""
    try:
        message = formats.read("hl7v2", payload)
    except Unreadable:
        return None
    assert isinstance(message, Hl7Message)
    control = message.values("MSH-10")
    if not control:
        return None
    source = "|".join((message.values(path) or [""])[0] for path in ("MSH-3.1", "MSH-4.1"))
    kind = "^".join(value for path in ("MSH-9.1", "MSH-9.2") for value in message.values(path))
    return source, control[0], kind


def _refused(entry: journal.Entry, code: str) -> None:
    entry.state, entry.fault_code, entry.note, entry.needs_mending = Exchange.State.REFUSED, code, WORDS[code], True


def _lanes(config: Configuration, payload: bytes) -> list[str]:
    return list(lanes_of(config, payload))
