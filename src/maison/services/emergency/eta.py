"""When a patient should be at the door, from what the vehicles have told. An estimate always says what it rests upon.

Pure. The travel model is a setting (`MAISON_ETA`), to be calibrated by each region on its own missions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from maison.formats.hub_sante.vehicle import (
    AT_DESTINATION,
    CANCELLED,
    DEPARTURES_WITH_PATIENT,
    DONE,
    ENGAGED,
    LEFT_BASE,
    ON_SCENE,
)


@dataclass(frozen=True, slots=True)
class TravelModel:
    """Minutes, and kilometres an hour by road; `detour` is the road distance over the straight one."""

    kilometres_an_hour: float = 62.0
    detour: float = 1.3
    fixed_minutes: float = 4.0
    reaction_minutes: float = 3.0
    approach_minutes: float = 14.0
    scene_minutes: float = 28.0
    default_travel_minutes: float = 25.0

    def travel(self, origin: tuple[float, float] | None, destination: tuple[float, float] | None) -> timedelta:
        if origin is None or destination is None:
            return timedelta(minutes=self.default_travel_minutes)
        road_km = straight_km(origin, destination) * self.detour
        return timedelta(minutes=self.fixed_minutes + road_km * 60 / self.kilometres_an_hour)


def parse_travel_model(text: str) -> TravelModel:
    """The model with what `name=value,name=value` changes. Raises ValueError for an unknown name or a wrong number."""
    known = {item.name for item in fields(TravelModel)}
    changes: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if name not in known:
            raise ValueError(f"{name} is not a value of the travel model ({', '.join(sorted(known))}).")
        changes[name] = float(value)
    return TravelModel(**changes)


@dataclass(frozen=True, slots=True)
class Eta:
    """`basis` is one of Arrival.EtaBasis; `from_at` is the time of the status it rests upon."""

    at: datetime
    basis: str
    from_at: datetime


def straight_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in kilometres between two (latitude, longitude) in degrees."""
    phi1, phi2 = math.radians(a[0]), math.radians(b[0])
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))


def estimate(
    vehicles: Iterable[Mapping[str, datetime]],
    scene: tuple[float, float] | None,
    site: tuple[float, float] | None,
    model: TravelModel,
) -> Eta | None:
    """The best estimate among vehicles, each a map status → time. The vehicle furthest along speaks; cancelled ones do not."""
    best: tuple[int, Eta] | None = None
    for statuses in vehicles:
        if not statuses or CANCELLED in statuses:
            continue
        ranked = _estimate_one(statuses, scene, site, model)
        if ranked is not None and (
            best is None or (ranked[0], -ranked[1].at.timestamp()) > (best[0], -best[1].at.timestamp())
        ):
            best = ranked
    return best[1] if best else None


def _estimate_one(
    statuses: Mapping[str, datetime],
    scene: tuple[float, float] | None,
    site: tuple[float, float] | None,
    model: TravelModel,
) -> tuple[int, Eta] | None:
    if AT_DESTINATION in statuses:
        return 5, Eta(statuses[AT_DESTINATION], "destination", statuses[AT_DESTINATION])
    travel = model.travel(scene, site)
    for code in reversed(DEPARTURES_WITH_PATIENT):
        if code in statuses:
            return 4, Eta(statuses[code] + travel, "transport", statuses[code])
    if any(code in statuses for code in DONE):
        return None  # the crew left without transporting anyone
    arrived = [statuses[code] for code in ON_SCENE if code in statuses]
    scene_time = timedelta(minutes=model.scene_minutes)
    if arrived:
        latest = max(arrived)
        return 3, Eta(max(min(arrived) + scene_time, latest) + travel, "sur_place", latest)
    approach = timedelta(minutes=model.approach_minutes)
    if LEFT_BASE in statuses:
        return 2, Eta(statuses[LEFT_BASE] + approach + scene_time + travel, "depart", statuses[LEFT_BASE])
    for code in reversed(ENGAGED):
        if code in statuses:
            start = statuses[code] + timedelta(minutes=model.reaction_minutes)
            return 1, Eta(start + approach + scene_time + travel, "engage", statuses[code])
    return None
