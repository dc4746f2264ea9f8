"""A stay is the fold of its messages: same messages, same stay, whatever order they came in. Knows neither Django nor HL7.

Of one movement, what was said last counts (MSH-7); a cancelled movement is as if it had never been. Those that stand are played
in the order they happened (ZBE-2). Source: IHE PAM France 2.11, ZBE; HUB-03.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Action = Literal["INSERT", "UPDATE", "CANCEL"]

EXPECTED, PRESENT, ON_LEAVE, LEFT, CANCELLED, UNKNOWN = (
    "prevue",
    "presente",
    "permission",
    "terminee",
    "annulee",
    "inconnue",
)

PREADMISSIONS = frozenset({"A05", "A14"})
ADMISSIONS = frozenset({"A01", "A04", "A06", "A07"})
# At one instant, what must come first: a patient is admitted before he is moved, and moved before he leaves.
ORDER = {
    event: rank
    for rank, event in enumerate(("A05", "A14", "A04", "A01", "A06", "A07", "A54", "A02", "A21", "A22", "A03"))
}
LATEST_RANK = len(ORDER)


@dataclass(frozen=True, slots=True)
class Move:
    """A movement as one message tells it. `event` is the movement's own, also when it is corrected or cancelled."""

    id: str
    at: datetime
    action: Action
    event: str
    is_historic: bool = False
    patient_class: str = ""
    medical_unit: str = ""
    care_unit: str = ""
    nature: str = ""
    point_of_care: str = ""
    room: str = ""
    bed: str = ""

    @property
    def rank(self) -> tuple[datetime, int, str]:
        return self.at, ORDER.get(self.event, LATEST_RANK), self.id.rjust(40)


@dataclass(frozen=True, slots=True)
class Told:
    """One message about a stay: its identity, when its sender says it left, what it tells. `expected_exit` None: not said;
    "": no longer expected."""

    id: str
    sent_at: datetime
    event: str
    move: Move | None = None
    expected_exit: datetime | Literal[""] | None = None


@dataclass(slots=True)
class Line:
    """A movement as it now stands, and everything that was said of it."""

    move: Move
    cancelled: bool = False
    versions: int = 0


@dataclass(slots=True)
class Folded:
    """`lines` are all movements in their order, cancelled ones included; `anomalies` are (code, French sentence)."""

    state: str = UNKNOWN
    patient_class: str = ""
    medical_unit: str = ""
    care_unit: str = ""
    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    expected_at: datetime | None = None
    admitted_at: datetime | None = None
    left_at: datetime | None = None
    expected_exit_at: datetime | None = None
    moved_at: datetime | None = None
    last_sent_at: datetime | None = None
    lines: list[Line] = field(default_factory=list)
    anomalies: list[tuple[str, str]] = field(default_factory=list)


def fold(messages: Iterable[Told]) -> Folded:
    told = sorted(messages, key=lambda one: (one.sent_at, one.id))
    folded = Folded(last_sent_at=told[-1].sent_at if told else None)
    lines: dict[str, Line] = {}
    for message in told:
        if message.expected_exit is not None:
            folded.expected_exit_at = message.expected_exit or None
        if message.move is not None:
            _say(lines, message.move, folded)
    folded.lines = sorted(lines.values(), key=lambda line: line.move.rank)
    standing = [line.move for line in folded.lines if not line.cancelled]
    for move in standing:
        _play(folded, move)
    if lines and not standing:
        folded.state = CANCELLED
    return folded


def _say(lines: dict[str, Line], move: Move, folded: Folded) -> None:
    line = lines.get(move.id)
    if move.action == "CANCEL":
        if line is None:
            # Cancelled before it was told: it stays cancelled when its own message comes, sent earlier.
            lines[move.id] = Line(move, cancelled=True, versions=1)
            folded.anomalies.append(("annulation-seule", "Un mouvement est annulé sans avoir été annoncé."))
            return
        line.cancelled = True
    elif line is None:
        lines[move.id] = line = Line(move)
        if move.action == "UPDATE":
            folded.anomalies.append(("correction-seule", "Un mouvement est corrigé sans avoir été annoncé."))
    else:
        line.move, line.cancelled = move, False
    line.versions += 1


def _play(folded: Folded, move: Move) -> None:
    event = move.event
    if folded.state == LEFT and event not in ADMISSIONS:
        folded.anomalies.append(("apres-sortie", "Un mouvement suit la sortie : il n'est pas pris en compte."))
        return
    if event in PREADMISSIONS:
        if folded.state == UNKNOWN:
            folded.state, folded.expected_at = EXPECTED, move.at
    elif event in ADMISSIONS:
        folded.state, folded.left_at = PRESENT, None
        folded.admitted_at = folded.admitted_at or move.at
    elif event == "A03":
        if folded.admitted_at is None:
            folded.anomalies.append(("sans-admission", "La sortie est annoncée sans admission."))
        folded.state, folded.left_at = LEFT, move.at
    else:
        if folded.state in (UNKNOWN, EXPECTED):
            # A hospital connected during a stay sends its next movements only: the patient is there all the same.
            folded.anomalies.append(
                ("sans-admission", "Un mouvement est annoncé sans admission : le patient est tenu pour présent.")
            )
        folded.state = ON_LEAVE if event == "A21" else PRESENT
    folded.moved_at = move.at
    folded.patient_class = move.patient_class or folded.patient_class
    folded.medical_unit = move.medical_unit or folded.medical_unit
    folded.care_unit = move.care_unit or move.medical_unit or folded.care_unit
    if move.point_of_care or move.room or move.bed:
        folded.point_of_care, folded.room, folded.bed = move.point_of_care, move.room, move.bed


def as_body(told: Told) -> dict[str, Any]:
    """What is kept of a message, as JSON: a movement, never an identity."""
    move = told.move
    body: dict[str, Any] = {}
    if move is not None:
        body["move"] = {name: getattr(move, name) for name in Move.__slots__} | {"at": move.at.isoformat()}
    if told.expected_exit is not None:
        body["expected_exit"] = told.expected_exit.isoformat() if told.expected_exit else ""
    return body


def from_body(identity: str, sent_at: datetime, event: str, body: Mapping[str, Any]) -> Told:
    move = body.get("move")
    exit_text = body.get("expected_exit")
    expected: datetime | Literal[""] | None = None
    if exit_text is not None:
        expected = datetime.fromisoformat(exit_text) if exit_text else ""
    known = Move(**(move | {"at": datetime.fromisoformat(move["at"])})) if move else None
    return Told(identity, sent_at, event, known, expected)
