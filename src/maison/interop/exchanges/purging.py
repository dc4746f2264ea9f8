"""Forget contents after their time, keep headers (HUB-08).

A month that every channel has finished with goes at once, with its partition; elsewhere rows go one by one, in batches. What
still waits for the house or for a person is kept, whatever its age.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.ledger import create_month, first_of_month

log = logging.getLogger(__name__)

BATCH = 2_000
LOCK = 7_310_044
EVERYTHING = "*"
"""Every channel not named; also, in what was done, whole months."""
PARIS = ZoneInfo("Europe/Paris")
UNFINISHED = "(e.state IN ('received', 'waiting', 'to_send') OR e.needs_mending)"

# From the contents, which get fewer, and not from the headers, which stay.
DUE = f"""
DELETE FROM exchanges_payload p USING (
  SELECT q.id, q.at FROM exchanges_payload q JOIN exchanges_exchange e ON e.id = q.id AND e.at = q.at
  WHERE q.at < %s AND e.channel = %s AND NOT {UNFINISHED}
  ORDER BY q.at LIMIT %s) due
WHERE p.id = due.id AND p.at = due.at
"""  # noqa: S608 -- words of ours
STILL_NEEDED = f"""
SELECT EXISTS (SELECT 1 FROM exchanges_exchange e WHERE e.at >= %s AND e.at < %s AND {UNFINISHED}
               AND EXISTS (SELECT 1 FROM exchanges_payload q WHERE q.id = e.id AND q.at = e.at))
"""  # noqa: S608


def purge(now: datetime | None = None, keeping: Mapping[str, int] | None = None) -> dict[str, int]:
    """Forget what is due; returns how many contents for each channel, and months dropped under `*`."""
    now = now or timezone.now()
    keeping = keeping if keeping is not None else settings.EXCHANGE_KEEP_DAYS
    default = keeping.get(EVERYTHING, 0)
    done: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT channel FROM exchanges_exchange")
        channels = [row[0] for row in cursor.fetchall()]
    if months := _drop_months(now, [keeping.get(channel, default) for channel in channels]):
        done[EVERYTHING] = months
    for channel in channels:
        if days := keeping.get(channel, default):
            count = 0
            while forgotten := _forget(channel, now - timedelta(days=days)):
                count += forgotten
            if count:
                done[channel] = count
    if done:
        audit.record(Actor.system("exchanges"), "exchanges.payloads_purged", details=done)
        log.info("exchanges.payloads_purged %s", sum(done.values()))
    return done


@transaction.atomic
def _forget(channel: str, before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET LOCAL maison.purge = 'on'")
        cursor.execute(DUE, [before, channel, BATCH])
        return cursor.rowcount


def _drop_months(now: datetime, days: list[int]) -> int:
    """Whole months older than what any channel keeps. None of it when a channel keeps for ever."""
    if not days or not all(days):
        return 0
    oldest_kept = (now - timedelta(days=max(days))).astimezone(PARIS).date()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'exchanges_payload'::regclass"
        )
        names = [row[0] for row in cursor.fetchall()]
    dropped = 0
    for name in sorted(names):
        found = re.fullmatch(r"exchanges_payload_(\d{4})_(\d{2})", name)
        if found is None:
            continue
        month = date(int(found[1]), int(found[2]), 1)
        if first_of_month(month, 1) <= oldest_kept:
            dropped += _drop(name, month)
    return dropped


@transaction.atomic
def _drop(name: str, month: date) -> int:
    """One month at once, unless something of it still waits. The empty month stays, for what may be restored into it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(STILL_NEEDED, [month.isoformat(), first_of_month(month, 1).isoformat()])
        if cursor.fetchone()[0]:
            return 0
        cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{name}")')  # noqa: S608 -- a name of ours, matched above
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(f'DROP TABLE "{name}"')
    create_month("exchanges_payload", month)
    return 1
