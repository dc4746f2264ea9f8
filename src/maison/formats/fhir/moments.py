"""Dates of FHIR as intervals: `2026-11` is the whole month, and comparisons follow the search rules of R4.

A date without an offset is French legal time (rule X-06), in the index as in the question. Bounds are seconds since 1970,
`low` included and `high` excluded; microseconds survive, since a double keeps them until the year 2255.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FOREVER = 2.0**62
MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


class NoMoment(ValueError):
    """The text is no date, dateTime or instant of FHIR."""


@lru_cache(maxsize=4096)
def bounds(text: str) -> tuple[float, float]:
    """`2026` → the year, `2026-11-25T10:00` → that minute, a fraction of a second → that instant."""
    found = MOMENT.fullmatch(text)
    if found is None:
        raise NoMoment(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        zone = _zone(offset)
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
                         min(int(second or 0), 59), tzinfo=zone)  # fmt: skip
        if second is not None and int(second) > 60:
            raise NoMoment(text)
        low = start.timestamp()
        if fraction:
            low += float(fraction)
            return low, low + 10.0 ** -min(len(fraction) - 1, 6)
        if second is not None:
            return low, low + 1
        if hour is not None:
            return low, low + 60
        return low, _after(start, has_month=bool(month), has_day=bool(day))
    except (ValueError, OverflowError) as error:
        raise NoMoment(text) from error


def _zone(offset: str | None) -> tzinfo:
    if offset is None:
        return PARIS
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 14 or minutes > 59:
        raise NoMoment(offset)
    delta = timedelta(hours=hours, minutes=minutes)
    from datetime import timezone

    return timezone(-delta if offset[0] == "-" else delta)


def _after(start: datetime, *, has_month: bool, has_day: bool) -> float:
    if has_day:
        days = 1
    elif has_month:
        days = calendar.monthrange(start.year, start.month)[1]
    else:
        days = 366 if calendar.isleap(start.year) else 365
    try:
        # Wall-clock arithmetic: the night of the change of hour has 23 or 25 hours.
        return (start.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=start.tzinfo).timestamp()
    except OverflowError:
        return FOREVER


def within_reach(low: float, high: float) -> tuple[float, float]:
    """The same bounds, from year 1 to year 10000: beyond, a base has no moment to compare with."""
    return max(low, -62_135_596_800.0), min(high, 253_402_300_800.0)


def period(value: dict[str, object]) -> tuple[float, float] | None:
    """Bounds of a Period; an open side is without end. None when neither side is a date."""
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) and not isinstance(end, str):
        return None
    low = bounds(start)[0] if isinstance(start, str) else -FOREVER
    high = bounds(end)[1] if isinstance(end, str) else FOREVER
    return low, high


def instant(moment: datetime) -> str:
    """An instant for `meta.lastUpdated`, in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
