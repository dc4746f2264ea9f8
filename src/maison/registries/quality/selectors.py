from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from maison.foundations.access import Actor
from maison.ui.freshness import Freshness

from .models import Anomaly, Score
from .rules import RULES, WEIGHTS, Rule

FRESH, STALE = dt.timedelta(hours=26), dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Line:
    """A rule and its last figure; `ratio` is the part of records without this fault, None when it never ran or nothing was asked."""

    rule: Rule
    checked: int
    faulty: int
    fresh: Freshness

    @property
    def ratio(self) -> float | None:
        return 1 - self.faulty / self.checked if self.checked else None


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry and its score: one minus the weighted errors over the records (REF-08)."""

    name: str
    lines: list[Line]

    @property
    def score(self) -> float | None:
        checked = max((line.checked for line in self.lines), default=0)
        if not checked:
            return None
        errors = sum(line.faulty * WEIGHTS[line.rule.severity] for line in self.lines)
        return max(0.0, 1 - errors / checked)

    @property
    def fresh(self) -> Freshness:
        moments = [line.fresh.at for line in self.lines if line.fresh.at]
        return Freshness(
            min(moments) if len(moments) == len(self.lines) else None, "contrôles de qualité", FRESH, STALE
        )


def scores() -> list[Registry]:
    """Two queries at most, whatever the number of records."""
    last = {(one.registry, one.rule): one for one in Score.objects.order_by("registry", "rule", "-at").distinct("registry", "rule")}  # fmt: skip
    found: dict[str, list[Line]] = {}
    for rule in RULES:
        score = last.get((rule.registry, rule.code))
        fresh = Freshness(score.at if score else None, "contrôle de qualité", FRESH, STALE)
        found.setdefault(rule.registry, []).append(
            Line(rule, score.checked if score else 0, score.faulty if score else 0, fresh)
        )
    return [Registry(name, lines) for name, lines in found.items()]


def anomalies(actor: Actor, *, registry: str = "", rule: str = "", state: str = "") -> QuerySet[Anomaly]:
    """Alive ones unless a state is asked; the oldest first, since age is what wears trust."""
    found = Anomaly.objects.visible_to(actor)
    found = found.filter(state=state) if state else found.alive()
    if registry:
        found = found.filter(registry=registry)
    return found.filter(rule=rule) if rule else found
