"""What a source may say of beds at once. Pure: each rule is a named refusal (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maison.formats.ror import codes

from .errors import (
    AvailableBeyondInstalled,
    ClosedBeyondInstalled,
    NegativeCapacity,
    NothingSaid,
    SumBeyondInstalled,
    UnknownStatus,
)

SLOW = (codes.INSTALLED, codes.CLOSED, codes.EXTRA)
"""What changes by decision, not by the hour: the last word holds whatever its age."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One count as told. `number` None: the source says that it does not know, which is not zero. `sex` empty: both."""

    status: str
    number: int | None
    sex: str = ""
    nature: str = codes.BED
    crisis_type: str = ""
    assignment: str = "01"


def check(told: Sequence[Figure], known: Mapping[str, int]) -> None:
    """Refuse what cannot be. `known`: totals by status held before, of which only the slow ones are compared with: what another
    source counted an hour ago does not refute what a nurse sees now."""
    if not told:
        raise NothingSaid
    for figure in told:
        wrong = (
            figure.crisis_type and figure.crisis_type not in codes.CRISIS_TYPES
        ) or figure.assignment not in codes.ASSIGNMENTS
        if wrong or figure.status not in codes.CAPACITY_STATUSES or figure.nature not in codes.CAPACITY_NATURES:
            raise UnknownStatus
        if figure.number is not None and figure.number < 0:
            raise NegativeCapacity
    said = totals(told)
    silenced = {figure.status for figure in told if figure.number is None}
    slow = {status: number for status, number in known.items() if status in SLOW and status not in silenced} | {
        status: number for status, number in said.items() if status in SLOW
    }
    if codes.INSTALLED not in slow:
        return
    installed, closed, extra = (slow.get(status, 0) for status in SLOW)
    if closed > installed + extra:
        raise ClosedBeyondInstalled(f"{closed} fermés pour {installed + extra}.")
    available = said.get(codes.AVAILABLE, 0)
    if available > installed - closed and codes.AVAILABLE in said:
        raise AvailableBeyondInstalled(f"{available} disponibles pour {installed} installés et {closed} fermés.")
    used = available + said.get(codes.OCCUPIED, 0) + said.get(codes.RESERVED, 0) + closed
    if used > installed + extra:
        raise SumBeyondInstalled(f"{used} pour {installed + extra}.")


def totals(told: Sequence[Figure]) -> dict[str, int]:
    """By status. A figure for both sexes is the total; else the sexes are added. What is not known is absent, never zero."""
    both = {one.status: one.number for one in told if one.sex == "" and one.number is not None}
    for one in told:
        if (
            one.sex
            and one.number is not None
            and not any(other.status == one.status and other.sex == "" for other in told)
        ):
            both[one.status] = both.get(one.status, 0) + one.number
    return both
