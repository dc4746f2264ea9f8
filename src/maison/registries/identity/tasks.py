from __future__ import annotations

from uuid import UUID

from maison.foundations.jobs import job

from .actions import batches, insi_calls
from .insi import InsiFailure


@job("identity.call_insi", retry_on=(InsiFailure,), attempts=insi_calls.ATTEMPTS)
def call_insi(call_id: str) -> None:
    insi_calls.put(UUID(call_id))


@job("identity.send_batch", retry_on=(InsiFailure,))
def send_batch(batch_id: str) -> None:
    batches.send(UUID(batch_id))


@job("identity.read_batch", retry_on=batches.RETRIED, attempts=12)
def read_batch(batch_id: str) -> None:
    """Asks 3, 9, 27 seconds later…, then hours: a lot may take a night."""
    batches.read(UUID(batch_id))
