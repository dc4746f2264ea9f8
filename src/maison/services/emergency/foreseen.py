"""What a batch of messages will ask of the base, read at once: a new case then costs no reading of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from maison.foundations import gathering
from maison.foundations.structures.models import Structure
from maison.foundations.structures.selectors import (
    services_at,
    services_at_each,
    structure_by_hub_id,
    structures_by_hub_id,
)

from . import locks
from .destinations import establishment
from .models import Case, CaseMessage

SAID = """
SELECT sender, distribution_id, case_id FROM emergency_casemessage
WHERE sender = ANY(%s::text[]) AND distribution_id = ANY(%s::text[])
"""


@dataclass(frozen=True, slots=True)
class Coming:
    """A message about to be taken in: of which case, under which identity, saying what."""

    case_ref: str
    sender: str
    distribution_id: str
    body: dict[str, Any]


@dataclass(slots=True)
class Foreseen:
    """The state of the cases of a batch, kept true while their messages are taken in. Their locks are held."""

    cases: dict[str, Case] = field(default_factory=dict)
    messages: dict[UUID, list[CaseMessage]] = field(default_factory=dict)
    said: dict[tuple[str, str], UUID] = field(default_factory=dict)
    structures: dict[str, Structure | None] = field(default_factory=dict)
    services: dict[str, list[Structure]] = field(default_factory=dict)
    refs: frozenset[str] = frozenset()
    changed: set[str] = field(default_factory=set)

    def structure(self, hub_id: str) -> Structure | None:
        """The open structure that signs its messages so."""
        if hub_id and hub_id not in self.structures:
            self.structures[hub_id] = structure_by_hub_id(hub_id)
        return self.structures.get(hub_id)

    def services_at(self, finess: str) -> list[Structure]:
        """The open services of an establishment."""
        if finess and finess not in self.services:
            self.services[finess] = services_at(finess)
        return self.services.get(finess, [])

    def turn_to(self, case_ref: str) -> Case | None:
        """The case as it stands, before one more message; what an earlier message of the batch wrote of it is in the base."""
        if case_ref in self.changed:
            gathering.settle()
        self.changed.add(case_ref)
        return self.cases.get(case_ref)


def foresee(coming: Sequence[Coming]) -> Foreseen:
    """Lock the cases of these messages until the end of the transaction (URG-01) and read what is known of them."""
    refs = sorted({message.case_ref for message in coming})
    _, said, known = gathering.ask(
        (locks.NAMES, locks.names(refs)),
        (SAID, [list({message.sender for message in coming}), [message.distribution_id for message in coming]]),
        (locks.ROWS, [refs]),
    )
    foreseen = Foreseen(refs=frozenset(refs))
    foreseen.said = {(sender, identity): case_id for sender, identity, case_id in said}
    if known:
        ids = [row[0] for row in known]
        foreseen.cases = {case.case_ref: case for case in Case.objects.filter(id__in=ids)}
        for message in CaseMessage.objects.filter(case_id__in=ids):
            foreseen.messages.setdefault(message.case_id, []).append(message)
    senders = {owner for message in coming if (owner := message.body.get("owner"))}
    found = structures_by_hub_id(senders)
    foreseen.structures = {hub_id: found.get(hub_id) for hub_id in senders}
    finess = {number for message in coming for number in _establishments(message.body)}
    places = services_at_each(finess)
    foreseen.services = {number: places.get(number, []) for number in finess}
    return foreseen


def _establishments(body: dict[str, Any]) -> Iterable[str]:
    return (number for decision in body.get("decision", []) if (number := establishment(decision)))
