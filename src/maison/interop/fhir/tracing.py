"""The traces of one call, written together when it ends: every access leaves one, refusals included (X-03)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.gathering import gathered


@dataclass(frozen=True, slots=True)
class Trace:
    """`code` is `fhir.<interaction>`; `details` ids, codes and counts only, never a value that was searched."""

    code: str
    kind: str = ""
    id: str = ""
    patient: str = ""
    outcome: str = "success"
    details: dict[str, Any] = field(default_factory=dict)


def write_traces(traces: Iterable[tuple[Actor, Trace]]) -> None:
    """In one statement, whatever their number. Inside a transaction."""
    with gathered():
        record(traces)


def record(traces: Iterable[tuple[Actor, Trace]]) -> None:
    """Each in the name of its own caller."""
    for actor, trace in traces:
        target = (f"fhir.{trace.kind}" if trace.kind else "fhir", trace.id)
        audit.record(
            actor,
            trace.code,
            target=target,
            patient=trace.patient[:64],
            outcome=trace.outcome,
            details=trace.details,
        )


def of_rows(code: str, kind: str, rows: Sequence[tuple[str, str]], details: dict[str, Any]) -> list[Trace]:
    """One trace for each patient met in (id, patient) rows: the patient's own list of accesses must be whole."""
    by_patient: dict[str, list[str]] = {}
    for identifier, patient in rows:
        by_patient.setdefault(patient, []).append(identifier)
    if not by_patient:
        return [Trace(code, kind, details={**details, "found": 0})]
    return [
        Trace(
            code,
            kind,
            ids[0] if len(ids) == 1 else "",
            patient,
            details={**details, "found": len(ids), "ids": ids[:250]},
        )
        for patient, ids in by_patient.items()
    ]
