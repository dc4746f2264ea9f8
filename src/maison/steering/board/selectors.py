from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from maison.foundations.supervision.alerts import open_alerts
from maison.foundations.supervision.models import Alert
from maison.foundations.supervision.probes import Reading, State, read_probes
from maison.ui.freshness import Freshness

ORDER = ("Processus", "Échanges", "Travaux de fond", "Événements", "Délais", "Traces")
WORDS: dict[State, tuple[str, str]] = {
    "ok": ("Bon", "ok"),
    "late": ("À surveiller", "warn"),
    "failed": ("En échec", "danger"),
    "unknown": ("Inconnu", "stale"),
}
WORST: tuple[State, ...] = ("failed", "unknown", "late", "ok")


@dataclass(frozen=True, slots=True)
class Line:
    reading: Reading

    @property
    def word(self) -> str:
        return WORDS[self.reading.state][0]

    @property
    def kind(self) -> str:
        return WORDS[self.reading.state][1]

    @property
    def at(self) -> datetime | None:
        return self.reading.at


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    lines: list[Line]

    @property
    def state(self) -> State:
        return next(state for state in WORST if any(line.reading.state == state for line in self.lines))

    @property
    def word(self) -> str:
        return WORDS[self.state][0]

    @property
    def kind(self) -> str:
        return WORDS[self.state][1]


def groups() -> list[Group]:
    """Every reading of the moment, grouped; groups the house does not know come last, in the order of their names."""
    found: dict[str, list[Line]] = {}
    for _, reading in read_probes():
        found.setdefault(reading.group, []).append(Line(reading))
    rank = {name: index for index, name in enumerate(ORDER)}
    return [Group(name, found[name]) for name in sorted(found, key=lambda name: (rank.get(name, len(rank)), name))]


def freshness_of(read_at: datetime) -> Freshness:
    """The page itself: what it shows was read just now, and is not to be trusted a minute later."""
    return Freshness(read_at, "sondes de la maison", timedelta(seconds=30), timedelta(minutes=2))


def current_alerts() -> QuerySet[Alert]:
    return open_alerts()


def past_alerts() -> QuerySet[Alert]:
    return Alert.objects.order_by("-opened_at", "id")
