"""Which segments a message must have, may have, may repeat, and in what order.

The answer depends on the names of the segments only, not on their content: it is remembered with the way to read them.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from maison.formats.hl7v2.faults import Fault, Severity
from maison.formats.hl7v2.message import Message, Row, place_of
from maison.formats.hl7v2.segment_model import Model

type Models = Mapping[str, Model[Any]]
type Assembled = Callable[[list[Row], tuple[Any, ...], str, list[Fault]], tuple[Any, ...]]

MOST_PLANS = 512
LONGEST_PLAN = 200
"""What is remembered for each structure: partners send few shapes; a flood of odd ones is read all the same."""


class Plan(NamedTuple):
    """Where the segments of a message with these names are, and what these names alone say is wrong.

    `ranks`: for each segment read once, its rank or None; for each one that repeats, all its ranks.
    """

    ranks: tuple[Any, ...]
    faults: list[Fault]


class Structure:
    """`order`: the names in the order of the standard. `required`: those that must be there. `single`: at most once.

    `forbidden`: names whose presence is an error, with the sentence that says why. Other segments are accepted: those of
    the standard the house does not read, and local Z segments, stay in the message.
    `one` and `many`: model of each segment that is read, once or as many times as it comes.
    """

    def __init__(
        self,
        name: str,
        order: tuple[str, ...],
        required: tuple[str, ...],
        *,
        one: Models,
        many: Models,
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
        self._read_plain = _generated(one, many, is_plain=True)
        self._read_carefully = _generated(one, many, is_plain=False)

    def read(self, message: Message, faults: list[Fault]) -> tuple[Any, ...]:
        """The segments, in the order of `one` then of `many` (tuples of them). What is wrong goes to `faults`."""
        rows = message.rows
        names = tuple([row[0] for row in rows])
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plan(names)
        if plan.faults:
            faults += plan.faults
        if message.is_plain:
            return self._read_plain(rows, plan.ranks, message.charset, faults)
        return self._read_carefully(rows, plan.ranks, message.charset, faults)

    def _plan(self, names: tuple[str, ...]) -> Plan:
        places: dict[str, list[int]] = {}
        for rank, name in enumerate(names):
            places.setdefault(name, []).append(rank)
        ones = [places[name][0] if name in places else None for name in self.one]
        manys = [tuple(places.get(name, ())) for name in self.many]
        plan = Plan((*ones, *manys), list(self._faults(names)))
        if len(self._plans) < MOST_PLANS and len(names) < LONGEST_PLAN:
            self._plans[names] = plan
        return plan

    def _faults(self, names: tuple[str, ...]) -> Iterator[Fault]:
        for name in self.required:
            if name not in names:
                message = f"Le segment {name} est obligatoire dans un message {self.name} et manque."
                yield Fault(name, "segment-missing", message, self.missing_severity.get(name, "error"))
        for rank, name in enumerate(names):
            if name == "MSH" and rank > 0:
                if "MSH" not in names[1:rank]:
                    message = "Un second message commence ici : les messages s’envoient un par un."
                    yield Fault("MSH[2]", "segment-order", message)
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


def _generated(one: Models, many: Models, *, is_plain: bool) -> Assembled:
    """One call for each segment, written out: a loop over functions costs as much as what they do."""
    names: dict[str, Any] = {}
    lines = []
    for rank, model in enumerate([*one.values(), *many.values()]):
        names[f"read{rank}"] = model.plain if is_plain else model.read
        called = f"read{rank}{'[len(r := rows[{}])](r' if is_plain else '(rows[{}]'}, {{}}, charset, faults)"
        if rank < len(one):
            lines.append(f"v{rank} = {called.format(f'a{rank}', 1)} if a{rank} is not None else None")
            continue
        single = called.format(f"a{rank}[0]", 1)
        every = f"tuple([{called.format('at', 'number')} for number, at in enumerate(a{rank}, 1)])"
        lines.append(f"v{rank} = () if not a{rank} else ({single},) if len(a{rank}) == 1 else {every}")
    ranks = ", ".join(f"a{rank}" for rank in range(len(lines)))
    values = ", ".join(f"v{rank}" for rank in range(len(lines)))
    body = "\n    ".join([f"{ranks}, = ranks", *lines, f"return ({values},)"])
    exec(f"def read(rows, ranks, charset, faults):\n    {body}", names)  # noqa: S102  (our own numbers and names)
    made: Assembled = names["read"]
    return made


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
