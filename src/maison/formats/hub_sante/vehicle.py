"""The course of a vehicle on a case, from the states its messages push, in any order and as often as they like.

The eighteen statuses are ordered (nomenclature statutVecteur); times should follow that order; ANNULE ends the course.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from maison.formats.hub_sante.codes import codes
from maison.formats.hub_sante.merge import instant
from maison.formats.hub_sante.parts import ResourceState

STATUSES = codes("statutVecteur")
CANCELLED = "ANNULE"
DEPARTURES_WITH_PATIENT = ("TRANSP", "TRANSP2", "TRANSP3")
STOPS = ("ETAPE1", "ETAPE2")
_RANKS = {status: rank for rank, status in enumerate(STATUSES)}


class Course(Struct, frozen=True):
    """`states` by time, each once. `late` are the ones whose time contradicts the official order, or come after ANNULE.

    `current` is the last known state: the latest in time, the furthest in the order at the same time.
    """

    states: tuple[ResourceState, ...]
    current: ResourceState | None
    late: tuple[ResourceState, ...]

    def at(self, *statuses: str) -> datetime | None:
        """When the last of these statuses was reached."""
        times = [instant(state.datetime) for state in self.states if state.status in statuses]
        return max(times, default=None)

    @property
    def is_cancelled(self) -> bool:
        return self.current is not None and self.current.status == CANCELLED

    @property
    def has_arrived(self) -> bool:
        """At the door of the receiving service."""
        return self.at("DESTIN") is not None

    @property
    def is_transporting(self) -> bool:
        """On the road with the patient: between a departure and the next stop or the destination."""
        return self.current is not None and self.current.status in DEPARTURES_WITH_PATIENT

    @property
    def left_at(self) -> datetime | None:
        """Last departure with the patient: from there the estimated time of arrival is counted."""
        return self.at(*DEPARTURES_WITH_PATIENT)

    @property
    def on_scene_at(self) -> datetime | None:
        return self.at("ARRIVEE")


def rank_of(status: str) -> int:
    """Place in the official order, 0 to 17. Raises KeyError for an unknown status."""
    return _RANKS[status]


def course_of(states: Iterable[ResourceState]) -> Course:
    """The same course whatever the order and the repetitions of `states`."""
    once = {(instant(state.datetime), rank_of(state.status), state.availability): state for state in states}
    ordered = tuple(once[key] for key in sorted(once, key=lambda key: (key[0], key[1], str(key[2]))))
    cancelled = next((state for state in ordered if state.status == CANCELLED), None)
    late, furthest = [], -1
    for state in ordered:
        after_end = cancelled is not None and instant(state.datetime) > instant(cancelled.datetime)
        if rank_of(state.status) < furthest or (after_end and state is not cancelled):
            late.append(state)
        furthest = max(furthest, rank_of(state.status))
    return Course(ordered, cancelled or (ordered[-1] if ordered else None), tuple(late))
