"""Which segments a message must have, may have, may repeat, and in what order.

The answer depends on the names of the segments only, not on their content: it is remembered with the way to read them.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from maison.formats.hl7v2.faults import Fault, Severity
from maison.formats.hl7v2.message import Row, place_of
from maison.formats.hl7v2.segment_model import Model

MOST_PLANS = 512
LONGEST_PLAN = 200
"""What is remembered for each structure: partners send few shapes; a flood of odd ones is read all the same."""


class Step(NamedTuple):
    """Read the segment at `rank` into `attribute`; `number` is its rank among those of its name."""

    rank: int
    number: int
    attribute: str
    read: Callable[[Row, int, str, list[Fault]], Any]
    repeats: bool


class Plan(NamedTuple):
    """How to read a message whose segments have these names, and what these names alone say is wrong."""

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]


class Structure:
    """`order`: the names in the order of the standard. `required`: those that must be there. `single`: at most once.

    `forbidden`: names whose presence is an error, with the sentence that says why. Other segments are accepted: those of
    the standard the house does not read, and local Z segments, stay in the message.
    `one` and `many`: attribute and model of each segment that is read.
    """

    def __init__(
        self,
        name: str,
        order: tuple[str, ...],
        required: tuple[str, ...],
        *,
        one: Mapping[str, tuple[str, Model[Any]]],
        many: Mapping[str, tuple[str, Model[Any]]],
        single: frozenset[str] = frozenset(),
        forbidden: Mapping[str, str] | None = None,
        missing_severity: Mapping[str, Severity] | None = None,
    ) -> None:
        self.name = name
        self.order = order
        self.required = required
        self.one = one
        self.many = many
        self.single = single
        self.forbidden = forbidden or {}
        self.missing_severity = missing_severity or {}
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, rows: list[Row]) -> Plan:
        names = tuple([row[0] for row in rows])
        plan = self._plans.get(names)
        if plan is None:
            plan = Plan(tuple(self._steps(names)), tuple(self._faults(names)))
            if len(self._plans) < MOST_PLANS and len(names) < LONGEST_PLAN:
                self._plans[names] = plan
        return plan

    def _steps(self, names: tuple[str, ...]) -> Iterator[Step]:
        counts: dict[str, int] = {}
        for rank, name in enumerate(names):
            number = counts[name] = counts.get(name, 0) + 1
            if name in self.many:
                attribute, model = self.many[name]
                yield Step(rank, number, attribute, model.read, True)
            elif name in self.one and number == 1:
                attribute, model = self.one[name]
                yield Step(rank, number, attribute, model.read, False)

    def _faults(self, names: tuple[str, ...]) -> Iterator[Fault]:
        for name in self.required:
            if name not in names:
                message = f"Le segment {name} est obligatoire dans un message {self.name} et manque."
                yield Fault(name, "segment-missing", message, self.missing_severity.get(name, "error"))
        for rank, name in enumerate(names):
            if name == "MSH" and rank > 0:
                message = "Un second message commence ici : les messages s’envoient un par un."
                yield Fault(place_of("MSH", names[: rank + 1].count("MSH")), "segment-order", message)
            elif not _is_segment_name(name):
                message = f"La ligne {rank + 1} ne commence pas par un nom de segment."
                yield Fault("", "segment-name", message)
        for name, reason in self.forbidden.items():
            if name in names:
                yield Fault(name, "segment-unexpected", reason)
        for name in sorted(self.single):
            if names.count(name) > 1:
                message = f"Le segment {name} ne peut pas se répéter dans un message {self.name}."
                yield Fault(place_of(name, 2), "segment-unexpected", message)
        yield from _order_faults(self.order, names)


def _order_faults(order: tuple[str, ...], names: tuple[str, ...]) -> list[Fault]:
    first = {name: rank for rank, name in reversed(list(enumerate(names)))}
    known = [name for name in order if name in first]
    for before, after in pairwise(known):
        if first[before] > first[after]:
            message = f"Le segment {after} devrait suivre le segment {before}."
            return [Fault(after, "segment-order", message, "warning")]
    return []


def _is_segment_name(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isalnum() and name.isupper() and name[0].isalpha()
