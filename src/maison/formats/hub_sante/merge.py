"""What an RS-EDA-MAJ changes in an RS-EDA: a delta, merged object by object.

Source: Hub Santé model 26.07.29, sheet RS-EDA-MAJ: only caseId is required; patients are matched by patientId, medical
notes by medicalNoteId; decisions and call notes only ever add up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

type Json = dict[str, Any]
type Key = Callable[[Json], object]


def _by(*names: str) -> Key:
    return lambda item: tuple(str(item.get(name)) for name in names)


LIST_KEYS: dict[str, Key] = {
    "patient": _by("patientId"),
    "medicalNote": _by("medicalNoteId"),
    "decision": _by("creation", "decisionType", "patientId"),
    "notes": _by("creation", "freetext"),
    "customMap": _by("key"),
    "externalId": _by("source"),
    "externalLocationId": _by("source"),
}


def merge_case_update(case: Json, update: Json) -> Json:
    """The case with the update merged in; neither argument is changed. Merging the same update twice changes nothing."""
    merged = dict(case)
    for name, value in update.items():
        known = merged.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merged[name] = merge_case_update(known, value)
        elif isinstance(known, list) and isinstance(value, list) and name in LIST_KEYS:
            merged[name] = _merge_list(known, value, LIST_KEYS[name])
        else:
            merged[name] = value
    return merged


def _merge_list(known: list[Json], told: list[Json], key: Key) -> list[Json]:
    merged = {key(item): item for item in known}
    for item in told:
        identity = key(item)
        merged[identity] = merge_case_update(merged[identity], item) if identity in merged else item
    return list(merged.values())
