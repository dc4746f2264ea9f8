"""Session engine: Django's database sessions, found again by person or by session of the provider, ended when idle.

A session lives `IDLE_MINUTES` after the last request that shows a person at work. What a page asks by itself (streams,
polling, re-reading on a hint) does not count: see `middleware.IdleMiddleware`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection
from django.utils import timezone

READ = "SELECT session_data, expire_date FROM accounts_session WHERE session_key = %s AND expire_date > %s"
TOUCH_SECONDS = 30
"""The end is pushed back at most this often: one small UPDATE, not one for each request."""


class SessionStore(DatabaseStore):
    """`ends_at` is known once the row was read; `looked_up` tells an ended session from one that was never begun."""

    ends_at: datetime | None = None
    looked_up = False
    passive = False

    @classmethod
    def get_model_class(cls) -> Any:
        from .models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        """As Django's own, written by hand: every page of the house begins by this query."""
        self.looked_up = True
        with connection.cursor() as cursor:
            cursor.execute(READ, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            self.ends_at = None
            return None
        data, self.ends_at = found
        return self.model(session_key=self.session_key or "", session_data=data, expire_date=self.ends_at)

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.provider_session_id = data.get("provider_session")
        if self.passive and self.ends_at is not None:
            row.expire_date = self.ends_at
        return row

    def touch(self) -> None:
        """Push the end back. Does not bring back a session ended meanwhile."""
        now = timezone.now()
        ends_at = now + timedelta(minutes=settings.IDLE_MINUTES)
        if self.ends_at is None or ends_at - self.ends_at < timedelta(seconds=TOUCH_SECONDS):
            return
        self.get_model_class().objects.filter(session_key=self.session_key, expire_date__gt=now).update(
            expire_date=ends_at
        )
        self.ends_at = ends_at
