"""Readings of the foundations themselves: processes, traces, readers of events, delays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from .probes import Reading, State, register_probe

SEAL_LATE = timedelta(minutes=1)
SEAL_STALE = timedelta(minutes=10)
READER_LATE = timedelta(minutes=1)
READER_STALE = timedelta(minutes=15)
DELAY_LATE = timedelta(seconds=15)
DELAY_STALE = timedelta(minutes=5)


def register() -> None:
    register_probe("supervision.processes", processes)
    register_probe("audit.sealing", sealing)
    register_probe("events.readers", readers)
    register_probe("clock.delays", delays)


def state_of(since: datetime | None, late: timedelta, stale: timedelta) -> State:
    """How late the oldest thing still to be done is."""
    if since is None:
        return "ok"
    age = timezone.now() - since
    return "ok" if age < late else "late" if age < stale else "failed"


def processes() -> list[Reading]:
    from .beats import FRESH_SECONDS
    from .models import Heartbeat

    words = {"web": "Pages", "worker": "Travaux de fond", "gateway": "Passerelle"}
    found = []
    beats = list(Heartbeat.objects.order_by("process", "-seen_at"))
    limit = timezone.now() - timedelta(seconds=FRESH_SECONDS)
    living = {beat.process for beat in beats if beat.seen_at >= limit}
    for beat in beats:
        alive = beat.seen_at >= limit
        loops = beat.details.get("loops", {})
        fallen = sorted(
            name for name, loop in loops.items() if (loop.get("failed_at") or "") > (loop.get("turned_at") or "")
        )
        state: State = "ok" if alive and not fallen else "late" if beat.process in living else "failed"
        value = "ne répond plus" if not alive else f"boucle en panne : {', '.join(fallen)}" if fallen else "en marche"
        found.append(Reading(f"{words.get(beat.process, beat.process)} ({beat.instance})", value, at=beat.seen_at, state=state,
                             group="Processus", source="battement"))  # fmt: skip
    if "worker" not in living:
        found.append(Reading("Travaux de fond", "aucun processus en marche", state="failed", group="Processus"))
    return found


def oldest_unsealed() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(at) FROM audit_entry WHERE position >= (SELECT coalesce(max(to_position), 0) FROM audit_seal)"
        )
        return cursor.fetchone()[0]


def sealing() -> list[Reading]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, sealed_at FROM audit_seal ORDER BY number DESC LIMIT 1")
        number, sealed_at = cursor.fetchone() or (0, None)
    waiting = oldest_unsealed()
    return [
        Reading("Dernier scellé des traces", f"n° {number}" if number else "aucun", at=sealed_at, group="Traces",
                source="journal des traces"),
        Reading("Plus ancienne trace à sceller", "à sceller" if waiting else "aucune", at=waiting, group="Traces",
                state=state_of(waiting, SEAL_LATE, SEAL_STALE), source="journal des traces"),
    ]  # fmt: skip


def readers() -> list[Reading]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.reader, e.count, e.oldest FROM events_cursor c CROSS JOIN LATERAL (
              SELECT count(*) AS count, min(at) AS oldest FROM (
                SELECT at FROM events_event WHERE (position, seq) > (c.position, c.seq)
                ORDER BY position, seq LIMIT 10000) waiting) e
            ORDER BY c.reader
            """
        )
        rows = cursor.fetchall()
    return [
        Reading(f"Événements à lire par « {name} »", str(count), at=oldest, group="Événements",
                state=state_of(oldest, READER_LATE, READER_STALE), source="journal des événements")
        for name, count, oldest in rows
    ]  # fmt: skip


def delays() -> list[Reading]:
    from maison.foundations.clock.models import Timer

    now = timezone.now()
    running = Timer.objects.filter(fired_at=None, stopped_at=None)
    overdue = running.filter(due_at__lt=now, failures=0).order_by("due_at").values_list("due_at", flat=True).first()
    failing = running.filter(failures__gt=0).count()
    return [
        Reading("Délai échu le plus ancien", "à déclencher" if overdue else "aucun", at=overdue, group="Délais",
                state=state_of(overdue, DELAY_LATE, DELAY_STALE), source="horloge"),
        Reading("Délais dont le déclenchement échoue", str(failing), state="failed" if failing else "ok", group="Délais",
                source="horloge"),
    ]  # fmt: skip
