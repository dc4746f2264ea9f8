"""The thirty-minute cadence, watched: how many units of hot beds still speak, and the one that has been silent longest."""

from __future__ import annotations

from maison.foundations.access import Actor
from maison.foundations.supervision import Reading
from maison.ui.french import count

from .models import Offer
from .selectors.beds import units


def cadence() -> Reading:
    followed = Offer.objects.with_beds().filter(state=Offer.State.PUBLISHED).select_related("structure", "site")
    rows = units(Actor.system("supervision"), followed)
    counted = [row for row in rows if row.counts]
    late = [row for row in rows if row.freshness.state() != "fresh"]
    times = [row.freshness.at for row in late if row.freshness.at is not None]
    never = sum(row.freshness.at is None for row in rows)
    return Reading(
        "Relevés de lits",
        f"{count(len(rows) - len(late), 'unité')} à l'heure sur {len(rows)}",
        at=min(times, default=None),
        state="late" if len(counted) < len(rows) else "ok",
        group="Lits",
        source="unités",
        note=f"{len(rows) - len(counted)} hors des totaux, dont {never} qui n'ont rien dit"
        if len(counted) < len(rows)
        else "",
    )
