"""The loops of the foundations: the clock, the sealing of traces, the months to come, the care of jobs."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from maison.foundations import clock
from maison.foundations.ledger import create_coming_months, keep_positions_growing

from .loops import every, register_loop

log = logging.getLogger(__name__)

CLOCK_SECONDS = 1.0
CLOCK_BATCH = 100
SEAL_SECONDS = 5.0
CARE_SECONDS = 20.0
HOUR_SECONDS = 3600.0
STALLED_AFTER_SECONDS = 30
KEPT_DAYS = 7
KEPT_FAILED_DAYS = 90


def register() -> None:
    register_loop("clock", every(CLOCK_SECONDS, fire_delays))
    register_loop("audit", every(SEAL_SECONDS, seal_traces))
    register_loop("jobs", every(CARE_SECONDS, retry_stalled))
    register_loop("calendar", every(HOUR_SECONDS, hourly))


def fire_delays() -> None:
    while clock.fire_due(CLOCK_BATCH) == CLOCK_BATCH:
        pass


def seal_traces() -> None:
    """The hash goes to the log too: a copy of the log is a witness that the last seals were not rewritten."""
    from maison.foundations.audit import chain
    from maison.foundations.audit.models import Seal

    if chain.seal():
        last = Seal.objects.order_by("-number").values_list("number", "hash")[0]
        log.info("audit.sealed %s %s", last[0], bytes(last[1]).hex())


def hourly() -> None:
    keep_positions_growing()
    create_coming_months()
    purge()


def retry_stalled() -> int:
    """Jobs whose worker died while doing them go back to the queue: a job may run twice, so nothing is lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, attempts = attempts + 1
            WHERE id IN (
              SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
              WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))
              FOR UPDATE OF j SKIP LOCKED)
            """,
            [STALLED_AFTER_SECONDS],
        )
        if cursor.rowcount:
            log.warning("jobs.stalled_retried %s", cursor.rowcount)
        return int(cursor.rowcount)


def purge() -> int:
    """Finished jobs go after a week; those that failed stay three months, for the person who asks what happened."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs j USING (
              SELECT job_id, max(at) AS at FROM procrastinate_events GROUP BY job_id) e
            WHERE e.job_id = j.id AND (
              j.status IN ('succeeded', 'cancelled', 'aborted') AND e.at < %s OR j.status = 'failed' AND e.at < %s)
            """,
            [now - timedelta(days=KEPT_DAYS), now - timedelta(days=KEPT_FAILED_DAYS)],
        )
        return int(cursor.rowcount)
