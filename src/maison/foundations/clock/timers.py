"""Start and stop running delays."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from maison.foundations.ids import uuid7

from .declared import delays
from .models import DelaySetting, Timer


def seconds_of(code: str) -> int:
    changed = DelaySetting.objects.filter(code=code).values_list("seconds", flat=True).first()
    return delays()[code].seconds if changed is None else changed


START = """
INSERT INTO clock_timer (id, code, target_id, due_at, failures)
VALUES (%(id)s, %(code)s, %(target)s, coalesce(%(due)s::timestamptz, now() + interval '1 second' *
        coalesce((SELECT seconds FROM clock_delaysetting WHERE code = %(code)s), %(default)s)), 0)
ON CONFLICT (code, target_id) WHERE fired_at IS NULL AND stopped_at IS NULL DO UPDATE SET due_at = EXCLUDED.due_at
"""


def start(code: str, target_id: UUID, *, due_at: datetime | None = None) -> None:
    """Start or restart the delay for this target, in the current transaction."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "code": code,
        "target": target_id,
        "due": due_at,
        "default": delays()[code].seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(START, values)


def stop(code: str, target_id: UUID) -> None:
    Timer.objects.filter(code=code, target_id=target_id, fired_at=None, stopped_at=None).update(
        stopped_at=timezone.now()
    )
