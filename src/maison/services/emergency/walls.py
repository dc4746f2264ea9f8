"""A wall of a receiving service: read in one query, each of its lines drawn once for each of its states.

A wall is re-read by every screen of the service at each hint and each minute, and nearly all its lines are as they were. The
query brings what the wall counts and orders, and the version of everything a line shows; only lines whose version, clock or
buttons are new are loaded and drawn (`maison.ui.drawn`).

The version is the identity of the rows in PostgreSQL (`xmin` and `ctid`): no code can change one and forget to say so. Two
moments go with it, for a standby promoted with transactions missing, which may give the same numbers again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db import connection
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString

from maison.foundations.access import Actor
from maison.ui.drawn import Drawn
from maison.ui.templatetags.maison_ui import clock_text

from . import selectors
from .models import Arrival
from .models.arrival import HIDDEN_AFTER
from .permissions import P

LIMIT = 100
KEPT = 2_000
"""Lines drawn and kept by each web process, about two kilobytes each."""

# The same lines as `Arrival.objects.visible_to(actor).current()` (a test compares them). Who still waits for someone comes
# first, then who has arrived, then who was offloaded, latest first: the limit only ever cuts the end of the day.
WALL_SQL = """
SELECT site.short_name, service.short_name, service.name, line.*
FROM structures_structure service
LEFT JOIN structures_structure site ON site.id = service.parent_id
LEFT JOIN LATERAL (
  SELECT a.id, a.case_id, a.state, a.eta_at, a.offloaded_at, r.waiting, r.status, r.ending,
         concat_ws(' ', a.xmin, a.ctid, c.xmin, c.ctid, c.last_received_at, r.xmin, r.ctid, r.moved_at,
           (SELECT string_agg(concat_ws(' ', v.xmin, v.ctid, vs.xmin, vs.ctid), ' ' ORDER BY v.id, vs.id)
              FROM emergency_resource v LEFT JOIN emergency_vehiclestatus vs ON vs.resource_id = v.id
             WHERE v.case_id = a.case_id),
           (SELECT string_agg(concat_ws(' ', step.xmin, step.ctid), ' ' ORDER BY step.id)
              FROM relay_step step WHERE step.relay_id = r.id),
           (SELECT concat_ws(' ', n.xmin, n.ctid, s.xmin, s.ctid, p.xmin, p.ctid)
              FROM relay_relay n JOIN structures_structure s ON s.id = n.to_structure_id
              LEFT JOIN structures_structure p ON p.id = s.parent_id WHERE n.id = r.redirected_to_id)),
         count(*) OVER (),
         row_number() OVER (ORDER BY a.state = 'arrive' AND NOT r.waiting, a.offloaded_at DESC, a.priority,
                                     a.eta_at NULLS LAST, a.announced_at, a.id) AS place
    FROM emergency_arrival a
    JOIN emergency_case c ON c.id = a.case_id
    JOIN relay_relay r ON r.id = a.relay_id
   WHERE a.service_id = service.id
     AND (a.service_id = ANY(%(boards)s::uuid[]) OR c.samu_id = ANY(%(samus)s::uuid[]))
     AND (a.state IN ('annonce', 'en_route') OR (a.state = 'arrive' AND a.arrived_at > %(since)s)
          OR (a.state IN ('reoriente', 'annule') AND r.waiting))
   ORDER BY place LIMIT %(limit)s
) line ON true
WHERE service.id = %(service)s AND service.kind = 'SERVICE'
ORDER BY line.place
"""


class Line(NamedTuple):
    """What a wall knows of a line without reading the case. `total` counts the lines of the wall beyond the limit too."""

    arrival_id: UUID
    case_id: UUID
    state: str
    eta_at: datetime | None
    offloaded_at: datetime | None
    unconfirmed: bool
    step: str
    ending: str
    version: str
    total: int
    place: int

    @property
    def is_expected(self) -> bool:
        return self.state in Arrival.EXPECTED

    @property
    def is_done(self) -> bool:
        return self.offloaded_at is not None and not self.unconfirmed

    @property
    def is_to_receive(self) -> bool:
        """Sent by the SAMU, and no screen of the service has shown it yet."""
        return self.step == "sent" and not self.ending


@dataclass(frozen=True, slots=True)
class Wall:
    service_id: UUID
    name: str
    lines: list[Line]
    at: datetime

    @property
    def total(self) -> int:
        return self.lines[0].total if self.lines else 0


def read_wall(actor: Actor, service_id: UUID) -> Wall | None:
    """The wall of one service, as far as the actor may see it; None when there is no such service."""
    now = timezone.now()
    asked: dict[str, Any] = {
        "service": service_id,
        "boards": list(actor.structures_with(P.VIEW_BOARD)),
        "samus": list(actor.structures_with(P.VIEW_CASES)),
        "since": now - HIDDEN_AFTER,
        "limit": LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(WALL_SQL, asked)
        found = cursor.fetchall()
    if not found:
        return None
    site, short_name, name = found[0][:3]
    lines = [Line(*row[3:]) for row in found if row[3] is not None]
    return Wall(service_id, f"{site} – {short_name}" if site else name, lines, now)


class Look(NamedTuple):
    """All that a drawn line depends on, beside the words of the house."""

    template: str
    arrival_id: UUID
    version: str
    may_confirm: bool
    clock: tuple[str, str]
    late: bool


_drawn: Drawn[Look] = Drawn(KEPT)


def draw(template: str, lines: Iterable[Line], *, may_confirm: bool, now: datetime) -> list[SafeString]:
    """The lines in their order, as they look at `now` to someone who may, or may not, answer them."""
    looks = [
        Look(
            template,
            line.arrival_id,
            line.version,
            may_confirm,
            clock_text(line.eta_at, "countdown", warn=selectors.SOON_MINUTES, now=now) if line.eta_at else ("", ""),
            selectors.is_late(line.state, line.eta_at, now),
        )
        for line in lines
    ]

    def make(missing: Sequence[Look]) -> dict[Look, SafeString]:
        arrivals = selectors.with_all(Arrival.objects.filter(id__in=[look.arrival_id for look in missing]))
        rows = {row.arrival.id: row for row in selectors.rows_of(arrivals, now=now)}
        page = get_template(template)
        return {
            look: cast(SafeString, page.render({"row": rows[look.arrival_id], "may_confirm": look.may_confirm}))
            for look in missing
            if look.arrival_id in rows
        }

    return _drawn.of(looks, make)
