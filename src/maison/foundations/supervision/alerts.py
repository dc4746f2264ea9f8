"""Alerts: a failed reading tells those who look after the house, once, until it is well again."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from maison.foundations.access.permissions import P
from maison.foundations.notifications.actions import notify_holders

from .beats import forget_the_dead
from .models import Alert
from .probes import Reading, read_probes

WATCH_SECONDS = 15.0
LOCK = 7_310_003  # advisory lock: one worker watches at a time


def open_alerts() -> QuerySet[Alert]:
    return Alert.objects.filter(closed_at=None).order_by("-opened_at", "id")


def watch() -> None:
    """One look at every probe. `failed` opens an alert, `ok` closes it; `late` and `unknown` change nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return
        forget_the_dead()
        readings = read_probes()
        known = {(alert.probe, alert.label): alert for alert in open_alerts()}
        for code, reading in readings:
            alert = known.pop((code, reading.label), None)
            if reading.state == "failed" and alert is None:
                _open(code, reading)
            elif reading.state == "ok" and alert is not None:
                _close(alert)
        for alert in known.values():  # what it spoke of is no longer read: a process gone, a door removed
            _close(alert)


def _open(code: str, reading: Reading) -> None:
    alert = Alert.objects.create(probe=code, label=reading.label, value=reading.value)
    notify_holders(
        P.SUPERVISE,
        kind="supervision.alert",
        title=f"Supervision : {reading.label}",
        text=f"{reading.group} : {reading.value}.",
        url_name="supervision:board",
        key=f"alert:{alert.id}",
        mail=True,
    )


def _close(alert: Alert) -> None:
    alert.closed_at = timezone.now()
    alert.save(update_fields=["closed_at"])
