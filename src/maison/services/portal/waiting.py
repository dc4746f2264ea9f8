"""What waits for a person: the relays of every room, in words each room gives for its own.

A relay says its kind, its sides and its age. A room that can say more without showing a patient (X-08) registers words
for its kind: one call for all the relays of a page, so that the number of queries stays fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from maison.foundations.relay.models import Relay

type Words = Callable[[Sequence[Relay]], Mapping[UUID, str]]

URGENCIES = {0: "Immédiat", 1: "Urgent", 2: "À traiter", 3: "Sans urgence"}

_words: dict[str, Words] = {}


def describe(kind_code: str, words: Words) -> None:
    """`words(relays)` says of each relay, by its id, what it is about: no name, no health data."""
    if _words.setdefault(kind_code, words) is not words:
        raise ValueError(f"The relay kind {kind_code} is described twice.")


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """`what` is the nature of the hand-over, `about` what it is about, `step` where it stands."""

    key: str
    what: str
    url: str
    urgency: int
    since: datetime
    about: str = ""
    sender: str = ""
    receiver: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    label: str
    urgency: int
    rows: list[WaitingRow]


def rows_of(relays: Sequence[Relay]) -> list[WaitingRow]:
    by_kind: dict[str, list[Relay]] = {}
    for relay in relays:
        by_kind.setdefault(relay.kind_code, []).append(relay)
    about: dict[UUID, str] = {}
    for code, some in by_kind.items():
        if words := _words.get(code):
            about.update(words(some))
    return [
        WaitingRow(
            key=str(relay.id),
            what=relay.kind.label,
            url=relay.kind.url(relay),
            urgency=min(relay.urgency, max(URGENCIES)),
            since=relay.sent_at,
            about=about.get(relay.id, ""),
            sender=relay.from_structure.short_name if relay.from_structure else "",
            receiver=relay.to_structure.short_name,
            step=relay.status_label,
        )
        for relay in relays
    ]


def grouped(rows: Iterable[WaitingRow]) -> list[WaitingGroup]:
    """The most urgent group first, the oldest first in each."""
    ordered = sorted(rows, key=lambda row: (row.urgency, row.since))
    groups = []
    for urgency, label in URGENCIES.items():
        if some := [row for row in ordered if row.urgency == urgency]:
            groups.append(WaitingGroup(label, urgency, some))
    return groups
