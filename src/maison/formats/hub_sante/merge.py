"""A regulation case and its updates, brought together: RS-EDA-MAJ is a delta, what it does not say stays.

Items of a list are recognised by what the models give as identity (patientId, medicalNoteId, the moment of a decision…)
and are never removed: nothing clinical disappears because a later message is silent about it. The `freetext` of an
update tells a person what changed; it belongs to that message, RS-EDA has no place for it, and it is left to the reader.
"""

import copy
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

_IDENTITY: dict[str, tuple[str, ...]] = {
    "patient": ("patientId",),
    "medicalNote": ("medicalNoteId",),
    "decision": ("patientId", "creation", "decisionType", "resourceType"),
    "notes": ("creation", "freetext"),
    "riskThreat": ("code",),
    "otherDiagnosis": ("code",),
    "externalInfo": ("freetext", "uri"),
    "externalId": ("source",),
    "externalLocationId": ("source",),
    "contact": ("type", "detail"),
    "customMap": ("key",),
}
"""What makes two items of a list the same one; items of any other list are the same when equal. A second identifier of
the same source corrects the first."""

_DATED = frozenset({"medicalNote", "decision", "notes"})
_LEFT_TO_THE_READER = frozenset({"freetext"})
_NEVER = datetime.min.replace(tzinfo=UTC)


def merge_case_update(case: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """The case (wire names) once updated, as a new value. Both stay as they were.

    Doing it twice changes nothing. A value given by the update wins, except that of two versions of one medical note
    the later `creation` wins, so that notes, decisions and patients end the same whatever the order of arrival.
    """
    kept = {name: value for name, value in update.items() if name not in _LEFT_TO_THE_READER}
    merged: dict[str, Any] = _merge_objects(copy.deepcopy(case), copy.deepcopy(kept))
    return merged


def merged_case(messages: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """One state from all the messages of a case, each with its `sentAt`: RS-EDA and RS-EDA-MAJ alike, in any order.

    The result depends on the set of messages only: late, repeated or reordered ones give the same state. It is partial
    while no RS-EDA has come.
    """
    ordered = sorted(
        {(instant(sent_at), msgspec.json.encode(message, order="sorted")) for sent_at, message in messages}
    )
    state: dict[str, Any] = {}
    for _sent_at, message in ordered:
        state = merge_case_update(state, msgspec.json.decode(message))
    return state


def instant(text: str | None) -> datetime:
    """For sorting: a moment that cannot be read comes before all the others."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return _NEVER
    return at if at.tzinfo else _NEVER


def _merge(name: str, old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return _merge_objects(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _merge_lists(name, old, new)
    return new


def _merge_objects(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    for name, value in new.items():
        if name in old:
            old[name] = _merge(name, old[name], value)
        elif isinstance(value, list):
            old[name] = _merge_lists(name, [], value)
        else:
            old[name] = value
    return old


def _merge_lists(name: str, old: list[Any], new: list[Any]) -> list[Any]:
    merged: dict[Any, Any] = {}
    for item in [*old, *new]:
        key = _identity(name, item)
        merged[key] = _same_item(name, merged[key], item) if key in merged else item
    items = list(merged.values())
    if name in _DATED:
        items.sort(key=lambda item: (instant(item.get("creation")), msgspec.json.encode(item, order="sorted")))
    return items


def _same_item(name: str, old: Any, new: Any) -> Any:
    if name == "medicalNote" and instant(new.get("creation")) < instant(old.get("creation")):
        return old
    return _merge_objects(old, new) if isinstance(old, dict) and isinstance(new, dict) else new


def _identity(name: str, item: Any) -> Any:
    if isinstance(item, dict) and name in _IDENTITY:
        return tuple(item.get(member) for member in _IDENTITY[name])
    return msgspec.json.encode(item, order="sorted")
