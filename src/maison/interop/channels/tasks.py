"""Jobs of channels."""

from __future__ import annotations

from uuid import UUID

from django.db import OperationalError

from maison.foundations.jobs import job


@job("channels.try_version", retry_on=(OperationalError,))
def try_version(trial_id: str) -> None:
    """Run again after a worker that fell, a trial begins again: it writes nothing but its progress and, at the end, its report."""
    from .actions import trials

    trials.run(UUID(trial_id))
