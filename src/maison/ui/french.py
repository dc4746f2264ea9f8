"""Dates, ages and numbers as a French reader expects them: Europe/Paris, narrow no-break thousands, no seconds.

Pure functions, used by the template filters and by anyone who writes a sentence. The browser's `clock.js` says the
same words (a test compares both), so a text never changes only because it started ticking.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NARROW = "\u202f"  # between thousands, before % and high punctuation
NO_BREAK = "\u00a0"  # between a number and its unit

_DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _paris(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError("A moment needs its time zone: pass an aware datetime.")
    return value.astimezone(PARIS)


def day(value: dt.date | dt.datetime, *, weekday: bool = True) -> str:
    """`sam. 21 nov. 2026`; the first of the month is written `1er`. A datetime is taken to its day in Paris."""
    if isinstance(value, dt.datetime):
        value = _paris(value).date()
    number = "1er" if value.day == 1 else str(value.day)
    text = f"{number} {_MONTHS[value.month - 1]} {value.year}"
    return f"{_DAYS[value.weekday()]} {text}" if weekday else text


def hour(value: dt.datetime | dt.time) -> str:
    """`23:06`, in Paris for a datetime."""
    if isinstance(value, dt.datetime):
        value = _paris(value).time()
    return f"{value.hour:02}:{value.minute:02}"


def moment(value: dt.date | dt.datetime) -> str:
    """`sam. 21 nov. 2026, 23:06`; a date without a time says its day only."""
    if isinstance(value, dt.datetime):
        return f"{day(value)}, {hour(value)}"
    return day(value)


def seconds_between(start: dt.datetime, end: dt.datetime) -> float:
    """Real elapsed seconds, across the two nights a year when the wall clock jumps."""
    return (end.astimezone(dt.UTC) - start.astimezone(dt.UTC)).total_seconds()


def duration(seconds: float) -> str:
    """`40 s`, `4 min`, `2 h 05`, `3 j`: always rounded down, never negative."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}{NO_BREAK}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}{NO_BREAK}min"
    if whole < _DAY:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        return f"{hours}{NO_BREAK}h" + (f"{NO_BREAK}{minutes:02}" if minutes else "")
    return f"{whole // _DAY}{NO_BREAK}j"


def age(value: dt.datetime, at: dt.datetime | None = None) -> str:
    """`à l'instant`, `il y a 4 min`, `dans 12 min`; beyond sixty days the date says more than a count of days."""
    seconds = seconds_between(value, at or now())
    if abs(seconds) >= 60 * _DAY:
        return f"le {day(value, weekday=False)}"
    if -10 < seconds < 10:
        return "à l'instant"
    return f"il y a {duration(seconds)}" if seconds > 0 else f"dans {duration(-seconds)}"


def countdown(due_at: dt.datetime, at: dt.datetime | None = None) -> str:
    """What is left before a moment: `dans 12 min`, `moins d'1 min`, `attendu maintenant`, `en retard de 3 min`."""
    left = seconds_between(at or now(), due_at)
    if left >= _MINUTE:
        return f"dans {duration(left)}"
    if left > 0:
        return f"moins d'1{NO_BREAK}min"
    if left > -_MINUTE:
        return "attendu maintenant"
    return f"en retard de {duration(-left)}"


def elapsed(since: dt.datetime, at: dt.datetime | None = None) -> str:
    """`depuis 4 min`."""
    return f"depuis {duration(seconds_between(since, at or now()))}"


def number(value: float | Decimal, decimals: int | None = None) -> str:
    """`12 345,6` with a narrow no-break space; `decimals` fixes the digits after the comma, else as they come."""
    text = f"{value:,.{decimals}f}" if decimals is not None else f"{value:,}"
    return text.replace(",", NARROW).replace(".", ",").replace("-", "\u2212")


def percent(ratio: float | Decimal, decimals: int = 0) -> str:
    """`86 %` from a ratio between 0 and 1."""
    return f"{number(ratio * 100, decimals)}{NARROW}%"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """`0 arrivée`, `1 arrivée`, `12 arrivées`: in French the plural starts at two."""
    word = singular if abs(value) < 2 else (plural or f"{singular}s")
    return f"{number(value)}{NO_BREAK}{word}"
