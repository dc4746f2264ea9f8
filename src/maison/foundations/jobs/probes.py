"""What supervision reads of the background work."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from maison.foundations.supervision.probes import Reading, State, register_probe

GROUP = "Travaux de fond"
LATE = timedelta(minutes=1)
STALE = timedelta(minutes=10)


def register() -> None:
    register_probe("jobs.queue", queue)
    register_probe("jobs.failed", failed)


def queue() -> Reading:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), min(coalesce(j.scheduled_at, e.at)) FROM procrastinate_jobs j
            LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
            WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
            """
        )
        count, oldest = cursor.fetchone()
    age = timezone.now() - oldest if oldest else timedelta(0)
    state: State = "ok" if age < LATE else "late" if age < STALE else "failed"
    return Reading("Travaux en attente", str(count), at=oldest, state=state, group=GROUP, source="file de travaux")


def failed() -> Reading:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT j.id), max(e.at) FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
            WHERE j.status = 'failed' AND e.type = 'failed' AND e.at > now() - interval '1 day'
            """
        )
        count, last = cursor.fetchone()
    return Reading("Travaux échoués depuis 24 heures", str(count), at=last, state="late" if count else "ok", group=GROUP,
                   source="file de travaux")  # fmt: skip
