"""The file beside the registry: its lines cut and hashed into a table of this connection, then compared in SQL.

Memory does not grow with the file, except eight bytes a changed line. The tables are temporary: a cut connection leaves nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import batched

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.types.json import Jsonb

from .catalogue import Fault, Line, Opened, Unreadable
from .models import Anomaly, Loading

CHUNK = 20_000
KEPT_ANOMALIES = 10_000
DIGEST_BYTES = 16

TABLES = """
DROP TABLE IF EXISTS pg_temp.staged, pg_temp.understood, pg_temp.gone, pg_temp.touched;
CREATE TEMP TABLE staged (ordinal bigint, key text, entity text, digest bytea);
CREATE TEMP TABLE understood (key text, entity text, digest bytea, body jsonb);
CREATE TEMP TABLE gone (key text, entity text);
"""
TWICE = """
DELETE FROM staged s USING (
  SELECT key, min(ordinal) AS first FROM staged GROUP BY key HAVING count(*) > 1) twice
WHERE s.key = twice.key AND s.ordinal > twice.first
RETURNING s.key
"""
DIFFERENT = """
SELECT s.ordinal FROM staged s LEFT JOIN sources_row r ON r.source = %s AND r.key = s.key
WHERE r.key IS NULL OR r.digest <> s.digest OR r.closed_on IS NOT NULL ORDER BY s.ordinal
"""
GONE = """
INSERT INTO gone SELECT r.key, r.entity FROM sources_row r LEFT JOIN staged s USING (key)
WHERE r.source = %s AND r.closed_on IS NULL AND s.key IS NULL
"""
OPEN = "SELECT count(*) FROM sources_row WHERE source = %s AND closed_on IS NULL"


class Refusals:
    """Anomalies of one loading: all counted, the first ten thousand kept."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.refused = self.warned = 0
        self._waiting: list[Anomaly] = []
        self._kept = 0

    def tell(self, key: str, fault: Fault) -> None:
        if self._kept < KEPT_ANOMALIES:
            self._kept += 1
            self._waiting.append(Anomaly(loading=self.loading, key=key[:250], code=fault.code, field=fault.field,
                                         text=fault.text[:400], blocking=fault.blocking))  # fmt: skip

    def flush(self) -> None:
        Anomaly.objects.bulk_create(self._waiting)
        self._waiting = []


def stage(loading: Loading, opened: Opened, refusals: Refusals, progress: Callable[[int], None]) -> int:
    """Every line of the file, by its key and the hash of its bytes. Returns how many were read."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        count = 0
        for chunk in batched(enumerate(opened.lines()), CHUNK):
            count += _copy_chunk(cursor, chunk, refusals)
            refusals.flush()
            progress(count)
        cursor.execute("ANALYZE staged")
        cursor.execute(TWICE)
        for (key,) in cursor.fetchall():
            refusals.refused += 1
            refusals.tell(key, Fault("SRC-DOUBLE", "", "Cette clé est déjà venue plus haut dans le fichier : la première ligne est gardée."))  # fmt: skip
        cursor.execute("CREATE INDEX ON staged (key)")
    return count


def _copy_chunk(cursor: CursorWrapper, chunk: tuple[tuple[int, Line | Unreadable], ...], refusals: Refusals) -> int:
    with cursor.copy("COPY staged FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "text", "text", "bytea"])
        for ordinal, line in chunk:
            if isinstance(line, Unreadable):
                refusals.refused += 1
                refusals.tell(line.place, Fault(line.code, "", line.text))
            else:
                copy.write_row((ordinal, line.key, line.entity, blake2b(line.raw, digest_size=DIGEST_BYTES).digest()))
    return len(chunk)


def compare(source: str) -> tuple[array[int], int, int]:
    """Ordinals of the lines that are new, changed or back; how many rows are gone; how many were open."""
    different: array[int] = array("q")
    with connection.cursor() as cursor:
        cursor.execute(GONE, [source])
        gone = cursor.rowcount
        cursor.execute(OPEN, [source])
        open_rows = cursor.fetchone()[0]
        cursor.execute(DIFFERENT, [source])
        while rows := cursor.fetchmany(CHUNK):
            different.extend(row[0] for row in rows)
    return different, gone, open_rows


def understand(opened: Opened, different: array[int], refusals: Refusals, progress: Callable[[int], None]) -> None:
    """The lines that differ, read for good: their bodies wait beside the registry, their faults are told."""
    with connection.cursor() as cursor:
        count = 0
        for chunk in batched(_lines_at(opened, different), CHUNK):
            with cursor.copy("COPY understood FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "text", "bytea", "jsonb"])
                for line in chunk:
                    _copy_one(copy, opened, line, refusals)
            count += len(chunk)
            refusals.flush()
            progress(count)
        cursor.execute("CREATE INDEX ON understood (entity)")
        cursor.execute("ANALYZE understood")
        cursor.execute("ANALYZE gone")


def _copy_one(copy: object, opened: Opened, line: Line, refusals: Refusals) -> None:
    found = opened.understand(line)
    for fault in found.faults:
        refusals.tell(line.key, fault)
    if found.body is None:
        refusals.refused += 1
        return
    refusals.warned += bool(found.faults)
    digest = blake2b(line.raw, digest_size=DIGEST_BYTES).digest()
    copy.write_row((line.key, line.entity, digest, Jsonb(found.body)))  # type: ignore[attr-defined]


def _lines_at(opened: Opened, ordinals: array[int]) -> Iterator[Line]:
    """Those lines of the file whose place is asked, in its order. A file read twice must say the same."""
    wanted = iter(ordinals)
    place = next(wanted, None)
    if place is None:
        return
    for ordinal, line in enumerate(opened.lines()):
        if ordinal == place:
            if isinstance(line, Line):
                yield line
            place = next(wanted, None)
            if place is None:
                return
