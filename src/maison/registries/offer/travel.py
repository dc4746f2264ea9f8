"""How far a unit is: kilometres as the crow flies made into road, and minutes by the house's travel model. Always an estimate."""

from __future__ import annotations

import math

from django.conf import settings

type Point = tuple[float, float]


def road_km(a: Point, b: Point) -> float:
    """Great-circle distance between two (latitude, longitude) in degrees, times the detour of roads."""
    phi1, phi2 = math.radians(a[0]), math.radians(b[0])
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    )
    return float(settings.ETA.detour * 2 * 6371.0 * math.asin(math.sqrt(half)))


def road_minutes(a: Point, b: Point) -> int:
    """Whole minutes, rounded up: a unit is never said nearer than it is thought to be."""
    return math.ceil(settings.ETA.travel(a, b).total_seconds() / 60)
