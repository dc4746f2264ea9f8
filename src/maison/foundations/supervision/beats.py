"""Heartbeats: written by each long-lived process every few seconds, read by the probes of the launcher and by the board."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from .models import Heartbeat

BEAT_SECONDS = 4.0
FRESH_SECONDS = 15
FORGOTTEN_AFTER = timedelta(days=1)

_started_at = timezone.now()


def instance_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def heartbeat(process: str, details: Mapping[str, Any] | None = None) -> None:
    """Say that this process lives. `details` holds figures and codes for supervision, never an identity."""
    beat = Heartbeat(process=process, instance=instance_name(), started_at=_started_at, details=dict(details or {}))
    Heartbeat.objects.bulk_create(
        [beat],
        update_conflicts=True,
        unique_fields=["process", "instance"],
        update_fields=["seen_at", "started_at", "details"],
    )


def farewell(process: str) -> None:
    """A clean stop: the process is no longer expected."""
    Heartbeat.objects.filter(process=process, instance=instance_name()).delete()


def forget_the_dead() -> int:
    deleted, _ = Heartbeat.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    return deleted


def is_alive(process: str) -> bool:
    limit = timezone.now() - timedelta(seconds=FRESH_SECONDS)
    return Heartbeat.objects.filter(process=process, seen_at__gte=limit).exists()
