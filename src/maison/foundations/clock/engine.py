"""Fires due delays. Run by the worker once a second; several workers share the work without firing twice."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .declared import handler_of
from .models import Timer

log = logging.getLogger(__name__)


def fire_due(limit: int = 100) -> int:
    """Fire the delays that are due; returns how many. A handler that fails is tried again later, and said to supervision."""
    fired = 0
    for _ in range(limit):
        with transaction.atomic():
            timer = (
                Timer.objects.select_for_update(skip_locked=True)
                .filter(fired_at=None, stopped_at=None, due_at__lte=timezone.now())
                .order_by("due_at")
                .first()
            )
            if timer is None:
                return fired
            handler = handler_of(timer.code)
            timer.fired_at = timezone.now()
            timer.save(update_fields=["fired_at"])
            try:
                with transaction.atomic():
                    if handler is None:
                        log.error("clock.no_handler %s", timer.code)
                    else:
                        handler(timer.target_id)
            except Exception:  # one failing delay must not stop the clock for the others; it is logged and retried
                log.exception("clock.handler_failed %s", timer.code)
                Timer.objects.filter(id=timer.id).update(
                    fired_at=None,
                    failures=F("failures") + 1,
                    due_at=timezone.now() + timedelta(seconds=min(60 * (timer.failures + 1), 3600)),
                )
        fired += 1
    return fired
