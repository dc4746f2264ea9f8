"""Up to when the store is known whole: who polls by `_lastUpdated` or `_since` never misses a version that was committed late.

A version has the time at which it was written and is seen when its transaction commits. Someone who asks "since the last one I saw"
would pass over the one that commits after it with an earlier time. So these questions show nothing from the horizon on: the moment
the oldest transaction that is still writing began, or now. What they hold back comes with the next question. The answer says the
horizon (`Bundle.meta.lastUpdated`): the next question may start from there.
"""

from __future__ import annotations

from datetime import datetime

from .sql import Sql
from .steps import Rows, Steps

# Evaluated in the order written (CASE, then the arguments of LEAST): a fresh look at the sessions, the clock, then the sessions.
# A writer takes its number, then its time: one that is not in the list yet will be given a later time than this clock.
HORIZON = """
SELECT CASE WHEN pg_stat_clear_snapshot() IS NULL THEN NULL ELSE least(clock_timestamp(), (
  SELECT min(xact_start) FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
)) END
"""


def horizon() -> Steps[datetime]:
    """A statement of its own, before the question: what ended before it is seen by the question, what did not is behind it."""
    rows = yield Rows(HORIZON)
    found: datetime = rows[0][0]
    return found


def before(column: str, moment: datetime) -> Sql:
    return Sql(f"{column} < %s", (moment,))
