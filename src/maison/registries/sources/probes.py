"""How old what the house serves is, source by source; a refused file is said until a good one comes (DQ-6)."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from maison.foundations.supervision import Reading

from .catalogue import FRESH_DAYS, sources
from .selectors import followed


def freshness() -> list[Reading]:
    known_sources = sources()
    found = []
    for line in followed():
        known = known_sources.get(line.source)
        limit = dt.timedelta(days=known.fresh_days if known else FRESH_DAYS)
        late = known is not None and (line.confirmed_at is None or timezone.now() - line.confirmed_at > limit)
        if not (late or line.refused_since):
            continue
        found.append(
            Reading(
                line.name, "fichier refusé" if line.refused_since else "à recharger",
                at=line.refused_since or line.confirmed_at, state="failed" if line.refused_since else "late",
                group="Fichiers officiels", source="chargements", note=line.reason,
            )
        )  # fmt: skip
    return found or [Reading("Fichiers officiels", "à jour", group="Fichiers officiels", source="chargements")]
