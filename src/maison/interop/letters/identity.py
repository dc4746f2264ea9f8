"""What the house knows of a patient's identity and of his choices, from the hospital's own messages.

A narrow port: the registry of identities takes it over with `use`. The house's own answer reads the last ADT messages of the patient
in the journal, and keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Exists, OuterRef, QuerySet

from maison.formats.hl7v2.faults import UnreadableMessage
from maison.formats.hl7v2.pam import Adt
from maison.formats.hl7v2.patient import Ins, Patient
from maison.formats.hl7v2.wire import read_checked, read_message
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Client, Exchange

from .models import Leg, Letter

TELLING: dict[str, Any] = {
    "direction": "in", "channel": "hl7v2", "message_type__startswith": "ADT", "state__in": ("integrated", "kept"),
}  # fmt: skip
"""Messages that tell an identity, once dealt with."""
LOOKED_AT = 20
"""ADT messages looked back at for what the patient said of his DMP."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`patient` as last told, at `told_at`; `ins` when that identity is qualified. `opposed`: he refuses that his DMP be fed."""

    patient: Patient | None = None
    ins: Ins | None = None
    told_at: datetime | None = None
    opposed: bool = False


class Identities(Protocol):
    def standing(self, letter: Letter) -> Standing: ...
    def newest(self, letter: Letter) -> int: ...
    def spoken_of_since(self, legs: QuerySet[Leg]) -> QuerySet[Leg]: ...


class FromTheJournal:
    """Only what the software of the same establishment said of this number counts."""

    def standing(self, letter: Letter) -> Standing:
        told: tuple[datetime, Patient] | None = None
        consent: tuple[datetime, str] | None = None
        for exchange in self._messages(letter)[:LOOKED_AT]:
            found = _adt(exchange)
            if found is None or found.header.sent_at is None:
                continue
            at = found.header.sent_at.at
            if told is None or at > told[0]:
                told = at, found.patient
            if found.dmp is not None and found.dmp.feeding and (consent is None or at > consent[0]):
                consent = at, found.dmp.feeding
        return Standing(
            told[1] if told else None, told[1].ins if told else None, told[0] if told else None,
            consent is not None and consent[1] == "IO",
        )  # fmt: skip

    def newest(self, letter: Letter) -> int:
        return self._messages(letter).values_list("seq", flat=True).first() or 0

    def spoken_of_since(self, legs: QuerySet[Leg]) -> QuerySet[Leg]:
        clients = Client.objects.filter(structure_id=OuterRef(OuterRef("letter__structure_id"))).values("id")
        newer = Exchange.objects.filter(
            **TELLING, patient_key=OuterRef("letter__patient_key"), seq__gt=OuterRef("looked_at"), client_id__in=clients
        )
        return legs.exclude(letter__patient_key="").filter(Exists(newer))

    @staticmethod
    def _messages(letter: Letter) -> QuerySet[Exchange]:
        clients = Client.objects.filter(structure_id=letter.structure_id).values("id")
        rows = Exchange.objects.filter(**TELLING, patient_key=letter.patient_key, client_id__in=clients)
        return rows.exclude(patient_key="").order_by("-seq")


def _adt(exchange: Exchange) -> Adt | None:
    payload = journal.payload_of(exchange)
    if payload is None:
        return None
    try:
        found, _ = read_checked(read_message(payload))
    except UnreadableMessage:
        return None
    return found if isinstance(found, Adt) else None


_in_use: Identities = FromTheJournal()


def identities() -> Identities:
    return _in_use


def use(port: Identities) -> None:
    """Called by the registry that owns identities, when the house opens."""
    global _in_use
    _in_use = port
