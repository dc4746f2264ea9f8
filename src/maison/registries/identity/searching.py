"""Antériorité: is this person already known? Asked before any creation (INS-08), and by anyone who looks for a patient."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from maison.formats.civil_status import search_key
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden

from .errors import TooVague
from .models import Domain, Identity, Number, SearchTicket
from .permissions import P

LETTERS, MOST = 3, 20


@dataclass(frozen=True, slots=True)
class Criteria:
    """What was typed. `birth_date` with three letters of a name at least, or an IPP, or a whole matricule."""

    birth_date: date | None = None
    name: str = ""
    first_name: str = ""
    ipp: str = ""
    matricule: str = ""

    def keys(self) -> tuple[str, str]:
        return search_key(self.name), search_key(self.first_name)

    def check(self) -> None:
        name, first = self.keys()
        by_traits = self.birth_date is not None and (len(name) >= LETTERS or len(first) >= LETTERS)
        if not (by_traits or self.ipp.strip() or len(self.matricule) == 15):
            raise TooVague

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"birth_date": self.birth_date.isoformat() if self.birth_date else ""}


@dataclass(frozen=True, slots=True)
class Found:
    """`hits` are at most twenty, nearest first; `more`: there are others, the search must be narrowed."""

    ticket: SearchTicket
    hits: list[Identity]
    more: bool


@transaction.atomic
def search(*, actor: Actor, criteria: Criteria) -> Found:
    """Look, write the search down as a ticket for creation, and trace who was shown."""
    if not actor.can(P.VIEW):
        raise Forbidden
    criteria.check()
    rows = list(_rows(actor, criteria)[: MOST * 3])
    hits = _nearest_first(_survivors(rows), criteria)
    ticket = SearchTicket.objects.create(subject=actor.subject[:64], criteria=criteria.as_json(), found=len(hits))
    audit.record(
        actor, "identity.searched", target=ticket,
        details={"shown": [str(one.id) for one in hits[:MOST]], "by": _by(criteria)},
    )  # fmt: skip
    return Found(ticket, hits[:MOST], len(hits) > MOST)


def _by(criteria: Criteria) -> list[str]:
    return [name for name in ("birth_date", "name", "first_name", "ipp", "matricule") if getattr(criteria, name)]


def _rows(actor: Actor, criteria: Criteria) -> QuerySet[Identity]:
    domains = Domain.objects.visible_to(actor)
    rows = Identity.objects.filter(domain__in=domains).exclude(state=Identity.State.CLOSED)
    rows = rows.select_related("domain", "domain__structure", "merged_into", "merged_into__domain", "merged_into__domain__structure")  # fmt: skip
    wanted = Q(pk__in=[])
    if criteria.ipp.strip():
        numbers = Number.objects.filter(ipp=criteria.ipp.strip(), domain__in=domains)
        wanted |= Q(id__in=numbers.values("identity_id"))
    if len(criteria.matricule) == 15:
        wanted |= Q(ins_matricule=criteria.matricule)
    name, first = criteria.keys()
    if criteria.birth_date is not None:
        alike = Q(pk__in=[])
        # The beginning only, and either name in either place: a typo further on, or names exchanged, hide nobody.
        for key in (name, first):
            if len(key) >= LETTERS:
                start = key[:LETTERS]
                alike |= Q(name_key__startswith=start) | Q(used_key__startswith=start) | Q(first_key__startswith=start)
        wanted |= Q(birth_date__in=_dates(criteria.birth_date)) & alike
    return rows.filter(wanted).order_by("birth_name", "first_names", "id")


def _dates(day: date) -> list[date]:
    """The date, and the one with day and month exchanged: the commonest slip."""
    dates = [day]
    if day.day <= 12 and day.day != day.month:
        dates.append(date(day.year, day.day, day.month))
    return dates


def _survivors(rows: list[Identity]) -> list[Identity]:
    """An identity that was merged is shown as the one that stays."""
    found: dict[Any, Identity] = {}
    for row in rows:
        while row.merged_into is not None:
            row = row.merged_into
        found.setdefault(row.id, row)
    return list(found.values())


def _nearest_first(rows: list[Identity], criteria: Criteria) -> list[Identity]:
    name, first = criteria.keys()

    def distance(row: Identity) -> tuple[bool, bool, bool, str, str]:
        return (
            criteria.birth_date is not None and row.birth_date != criteria.birth_date,
            bool(name) and not (row.name_key.startswith(name) or row.used_key.startswith(name)),
            bool(first) and not row.first_key.startswith(first),
            row.birth_name,
            row.first_names,
        )

    return sorted(rows, key=distance)


def covers(
    ticket: SearchTicket, birth_date: date | None, birth_name: str, first_names: str, used_name: str = ""
) -> bool:
    """Whether what was searched is who is being created: same date, and the beginning of one of the names searched."""
    asked = ticket.criteria
    if not asked.get("birth_date") or birth_date is None or asked["birth_date"] != birth_date.isoformat():
        return False
    names = [search_key(one) for one in (birth_name, first_names, used_name)]
    keys = [search_key(asked.get(one, ""))[:LETTERS] for one in ("name", "first_name")]
    return any(len(key) == LETTERS and any(name.startswith(key) for name in names) for key in keys)
