"""Differences become rows, some entities at a time: each batch leaves what is shown equal to what is kept."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from .catalogue import Source

BATCH_ENTITIES = 1_000
SAMPLES = 20

TOUCHED = """
CREATE TEMP TABLE touched AS SELECT row_number() OVER (ORDER BY entity) AS n, entity FROM (
  SELECT entity FROM understood UNION SELECT entity FROM gone
  UNION SELECT r.entity FROM sources_row r JOIN understood u ON r.source = %s AND r.key = u.key) found
"""
WRITE = """
INSERT INTO sources_row (source, key, entity, digest, body, since, said_on, closed_on)
SELECT %s, u.key, u.entity, u.digest, u.body, %s, %s, NULL FROM understood u JOIN touched t USING (entity)
WHERE t.n BETWEEN %s AND %s
ON CONFLICT (source, key) DO UPDATE SET
  entity = EXCLUDED.entity, digest = EXCLUDED.digest, body = EXCLUDED.body, said_on = EXCLUDED.said_on, closed_on = NULL
"""
CLOSE = """
UPDATE sources_row r SET closed_on = %s FROM gone g JOIN touched t USING (entity)
WHERE r.source = %s AND r.key = g.key AND t.n BETWEEN %s AND %s
"""


def apply(source: Source, vintage: dt.date, progress: Callable[[int], None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [source.code])
        cursor.execute("CREATE INDEX ON touched (n)")
        cursor.execute("ANALYZE touched")
        cursor.execute("SELECT count(*) FROM touched")
        total = cursor.fetchone()[0]
    done = 0
    for number, first in enumerate(range(1, total + 1, BATCH_ENTITIES), 1):
        with transaction.atomic():
            done += _apply_batch(source, vintage, first, first + BATCH_ENTITIES - 1)
            progress(done)
        if number.bit_count() == 1:
            _refresh_statistics(source)


def _refresh_statistics(source: Source) -> None:
    """After batches 1, 2, 4, 8…: on a first load the planner would else read whole tables that it remembers empty."""
    with connection.cursor() as cursor:
        for table in ("sources_row", *source.tables):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def _apply_batch(source: Source, vintage: dt.date, first: int, last: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [source.code, vintage, vintage, first, last])
        written = cursor.rowcount
        cursor.execute(CLOSE, [vintage, source.code, first, last])
        closed = cursor.rowcount
        cursor.execute("SELECT entity FROM touched WHERE n BETWEEN %s AND %s ORDER BY n", [first, last])
        entities = [row[0] for row in cursor.fetchall()]
    source.project(source.code, entities)
    return int(written + closed)


def counts(source: Source) -> tuple[int, int]:
    """How many of the understood rows are new (or back), and how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE r.key IS NULL OR r.closed_on IS NOT NULL), "
            "count(*) FILTER (WHERE r.closed_on IS NULL AND r.key IS NOT NULL) "
            "FROM understood u LEFT JOIN sources_row r ON r.source = %s AND r.key = u.key",
            [source.code],
        )
        new, changed = cursor.fetchone()
    return new, changed


def samples(source: Source) -> dict[str, list[Any]]:
    """A few differences of each kind, for a person to judge the file before it is applied. Keys only when the source is not public."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.key, u.body FROM understood u LEFT JOIN sources_row r ON r.source = %s AND r.key = u.key "
            "WHERE r.key IS NULL OR r.closed_on IS NOT NULL ORDER BY u.key LIMIT %s", [source.code, SAMPLES],
        )  # fmt: skip
        new = [{"key": key, "what": _shown(source, body)} for key, body in cursor.fetchall()]
        cursor.execute(
            "SELECT u.key, r.body, u.body FROM understood u JOIN sources_row r ON r.source = %s AND r.key = u.key "
            "WHERE r.closed_on IS NULL ORDER BY u.key LIMIT %s", [source.code, SAMPLES],
        )  # fmt: skip
        changed = [{"key": key, "what": _changes(source, before, after)} for key, before, after in cursor.fetchall()]
        cursor.execute(
            "SELECT g.key, r.body FROM gone g JOIN sources_row r ON r.source = %s AND r.key = g.key ORDER BY g.key LIMIT %s",
            [source.code, SAMPLES],
        )
        gone = [{"key": key, "what": _shown(source, body)} for key, body in cursor.fetchall()]
    return {"new": new, "changed": changed, "gone": gone}


def _shown(source: Source, body: Any) -> str:
    found: dict[str, Any] = json.loads(body)
    return ", ".join(str(found[name]) for name in source.shown if found.get(name)) if source.public else ""


def _changes(source: Source, before: Any, after: Any) -> str:
    old, new = json.loads(before), json.loads(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not source.public:
        return ", ".join(names)
    return " ; ".join(f"{name} : {_said(old.get(name))} → {_said(new.get(name))}" for name in names[:6])


def _said(value: Any) -> str:
    text = str(value) if value not in (None, "", [], {}) else "(vide)"
    return text if len(text) <= 80 else f"{text[:79]}…"
