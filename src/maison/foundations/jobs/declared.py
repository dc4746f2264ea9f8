"""How a room declares a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

ATTEMPTS = 8
FIRST_WAIT_SECONDS = 3  # then 9, 27, 81 … about two hours before the eighth attempt


def job(name: str, *, retry_on: tuple[type[Exception], ...] = (), attempts: int = ATTEMPTS, queue: str = "default",
        ) -> Callable[[Callable[..., Any]], Task[Any, Any, Any]]:  # fmt: skip
    """Declare a job, in the `tasks.py` of a room: `@job("mail.send", retry_on=(MailRefused,))`.

    `name` is stable: jobs wait in the database under it. Defer it with `send_mail.defer(mail_id=str(mail.id))`
    inside the transaction of the act: rolled back, there is no job. Arguments are ids and codes, never an identity.
    """
    retry = RetryStrategy(max_attempts=attempts, exponential_wait=FIRST_WAIT_SECONDS, retry_exceptions=retry_on)
    return app.task(name=name, queue=queue, retry=retry if retry_on else False)
