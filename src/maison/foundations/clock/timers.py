"""Start and stop running delays."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from .declared import delays
from .models import DelaySetting, Timer


def seconds_of(code: str) -> int:
    changed = DelaySetting.objects.filter(code=code).values_list("seconds", flat=True).first()
    return delays()[code].seconds if changed is None else changed


def start(code: str, target_id: UUID, *, due_at: datetime | None = None) -> None:
    """Start or restart the delay for this target, in the current transaction."""
    due_at = due_at or timezone.now() + timedelta(seconds=seconds_of(code))
    Timer.objects.update_or_create(
        code=code, target_id=target_id, fired_at=None, stopped_at=None, defaults={"due_at": due_at}
    )


def stop(code: str, target_id: UUID) -> None:
    Timer.objects.filter(code=code, target_id=target_id, fired_at=None, stopped_at=None).update(
        stopped_at=timezone.now()
    )
