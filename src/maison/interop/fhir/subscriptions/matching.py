"""From changes of the store to numbered events: each version is judged as it was, each subscription gets its events in order.

The criteria of a subscription are the SQL of a search. Here the tables of the store are shadowed by the versions of the batch, so that
the same question is asked of each version as it stood, even when a later one has already replaced it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import DataError, connection, transaction
from django.utils import timezone

from maison.formats.fhir.wire import read
from maison.foundations.events.models import StoredEvent
from maison.foundations.events.reader import Reader
from maison.interop.fhir import authentication, store
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.errors import Refusal
from maison.interop.fhir.events import ResourceChanged
from maison.interop.fhir.indexing import entries
from maison.interop.fhir.questions import condition, rows_of
from maison.interop.fhir.registry import Declared, find
from maison.interop.fhir.sql import every

from . import lifecycle, people, snapshot, topics
from .models import Notice, Subscription

READER = Reader("fhir.subscriptions", frozenset({ResourceChanged.name}))
BATCH = 500
CLASSIC = frozenset({"POST", "PUT", "PATCH"})
"""What a subscription by search is told of (R4): creations and updates."""

VERSIONS = """
SELECT n.rank, v.id, v.method, v.at, CASE WHEN v.method = 'DELETE' THEN before.body ELSE v.body END, r.structure_id, r.patient
FROM unnest(%s::int[], %s::uuid[], %s::int[]) AS n (rank, pk, version)
JOIN fhir_version v ON v.pk = n.pk AND v.version = n.version JOIN fhir_resource r ON r.pk = n.pk
LEFT JOIN fhir_version before ON before.pk = n.pk AND before.version = n.version - 1
"""
AS_THEY_WERE = """
WITH fhir_resource AS MATERIALIZED (
  SELECT pk, type, id, version, updated_at, false AS deleted, structure_id, patient, words::text[] AS tokens
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::uuid[], %s::text[], %s::text[])
       AS new (pk, type, id, version, updated_at, structure_id, patient, words)
), fhir_text AS MATERIALIZED (
  SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS new (pk, key, value, exact)
), fhir_range AS MATERIALIZED (
  SELECT * FROM unnest(%s::uuid[], %s::text[], %s::float8[], %s::float8[], %s::text[]) AS new (pk, key, low, high, unit)
)
SELECT r.pk FROM fhir_resource r WHERE
"""


@dataclass(slots=True)
class Change:
    """One version that was written. `key` stands for it in the shadowed tables: two versions of a resource are two rows."""

    key: UUID
    position: int
    pk: UUID
    version: int
    id: str
    method: str
    at: datetime
    body: str
    structure_id: UUID
    patient: str

    def resource(self) -> dict[str, Any]:
        return read(self.body.encode())


class Changes:
    """Those of one type in a batch, in their order, and the questions that may be asked of them."""

    def __init__(self, declared: Declared, rows: Sequence[Change], base: str) -> None:
        self.declared, self.rows, self.base = declared, rows, base

    @cached_property
    def shadows(self) -> list[Any]:
        found = [(row, entries(row.resource(), self.declared.stored, self.base)) for row in self.rows]
        texts = [(row.key, *text) for row, one in found for text in one.texts]
        ranges = [(row.key, *item) for row, one in found for item in one.ranges]
        return [
            [row.key for row in self.rows], [self.declared.type] * len(self.rows), [row.id for row in self.rows],
            [row.version for row in self.rows], [row.at for row in self.rows], [row.structure_id for row in self.rows],
            [row.patient for row in self.rows], [store.array_literal(one.tokens) for _, one in found],
            *([list(column) for column in zip(*texts, strict=True)] if texts else [[]] * 4),
            *([list(column) for column in zip(*ranges, strict=True)] if ranges else [[]] * 5),
        ]  # fmt: skip

    def answering(self, caller: Caller, query: Sequence[Sequence[str]]) -> frozenset[UUID]:
        """Keys of the versions that the caller may know of and that meet the criteria. Raises Refusal."""
        where = every([rows_of(self.declared, caller), *(condition(self.declared, caller, name, value) for name, value in query)])  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(AS_THEY_WERE + where.text, [*self.shadows, *where.args])
            return frozenset(row[0] for row in cursor.fetchall())


def turn() -> int:
    """Read the next facts and number what they mean for each subscription, in one transaction; returns how many were read."""
    with transaction.atomic():
        facts: list[StoredEvent] = []
        count = READER.read(facts.append, BATCH)
        if facts:
            number(facts)
    return count


def number(facts: Sequence[StoredEvent]) -> int:
    """Returns how many events were numbered."""
    kinds = {fact.payload["resource_type"] for fact in facts}
    waiting = Subscription.objects.standing().filter(resource_type__in=kinds)
    rows = list(waiting.select_related("client").select_for_update(of=("self",)).order_by("id"))
    if not rows:
        return 0
    of_type = _changes(facts, {row.resource_type for row in rows})
    callers: dict[UUID, Caller | None] = {}
    total = 0
    for row in rows:
        if row.client_id not in callers:
            callers[row.client_id] = authentication.of_client(row.client.client_id)
        caller = callers[row.client_id]
        if caller is None or not caller.may(row.resource_type, "r"):
            lifecycle.stop(row, lifecycle.RIGHTS)
        elif row.resource_type in of_type:
            total += _give(row, caller, of_type[row.resource_type])
    return total


def _changes(facts: Sequence[StoredEvent], kinds: set[str]) -> dict[str, Changes]:
    from maison.interop.fhir.views import base

    wanted = [fact for fact in facts if fact.payload["resource_type"] in kinds]
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS, [list(range(len(wanted))), [fact.payload["resource_pk"] for fact in wanted],
                                  [fact.payload["version"] for fact in wanted]])  # fmt: skip
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    by_type: dict[str, list[Change]] = defaultdict(list)
    for rank, fact in enumerate(wanted):
        if rank in found and found[rank][3]:
            identifier, method, at, body, structure_id, patient = found[rank]
            change = Change(fact.id, fact.position, UUID(fact.payload["resource_pk"]), fact.payload["version"], identifier, method, at,
                            body, structure_id, patient)  # fmt: skip
            by_type[fact.payload["resource_type"]].append(change)
    address = base()
    return {kind: Changes(declared, rows, address) for kind, rows in by_type.items() if (declared := find(kind)) is not None and declared.is_stored}  # fmt: skip


def _give(row: Subscription, caller: Caller, changes: Changes) -> int:
    """Number what concerns this subscription. One that the house can no longer understand is not dropped: a person is asked."""
    try:
        with transaction.atomic():  # what the base refuses of one subscription must not hold back the others
            keys = changes.answering(caller, row.query)
    except (Refusal, DataError) as error:
        refusal = error.text if isinstance(error, Refusal) else "une valeur est hors de portée."
        lifecycle.fail(
            row,
            lifecycle.CRITERIA,
            f"Le critère n'est plus lisible, les changements ne sont plus comptés depuis cet instant : {refusal}",
        )
        return 0
    topic = topics.topics().get(row.topic)
    methods = topic.methods if topic is not None else CLASSIC
    notices = []
    for change in changes.rows:
        method = "PUT" if change.method == "PATCH" else change.method
        if change.key not in keys or method not in methods or not _in_time(row, change):
            continue
        if row.narrowing and not people.concerns(row.narrowing, change.resource()):
            continue
        row.numbered += 1
        notices.append(Notice(subscription=row, number=row.numbered, at=change.at, resource_pk=change.pk, resource_id=change.id,
                              version=change.version, method=method, patient=change.patient))  # fmt: skip
    if notices:
        row.last_event_at = timezone.now()
        Notice.objects.bulk_create(notices)
        row.save(update_fields=["numbered", "last_event_at"])
    return len(notices)


def _in_time(row: Subscription, change: Change) -> bool:
    if snapshot.already_there(row.snapshot, row.shift, change.position):
        return False
    if row.starts_at is not None and change.at < row.starts_at:
        return False
    return row.ends_at is None or change.at < row.ends_at
