"""Lambert 93 to latitude and longitude. Source: IGN, NTG_71 (algorithms ALG0002 and ALG0004) and NTG_80, RGF93 on GRS80."""

from __future__ import annotations

from math import atan, degrees, exp, hypot, log, pi, radians, sin

_E = 0.08181919112
_N = 0.7256077650
_C = 11_754_255.426
_XS, _YS = 700_000.0, 12_655_612.050
_LON0 = radians(3)
_TOLERANCE = 1e-11
MAINLAND_X, MAINLAND_Y = (0.0, 1_300_000.0), (6_000_000.0, 7_200_000.0)


def to_wgs84(x: float, y: float) -> tuple[float, float]:
    """Metres to degrees (latitude, longitude), good to a centimetre on the mainland. ValueError outside of it."""
    if not (MAINLAND_X[0] < x < MAINLAND_X[1] and MAINLAND_Y[0] < y < MAINLAND_Y[1]):
        raise ValueError("These are not Lambert 93 coordinates of the mainland.")
    radius = hypot(x - _XS, y - _YS)
    longitude = _LON0 + atan((x - _XS) / (_YS - y)) / _N
    isometric = -log(radius / _C) / _N
    latitude = 2 * atan(exp(isometric)) - pi / 2
    while True:
        ratio = (1 + _E * sin(latitude)) / (1 - _E * sin(latitude))
        better = 2 * atan(ratio ** (_E / 2) * exp(isometric)) - pi / 2
        if abs(better - latitude) < _TOLERANCE:
            return degrees(better), degrees(longitude)
        latitude = better
