"""With whom an identity is worth comparing: a few dozens at most, by indexed columns."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from maison.formats.civil_status import is_placeholder
from maison.registries.identity.models import Identity

MOST = 60


def of(identity: Identity) -> list[Identity]:
    """Same INS; or born the same day (day and month exchanged too) with a name that begins alike; or same names, another date.

    Placeholders (INCONNU, BEBE) call nobody.
    """
    wanted = Q(pk__in=[])
    if identity.ins_matricule:
        wanted |= Q(ins_matricule=identity.ins_matricule)
    name = "" if is_placeholder(identity.birth_name) else identity.name_key
    used = "" if is_placeholder(identity.used_name) else identity.used_key
    first = identity.first_key
    if identity.birth_date is not None:
        alike = Q(pk__in=[])
        for key in {name, used} - {""}:
            alike |= Q(name_key__startswith=key[:3]) | Q(used_key__startswith=key[:3])
        if first:
            alike |= Q(first_key__startswith=first[:3]) | Q(name_key__startswith=first[:3])
        wanted |= Q(birth_date__in=_dates(identity.birth_date)) & alike
    if len(name) > 2 and first:
        wanted |= Q(name_key=name, first_key__startswith=first[:4])
    rows = Identity.objects.active().filter(wanted, is_fictive=False).exclude(id=identity.id).select_related("domain")
    return list(rows.order_by("-ins_matricule", "id")[:MOST])


def _dates(day: date) -> list[date]:
    dates = [day]
    if day.day <= 12 and day.day != day.month:
        dates.append(date(day.year, day.day, day.month))
    return dates
