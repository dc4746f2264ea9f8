"""Delays of the room: settings with an owner. How long a figure may be believed, how long a bed is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from maison.foundations import clock
from maison.foundations.clock.models import DelaySetting

FRESH, STALE, SILENT, DRIFT, HOLD, ARRIVAL = (
    "offer.fresh", "offer.stale", "offer.silent", "offer.drift", "offer.hold", "offer.arrival",
)  # fmt: skip
OWNER = "Gestionnaire régional des répertoires"


def declare() -> None:
    clock.declare(FRESH, "Lits : chiffre à jour (vert)", seconds=1_800, owner=OWNER, starts_timer=False)
    clock.declare(
        STALE,
        "Lits : au-delà, chiffre périmé, hors de tout total (rouge)",
        seconds=7_200,
        owner=OWNER,
        starts_timer=False,
    )
    clock.declare(SILENT, "Lits : au-delà, « non communiqué » (gris)", seconds=86_400, owner=OWNER, starts_timer=False)
    clock.declare(
        DRIFT, "Lits : avance tolérée de l'horloge d'un logiciel", seconds=120, owner=OWNER, starts_timer=False
    )
    clock.declare(HOLD, "Lit tenu en attendant la réponse de l'unité", seconds=1_800, owner="Unités et SAMU")
    clock.declare(ARRIVAL, "Lit tenu après l'accord de l'unité, jusqu'à l'arrivée", seconds=7_200, owner="Unités et SAMU", starts_timer=False)  # fmt: skip
    clock.on(HOLD)(_expire)


def _expire(promise_id: UUID) -> None:
    from .actions.promising import expire

    expire(promise_id)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long a figure of beds may be believed. DOMAIN §3: 30 minutes, 2 hours, 24 hours."""

    fresh: timedelta
    stale: timedelta
    silent: timedelta


def thresholds() -> Thresholds:
    """One query for the three."""
    changed = dict(DelaySetting.objects.filter(code__in=(FRESH, STALE, SILENT)).values_list("code", "seconds"))
    known = clock.delays()
    fresh, stale, silent = (timedelta(seconds=changed.get(code, known[code].seconds)) for code in (FRESH, STALE, SILENT))  # fmt: skip
    return Thresholds(fresh, max(fresh, stale), max(fresh, stale, silent))
