"""The registry of probes. A room registers what should be watched; supervision reads it and never asks who gave it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import DatabaseError, transaction

log = logging.getLogger(__name__)

type State = Literal["ok", "late", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure, who says it and since when it holds. `at` is the moment of the oldest or last thing counted.

    `late` is shown; `failed` is shown and alerts those who hold `supervision.view`.
    """

    label: str
    value: str
    at: datetime | None = None
    state: State = "ok"
    group: str = "Maison"
    source: str = ""
    note: str = ""


type Probe = Callable[[], Reading | Sequence[Reading]]

_probes: dict[str, Probe] = {}


def register_probe(code: str, probe: Probe) -> None:
    """`code` is stable (`room.thing`): alerts are kept under it and under the label of the reading."""
    if _probes.setdefault(code, probe) is not probe:
        raise ValueError(f"The probe {code} is registered twice.")


def probes() -> dict[str, Probe]:
    return dict(_probes)


def read_probes() -> list[tuple[str, Reading]]:
    """Every reading with the code of its probe; a probe that cannot read says `unknown` instead of breaking the page."""
    found: list[tuple[str, Reading]] = []
    for code, probe in _probes.items():
        try:
            with transaction.atomic():
                answer = probe()
        except DatabaseError as error:
            log.warning("supervision.probe_failed %s %s", code, type(error).__name__)
            answer = Reading(code, "illisible", state="unknown", note="La mesure n'a pas pu être lue.")
        found.extend((code, reading) for reading in ([answer] if isinstance(answer, Reading) else answer))
    return found
