"""Units with beds followed by the hour: intensive care of the region, its installed beds and what each unit said last.

Which services exist comes from `facilities` (SAE 2023). Numbers of beds are plausible, not real, and the age of each first figure
differs, so that the board shows every state: fresh, late, stale, never told. Movements then feed the units of `hospitals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maison_region.facilities import EMERGENCY_SITES, EmergencySite, Service
from maison_region.hospitals import HOSPITALS

# Service type → kind of beds, name, official-looking activity code of the demonstration, unit code of the hospitals that tell movements
_KINDS = {
    "reanimation": ("reanimation", "Réanimation", "DEMO-REA", "4001"),
    "soins_intensifs": ("soins_intensifs", "Soins intensifs polyvalents", "DEMO-USIP", ""),
    "usic": ("soins_intensifs", "Soins intensifs cardiologiques", "DEMO-USIC", "4110"),
}
_AGES_MINUTES = (4, 12, 25, 8, 55, 18, 100, 3, 190, 22)
_CHILDREN = "310016977"
_SURVEILLANCE_FROM_VISITS = 35_000


@dataclass(frozen=True, slots=True)
class UnitOffer:
    """`available` None: the unit never said. `age_minutes`: how old its figure is when the region is loaded."""

    site: EmergencySite
    service: Service
    kind: str
    name: str
    activity: str
    unit_code: str
    audience: str
    installed: int
    available: int | None
    age_minutes: int

    @property
    def identifier(self) -> str:
        return f"demonstration/{self.site.finess_eg}/{self.activity}"


def unit_offers() -> Iterator[UnitOffer]:
    rank = 0
    for site in EMERGENCY_SITES.values():
        for service in site.services:
            if service.type in _KINDS:
                kind, name, activity, code = _KINDS[service.type]
                yield _unit(site, service, kind, name, activity, code if site in HOSPITALS else "", rank)
                rank += 1
            if service.type == "reanimation" and site.visits_per_year >= _SURVEILLANCE_FROM_VISITS:
                yield _unit(site, service, "surveillance_continue", "Surveillance continue", "DEMO-USC", "", rank)
                rank += 1


def _unit(
    site: EmergencySite, service: Service, kind: str, name: str, activity: str, code: str, rank: int
) -> UnitOffer:
    installed = 16 if site.visits_per_year > 40_000 else 8
    available = None if rank % 13 == 6 else (rank * 7) % 4
    audience = "pediatrie" if site.finess_eg == _CHILDREN else "adulte"
    return UnitOffer(
        site, service, kind, name, activity, code, audience, installed, available, _AGES_MINUTES[rank % 10]
    )
