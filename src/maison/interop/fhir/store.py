"""The generic store: every version of every resource, kept for ever, and the index of the current ones. SQL for the purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from maison.formats.fhir.moments import instant
from maison.formats.fhir.wire import read as read_json
from maison.formats.fhir.wire import write
from maison.foundations.gathering import insertion, one_trip, prepared, write_all
from maison.foundations.ids import uuid7

from .callers import Caller
from .indexing import Entries
from .sql import FALSE, TRUE, Sql

STORE_SOURCE = "fhir_resource r JOIN fhir_version v ON v.pk = r.pk AND v.version = r.version"
STORE_BODY = "(SELECT v.body FROM fhir_version v WHERE v.pk = r.pk AND v.version = r.version)"
"""The body of a row, looked up row by row whatever the planner believes of their number."""
STORE_COLUMNS = "v.body"

CURRENT = """
SELECT r.pk, r.version, r.updated_at, r.deleted, r.structure_id, r.patient, v.body
FROM fhir_resource r JOIN fhir_version v ON v.pk = r.pk AND v.version = r.version WHERE r.type = %s AND r.id = %s
"""
CURRENT_TOGETHER = """
SELECT asked.place, r.pk, r.version, r.updated_at, r.deleted, r.structure_id, r.patient, v.body
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (type, id, place)
JOIN fhir_resource r ON r.type = asked.type AND r.id = asked.id
JOIN fhir_version v ON v.pk = r.pk AND v.version = r.version
"""
"""The rows of `CURRENT` for many, each with its place from 1."""
WRITTEN_AT = "SELECT CASE WHEN pg_current_xact_id() IS NOT NULL THEN clock_timestamp() END"
"""The time a version is given: the clock of the base, read once the transaction has its number (see `horizon`)."""
INSERT = insertion("fhir_resource", ("pk", "type", "id", "version", "updated_at", "structure_id", "patient", "tokens"))
INSERT_VERSION = insertion("fhir_version", ("pk", "version", "type", "id", "at", "method", "author", "body"))
INSERT_TEXT = (
    "INSERT INTO fhir_text (pk, key, value, exact) SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[])"
)
INSERT_RANGE = """
INSERT INTO fhir_range (pk, key, low, high, unit)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::float8[], %s::float8[], %s::text[])
"""
REPLACE = """
UPDATE fhir_resource SET version = %s, updated_at = %s, deleted = %s, patient = %s, tokens = %s WHERE pk = %s
"""


@dataclass(frozen=True, slots=True)
class Current:
    """A row of the store as it stands; `body` is the JSON of its current version, empty once deleted."""

    pk: UUID
    version: int
    updated_at: datetime
    deleted: bool
    structure_id: UUID
    patient: str
    body: str

    def resource(self) -> dict[str, Any]:
        return read_json(self.body.encode())


@dataclass(slots=True)
class Draft:
    """A resource ready to be written: `resource` without `meta.versionId` nor `lastUpdated`, which the store gives."""

    type: str
    resource: dict[str, Any]
    entries: Entries
    structure_id: UUID
    patient: str
    author: str
    id: str = ""
    pk: UUID | None = None
    body: str = ""
    at: datetime | None = None


def visible_rows(caller: Caller) -> Sql:
    if caller.everywhere:
        return TRUE
    if not caller.structures:
        return FALSE
    return Sql("r.structure_id = ANY(%s::uuid[])", (sorted(caller.structures),))


def sees(caller: Caller, structure_id: UUID) -> bool:
    return caller.everywhere or structure_id in caller.structures


def stored_body(row: tuple[Any, ...]) -> bytes:
    return str(row[0]).encode()


def current(kind: str, identifier: str, *, lock: bool = False) -> Current | None:
    """The row whatever its state and owner: callers check both."""
    with prepared() as cursor:
        cursor.execute(CURRENT + (" FOR UPDATE OF r" if lock else ""), [kind, identifier])
        row = cursor.fetchone()
    return Current(*row) if row else None


def together(asked: Iterable[tuple[str, str]]) -> list[list[str]]:
    """(type, id) pairs as `CURRENT_TOGETHER` takes them."""
    kinds, identifiers = zip(*asked, strict=True)
    return [list(kinds), list(identifiers)]


def written_at() -> datetime:
    with prepared() as cursor:
        cursor.execute(WRITTEN_AT)
        at: datetime = cursor.fetchone()[0]
    return at


def stamped(resource: dict[str, Any], identifier: str, version: int, at: datetime) -> dict[str, Any]:
    """The resource with the id and meta the server gives, first in its JSON."""
    meta = resource.get("meta")
    kept = (
        {key: value for key, value in meta.items() if key not in {"versionId", "lastUpdated"}}
        if isinstance(meta, dict)
        else {}
    )
    return {
        "resourceType": resource["resourceType"],
        "id": identifier,
        "meta": {"versionId": str(version), "lastUpdated": instant(at), **kept},
        **{key: value for key, value in resource.items() if key not in {"resourceType", "id", "meta"}},
    }


def insert(drafts: Sequence[Draft]) -> None:
    """Write new resources, all at once: two to four statements whatever their number. Ids already taken raise IntegrityError."""
    if not drafts:
        return
    now = written_at()
    for draft in drafts:
        draft.pk = draft.pk or uuid7()
        draft.id = draft.id or str(draft.pk)
        draft.at = now
        draft.body = write(stamped(draft.resource, draft.id, 1, now)).decode()
    with one_trip(), prepared() as cursor:
        write_all(INSERT, [
            {"pk": one.pk, "type": one.type, "id": one.id, "version": 1, "updated_at": now, "structure_id": one.structure_id,
             "patient": one.patient, "tokens": sorted(one.entries.tokens)}
            for one in drafts
        ])  # fmt: skip
        write_all(INSERT_VERSION, [_version_row(one, one.pk, 1, now, "POST") for one in drafts])
        _index(cursor, [(d.pk, d.entries) for d in drafts if d.pk])


def _version_row(draft: Draft, pk: UUID | None, number: int, at: datetime, method: str) -> dict[str, Any]:
    return {"pk": pk, "version": number, "type": draft.type, "id": draft.id, "at": at, "method": method, "author": draft.author,
            "body": draft.body}  # fmt: skip


def replace(row: Current, draft: Draft, *, deleted: bool = False, method: str = "PUT") -> None:
    """A new version of a locked row; a deletion is one too, with an empty body."""
    now = max(written_at(), row.updated_at)
    version = row.version + 1
    draft.pk, draft.at = row.pk, now
    draft.body = "" if deleted else write(stamped(draft.resource, draft.id, version, now)).decode()
    tokens = [] if deleted else sorted(draft.entries.tokens)
    with connection.cursor() as cursor:
        write_all(INSERT_VERSION, [_version_row(draft, row.pk, version, now, method)])
        cursor.execute(REPLACE, [version, now, deleted, row.patient if deleted else draft.patient, tokens, row.pk])
        cursor.execute("DELETE FROM fhir_text WHERE pk = %s", [row.pk])
        cursor.execute("DELETE FROM fhir_range WHERE pk = %s", [row.pk])
        if not deleted:
            _index(cursor, [(row.pk, draft.entries)])


def _index(cursor: Any, rows: Sequence[tuple[UUID, Entries]]) -> None:
    texts = [(pk, *text) for pk, found in rows for text in found.texts]
    if texts:
        cursor.execute(INSERT_TEXT, [list(column) for column in zip(*texts, strict=True)])
    ranges = [(pk, *one) for pk, found in rows for one in found.ranges]
    if ranges:
        cursor.execute(INSERT_RANGE, [list(column) for column in zip(*ranges, strict=True)])


def array_literal(values: set[str]) -> str:
    """A PostgreSQL array literal, since arrays of arrays must be of one length."""
    return "{" + ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in sorted(values)) + "}"


@dataclass(frozen=True, slots=True)
class Version:
    pk: UUID
    version: int
    type: str
    id: str
    at: datetime
    method: str
    body: str
    patient: str

    @property
    def deleted(self) -> bool:
        return self.method == "DELETE"


VERSIONS = """
SELECT v.pk, v.version, v.type, v.id, v.at, v.method, v.body, r.patient
FROM fhir_version v JOIN fhir_resource r ON r.pk = v.pk
"""


def version(pk: UUID, number: int) -> Version | None:
    with connection.cursor() as cursor:
        cursor.execute(f"{VERSIONS} WHERE v.pk = %s AND v.version = %s", [pk, number])
        row = cursor.fetchone()
    return Version(*row) if row else None


def versions(caller: Caller, *, kind: str = "", pk: UUID | None = None, since: datetime | None = None,
             at: tuple[float, float] | None = None, before: tuple[datetime, UUID, int] | None = None,
             until: datetime | None = None, limit: int = 50, kinds: Sequence[str] = ()) -> list[Version]:  # fmt: skip
    """The newest first, from just after `before`, without those of `until` and later. Rows of other structures are left out."""
    visible = visible_rows(caller)
    parts = [visible] if pk is None else []
    if pk is not None:
        parts.append(Sql("v.pk = %s", (pk,)))
    if kind:
        parts.append(Sql("v.type = %s", (kind,)))
    elif pk is None:
        parts.append(Sql("v.type = ANY(%s)", (list(kinds),)))
    if since is not None:
        parts.append(Sql("v.at >= %s", (since,)))
    if until is not None:
        parts.append(Sql("v.at < %s", (until,)))
    if at is not None:
        parts.append(Sql("v.at >= to_timestamp(%s) AND v.at < to_timestamp(%s)", at))
    if before is not None:
        parts.append(Sql("(v.at, v.pk, v.version) < (%s, %s, %s)", before))
    where = " AND ".join(part.text for part in parts) or "TRUE"
    args = [arg for part in parts for arg in part.args]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{VERSIONS} WHERE {where} ORDER BY v.at DESC, v.pk DESC, v.version DESC LIMIT %s",
            [*args, limit],
        )
        return [Version(*row) for row in cursor.fetchall()]
