"""Wrong keys and tokens counted by origin, so that a storm is answered without filling the journal and the traces."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

FAILURES_PER_MINUTE = 20


def origin_hash(origin: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}{origin}".encode()).hexdigest()


def failures(origin: str) -> int:
    """Count this failure; returns how many there were in this minute and the last one."""
    minute = timezone.now().replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchanges_keyfailure (origin, minute, count) VALUES (%s, %s, 1) "
            "ON CONFLICT (origin, minute) DO UPDATE SET count = exchanges_keyfailure.count + 1",
            [origin_hash(origin), minute],
        )
        cursor.execute("DELETE FROM exchanges_keyfailure WHERE minute < %s", [minute - timedelta(minutes=5)])
        cursor.execute(
            "SELECT sum(count) FROM exchanges_keyfailure WHERE origin = %s AND minute >= %s",
            [origin_hash(origin), minute - timedelta(minutes=1)],
        )
        return int(cursor.fetchone()[0])
