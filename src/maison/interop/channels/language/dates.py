"""Dates and moments as messages write them. What an offset does not say is Europe/Paris (X-06)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FORMS = {
    "iso-jour": "Jour ISO (2026-11-21)",
    "iso-moment": "Moment ISO (2026-11-21T23:06:00+01:00)",
    "hl7-jour": "Jour HL7 (20261121)",
    "hl7-moment": "Moment HL7 (20261121230600+0100)",
    "francais": "Jour français (21/11/2026)",
}
HL7 = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?(?:\.\d{1,4})?)?([+-]\d{4})?")
FRENCH = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
AGO = re.compile(r"maintenant(?:\s*([+-])\s*(\d{1,4})\s*(min|h|j))?")
UNITS = {"min": "minutes", "h": "hours", "j": "days"}


def read(text: str, now: datetime | None = None) -> datetime | None:
    """An aware moment; a day is its midnight in Paris. `maintenant - 7 j` needs `now`. None when it is none of these."""
    text = text.strip()
    if now is not None and (ago := AGO.fullmatch(text)):
        sign, amount, unit = ago.groups()
        shift = timedelta(**{UNITS[unit]: int(amount)}) if amount else timedelta()
        return now - shift if sign == "-" else now + shift
    try:
        if found := HL7.fullmatch(text):
            year, month, day, hour, minute, second, offset = found.groups()
            moment = datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=PARIS
            )
            return moment.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo) if offset else moment
        if found := FRENCH.fullmatch(text):
            return datetime(int(found[3]), int(found[2]), int(found[1]), tzinfo=PARIS)
        if re.match(r"\d{4}-\d{2}-\d{2}", text):
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
    except ValueError:
        return None
    return None


def is_a_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d{8}|\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4}", text.strip()))


def write(moment: datetime, form: str, *, day_only: bool = False) -> str:
    """In one of FORMS. A day stays a day: a moment form of it says no hour that nobody gave."""
    local = moment.astimezone(PARIS) if not isinstance(moment.tzinfo, ZoneInfo) else moment
    day: date = local.date()
    if form == "iso-jour" or (form == "iso-moment" and day_only):
        return day.isoformat()
    if form == "hl7-jour" or (form == "hl7-moment" and day_only):
        return f"{day:%Y%m%d}"
    if form == "francais":
        return f"{day:%d/%m/%Y}"
    offset = local.strftime("%z")
    if form == "hl7-moment":
        return f"{local:%Y%m%d%H%M%S}{offset}"
    return local.isoformat(timespec="seconds")


def same_instant(one: datetime, other: datetime) -> bool:
    return one.astimezone(UTC) == other.astimezone(UTC)
