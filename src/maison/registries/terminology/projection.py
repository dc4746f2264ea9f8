"""From the rows of a source to systems, sets and their codes: the state in service is closed and another opened, never rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from maison.formats.folding import plain
from maison.registries.sources.selectors import rows_of

from .models import Concept, Member, Named, System, ValueSet

HEAD = "#"
"""The key of the row that speaks of the whole nomenclature; it sorts before every code."""

CONCEPT = ("display", "short", "definition", "parent", "starts_on", "ends_on", "properties")
MEMBER = ("display", "starts_on", "ends_on")


def project(source: str, entities: Sequence[str]) -> None:
    """Idempotent: what is already in service under the same words stays as it is."""
    kind, _, url = source.partition(":")
    owner = _owner(System if kind == "cs" else ValueSet, source, url)
    codes = [code for code in entities if code != HEAD]
    rows = rows_of(source, codes)
    if isinstance(owner, System):
        _write_concepts(owner, rows)
    elif isinstance(owner, ValueSet):
        _write_members(owner, rows)
    in_service = owner.concepts if isinstance(owner, System) else owner.members  # type: ignore[attr-defined]
    owner.terms = in_service.filter(until__isnull=True).count()
    owner.save(update_fields=["terms"])


def _owner(model: type[System] | type[ValueSet], source: str, url: str) -> Named:
    head = next(iter(rows_of(source, [HEAD])[HEAD]), {})
    said = {name: head.get(name, "") for name in ("oid", "title", "publisher", "version")}
    said["title"] = said["title"] or url
    values: dict[str, Any] = {**said, "published_on": _date(head.get("published_on"))}
    if model is System:
        values["case_sensitive"] = bool(head.get("case_sensitive"))
    return model.objects.update_or_create(url=url, defaults=values)[0]


def _write_concepts(system: System, rows: dict[str, list[dict[str, Any]]]) -> None:
    served = {one.code: one for one in Concept.objects.filter(system=system, code__in=list(rows), until__isnull=True)}
    ended, opened = [], []
    for code, found in rows.items():
        row = found[0] if found else None
        told = _values(row, CONCEPT) if row is not None and row["_closed_on"] is None else None
        before = served.get(code)
        if before is not None and told is not None and all(getattr(before, name) == told[name] for name in CONCEPT):
            continue
        if before is not None and row is not None:
            before.until = row["_closed_on"] or row["_said_on"]
            ended.append(before)
        if told is not None and row is not None:
            words = plain(f"{code} {told['display']} {told['short']}")
            opened.append(Concept(system=system, code=code, since=row["_said_on"], words=words, **told))
    Concept.objects.bulk_update(ended, ["until"])
    Concept.objects.bulk_create(opened)


def _write_members(value_set: ValueSet, rows: dict[str, list[dict[str, Any]]]) -> None:
    served = {
        (one.system, one.code): one
        for one in Member.objects.filter(value_set=value_set, code__in=list(rows), until__isnull=True)
    }
    ended, opened = [], []
    for code, found in rows.items():
        for row in found:
            key = (row.get("system", ""), code)
            told = _values(row, MEMBER) if row["_closed_on"] is None else None
            before = served.get(key)
            if before is not None and told is not None and all(getattr(before, name) == told[name] for name in MEMBER):
                continue
            if before is not None:
                before.until = row["_closed_on"] or row["_said_on"]
                ended.append(before)
            if told is not None:
                opened.append(Member(value_set=value_set, system=key[0], code=code, since=row["_said_on"], **told))
    Member.objects.bulk_update(ended, ["until"])
    Member.objects.bulk_create(opened)


def _values(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    empty: dict[str, Any] = {"starts_on": None, "ends_on": None, "properties": {}}
    found = {name: row.get(name, empty.get(name, "")) for name in names}
    for name in ("starts_on", "ends_on"):
        found[name] = _date(found[name])
    return found


def _date(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None
