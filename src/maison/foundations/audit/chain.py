"""Seal traces into a hash chain, and verify it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

GENESIS = bytes(32)
LOCK = 7_310_001  # advisory lock: one sealer at a time
# The digest is computed by the database over the row as stored, so that any change of any column shows.
ROWS = """
SELECT id, sha256(convert_to(concat_ws(E'\\x1f', id, extract(epoch from at)::text, position, seq, subject, auth,
       coalesce(user_id::text, ''), coalesce(situation_id::text, ''), coalesce(structure_id::text, ''), profession, session,
       coalesce(exchange_id::text, ''), code, target_type, target_id, patient_id, reason, outcome, details::text), 'UTF8'))
FROM audit_entry WHERE position >= %s AND position < %s ORDER BY position, seq
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What `verify` found: a seal number, the trace concerned when known, and a French sentence."""

    seal: int
    entry_id: UUID | None
    text: str


def _hash(previous: bytes, number: int, start: int, end: int, ids: bytes, digests: bytes) -> bytes:
    return hashlib.sha256(previous + f"{number}|{start}|{end}|".encode() + ids + digests).digest()


def seal() -> int:
    """Close all finished traces into one batch; returns how many. Nothing to close: no empty seal is written."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT number, to_position, hash FROM audit_seal ORDER BY number DESC LIMIT 1")
        number, start, previous = cursor.fetchone() or (0, 0, GENESIS)
        cursor.execute("SELECT ledger_watermark()")
        end = int(cursor.fetchone()[0])
        if end <= start:
            return 0
        cursor.execute(ROWS, [start, end])
        rows = cursor.fetchall()
        if not rows:
            return 0
        ids = b"".join(row[0].bytes for row in rows)
        digests = b"".join(bytes(row[1]) for row in rows)
        digest = _hash(bytes(previous), number + 1, start, end, ids, digests)
        cursor.execute(
            "INSERT INTO audit_seal (number, from_position, to_position, count, ids, digests, previous_hash, hash) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [number + 1, start, end, len(rows), ids, digests, bytes(previous), digest],
        )
        return len(rows)


def _compare(number: int, ids: bytes, digests: bytes, rows: list[tuple[UUID, Any]]) -> Iterator[Fault]:
    sealed = {UUID(bytes=ids[16 * n : 16 * n + 16]): digests[32 * n : 32 * n + 32] for n in range(len(ids) // 16)}
    found = {row[0]: bytes(row[1]) for row in rows}
    for entry_id, digest in sealed.items():
        if entry_id not in found:
            yield Fault(number, entry_id, "Une trace scellée a disparu.")
        elif found[entry_id] != digest:
            yield Fault(number, entry_id, "Une trace scellée a été modifiée.")
    for entry_id in found.keys() - sealed.keys():
        yield Fault(number, entry_id, "Une trace a été ajoutée après le scellement.")


def verify() -> Iterator[Fault]:
    """Recompute the whole chain, seal by seal; yields every fault found."""
    expected_previous, expected_start, expected_number = GENESIS, 0, 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM audit_seal ORDER BY number")
        numbers = [row[0] for row in cursor.fetchall()]
    for number in numbers:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT from_position, to_position, count, ids, digests, previous_hash, hash FROM audit_seal WHERE number = %s",
                [number],
            )
            start, end, count, ids, digests, previous, digest = cursor.fetchone()
            ids, digests, previous, digest = bytes(ids), bytes(digests), bytes(previous), bytes(digest)
            cursor.execute(ROWS, [start, end])
            rows = cursor.fetchall()
        if number != expected_number or previous != expected_previous or start != expected_start:
            yield Fault(number, None, "La chaîne des scellés est rompue : il manque un scellé avant celui-ci.")
        if _hash(previous, number, start, end, ids, digests) != digest or count * 16 != len(ids):
            yield Fault(number, None, "Le scellé lui-même a été modifié.")
        yield from _compare(number, ids, digests, rows)
        expected_previous, expected_start, expected_number = digest, end, number + 1
