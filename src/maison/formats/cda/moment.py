"""HL7 time stamps (TS): `AAAA[MM[JJ[hh[mm[ss[.fff]]]]]][±hhmm]`. What was written is kept; what it means is asked for."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from msgspec import Struct

_FORM = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})(?:(?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})"
    r"(?:(?P<second>[0-9]{2})(?:\.[0-9]{1,6})?)?)?)?)?)?(?P<offset>[+-][0-9]{4}|Z)?"
)
_MONTHS = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]


class Moment(Struct, frozen=True):
    """A time stamp as it stands in the document. `raw` is never changed; a wrong one answers None everywhere."""

    raw: str

    @classmethod
    def of(cls, when: datetime) -> Moment:
        """To the second. ValueError when `when` has no time zone: CI-SIS wants the offset."""
        if when.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return cls(when.strftime("%Y%m%d%H%M%S%z"))

    @classmethod
    def of_day(cls, day: date) -> Moment:
        return cls(day.strftime("%Y%m%d"))

    @property
    def at(self) -> datetime | None:
        """Aware when the offset is there, naive otherwise; None for a day alone or for what is not a time."""
        found = _FORM.fullmatch(self.raw)
        if found is None or found["hour"] is None:
            return None
        try:
            moment = datetime(  # noqa: DTZ001 - the zone comes just below, when there is one
                int(found["year"]),
                int(found["month"]),
                int(found["day"]),
                int(found["hour"]),
                int(found["minute"] or 0),
                int(found["second"] or 0),
            )
            return moment.replace(tzinfo=_zone(found["offset"])) if found["offset"] else moment
        except ValueError:
            return None

    @property
    def day(self) -> date | None:
        """The calendar day as it was written, in the zone it was written in."""
        found = _FORM.fullmatch(self.raw)
        if found is None or found["day"] is None:
            return None
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            return None

    @property
    def has_offset(self) -> bool:
        at = self.at
        return at is not None and at.tzinfo is not None

    def __str__(self) -> str:
        """For people: `28/03/1979`, `3 déc. 2019 à 13:30`, `mars 1979`, `1979`; a wrong one as it was written."""
        found = _FORM.fullmatch(self.raw)
        if found is None:
            return self.raw
        at, day = self.at, self.day
        if at is not None:
            return f"{at.day} {_MONTHS[at.month - 1]} {at.year} à {at:%H:%M}"
        if found["hour"] is not None:
            return self.raw
        if day is not None:
            return f"{day:%d/%m/%Y}"
        if found["day"] is None and found["month"] is None:
            return found["year"]
        if found["day"] is None and 1 <= int(found["month"]) <= 12:
            return f"{_MONTHS[int(found['month']) - 1]} {found['year']}"
        return self.raw


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5])))
