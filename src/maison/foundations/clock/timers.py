"""Start and stop running delays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from maison.foundations.gathering import settled, write
from maison.foundations.ids import uuid7

from .declared import delays
from .models import DelaySetting, Timer


def seconds_of(code: str) -> int:
    changed = DelaySetting.objects.filter(code=code).values_list("seconds", flat=True).first()
    return delays()[code].seconds if changed is None else changed


START = """
INSERT INTO clock_timer (id, code, target_id, due_at, failures)
SELECT asked.id, asked.code, asked.target,
       coalesce(asked.due, now() + interval '1 second' * coalesce(changed.seconds, asked.seconds)), 0
FROM json_to_recordset(%s::json) AS asked (id uuid, code text, target uuid, due timestamptz, seconds integer)
LEFT JOIN clock_delaysetting changed ON changed.code = asked.code
ON CONFLICT (code, target_id) WHERE fired_at IS NULL AND stopped_at IS NULL DO UPDATE SET due_at = EXCLUDED.due_at
"""


def start(code: str, target_id: UUID, *, due_at: datetime | None = None) -> None:
    """Start or restart the delay for this target, in the current transaction."""
    write(START, {"id": uuid7(), "code": code, "target": target_id, "due": due_at, "seconds": delays()[code].seconds})


@settled
def stop(code: str, target_id: UUID) -> None:
    Timer.objects.filter(code=code, target_id=target_id, fired_at=None, stopped_at=None).update(
        stopped_at=timezone.now()
    )
