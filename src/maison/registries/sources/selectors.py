from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .catalogue import sources
from .models import Row

LATEST = """
SELECT DISTINCT ON (l.source) l.source, l.source_name, good.vintage, good.ended_at,
  CASE WHEN l.state = 'abandonne' THEN l.ended_at END, CASE WHEN l.state = 'abandonne' THEN l.reason ELSE '' END
FROM sources_loading l LEFT JOIN LATERAL (
  SELECT vintage, ended_at FROM sources_loading g WHERE g.source = l.source AND g.state IN ('applique', 'inchange')
  ORDER BY g.started_at DESC LIMIT 1) good ON true
WHERE l.state <> 'essai'
ORDER BY l.source, l.started_at DESC
"""


@dataclass(frozen=True, slots=True)
class Followed:
    """One source: the vintage in service and when a file last confirmed it; since when a file is refused, and why."""

    source: str
    name: str
    vintage: dt.date | None
    confirmed_at: dt.datetime | None
    refused_since: dt.datetime | None
    reason: str


def latest() -> list[Followed]:
    with connection.cursor() as cursor:
        cursor.execute(LATEST)
        return [Followed(*row) for row in cursor.fetchall()]


def followed() -> list[Followed]:
    """Sources that a room follows, and any other whose last file was refused. Nomenclatures are hundreds: they have their own list."""
    known = sources()
    return [line for line in latest() if line.source in known or line.refused_since]


def rows_of(source: str, entities: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """All rows of these entities, open ones and closed ones: body with `_key`, `_said_on` and `_closed_on` beside."""
    found: dict[str, list[dict[str, Any]]] = {entity: [] for entity in entities}
    rows = Row.objects.filter(source=source, entity__in=list(found)).order_by("entity", "key")
    for entity, key, body, said_on, closed_on in rows.values_list("entity", "key", "body", "said_on", "closed_on"):
        found[entity].append({**body, "_key": key, "_said_on": said_on, "_closed_on": closed_on})
    return found
