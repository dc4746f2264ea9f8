"""The golden record: for each field, which source is believed, since when, and how surely (REF-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SURE, DEDUCED = 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """What one source says of a thing: empty values say nothing. `on` is the day it last changed its mind."""

    source: str
    on: dt.date
    values: Mapping[str, Any]
    confidence: float = SURE


type Ranks = Sequence[frozenset[str]]
"""Sources from the most to the least believed; those of one rank are told apart by their date."""


def merged(told: Iterable[Told], fields: Mapping[str, Ranks]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Each field's value, and beside it `[source, ISO date, confidence]`. A field nobody fills is absent from both.

    A source that is in no rank of a field is not believed for it, even when it is alone.
    """
    said = list(told)
    values: dict[str, Any] = {}
    provenance: dict[str, list[Any]] = {}
    for name, ranks in fields.items():
        best = _best(name, said, ranks)
        if best is not None:
            values[name] = best.values[name]
            provenance[name] = [best.source, best.on.isoformat(), best.confidence]
    return values, provenance


def _best(name: str, said: Sequence[Told], ranks: Ranks) -> Told | None:
    for rank in ranks:
        able = [one for one in said if one.source in rank and one.values.get(name) not in (None, "", [], {})]
        if able:
            return max(able, key=lambda one: (one.confidence, one.on))
    return None
