"""HL7 times: what was written, how precisely, and the instant it means. Without an offset, the time is that of Paris.

Source: HL7 2.5.1, data types TS and DTM: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ].
"""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

PARIS = ZoneInfo("Europe/Paris")

Precision = Literal["year", "month", "day", "hour", "minute", "second", "fraction"]

_FORM = re.compile(
    r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(\.[0-9]{1,6})?)?)?)?)?)?([+-][0-9]{4})?"
)
_PRECISIONS: dict[int, Precision] = {4: "year", 6: "month", 8: "day", 10: "hour", 12: "minute", 14: "second"}


class Timestamp(Struct, frozen=True, gc=False):
    """`text` is what was written and what is written again. `at` is aware; what is not said is the earliest possible."""

    text: str
    at: datetime
    precision: Precision

    @property
    def day(self) -> date:
        return self.at.date()


class PartialDate(Struct, frozen=True, gc=False):
    """A date of birth: `day` is None when the month or the day is not said."""

    text: str
    day: date | None
    precision: Precision


@lru_cache(maxsize=8192)
def timestamp(text: str) -> Timestamp | None:
    """None when this is no HL7 time: wrong form, month 13, 31 February, hour 24."""
    if len(text) == 14 and text.isascii() and text.isdecimal():
        try:
            at = datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
        except ValueError:
            return None
        return Timestamp(text, at.replace(tzinfo=PARIS), "second")
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    digits = len(text) - len(offset or "") - len(fraction or "")
    try:
        at = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or ".0")[1:].ljust(6, "0")),
            tzinfo=_zone(offset),
        )
    except ValueError:
        return None
    return Timestamp(text, at, "fraction" if fraction else _PRECISIONS[digits])


@lru_cache(maxsize=8192)
def partial_date(text: str) -> PartialDate | None:
    """The day a person was born, as precisely as it is known. A time of birth is accepted and kept in `text`."""
    if len(text) == 8 and text.isascii() and text.isdecimal():
        try:
            return PartialDate(text, date.fromisoformat(text), "day")
        except ValueError:
            return None
    moment = timestamp(text)
    if moment is None:
        return None
    if moment.precision in ("year", "month"):
        return PartialDate(text, None, moment.precision)
    return PartialDate(text, moment.at.date(), moment.precision)


def stamp(at: datetime, precision: Literal["minute", "second"] = "second", *, offset: bool = False) -> str:
    """The legal time in France of this instant: 20260304110000, with its offset when asked. Refuses a naive time."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no instant")
    local = at.astimezone(PARIS)
    text = local.strftime("%Y%m%d%H%M" if precision == "minute" else "%Y%m%d%H%M%S")
    return text + local.strftime("%z") if offset else text


def _zone(offset: str | None) -> ZoneInfo | timezone:
    if not offset:
        return PARIS
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    if int(offset[3:]) > 59:
        raise ValueError("no such offset")
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
