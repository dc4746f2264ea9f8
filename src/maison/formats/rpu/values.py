"""What the texts of a file mean: its establishment, its days and moments; and how much of a file is read."""

from datetime import date, datetime
from functools import lru_cache

from lxml import etree

from maison.formats.rpu.model import Establishment

MAX_PASSAGES = 200_000
LONGEST_LIST = 200
"""Associated diagnoses or acts of one passage."""

_ESTABLISHMENT = ("FINESS", "ORDRE", "EXTRACT", "DATEDEBUT", "DATEFIN")


def establishment_of(element: etree._Element) -> Establishment:
    raw = {name: (element.findtext(name) or "").strip() for name in _ESTABLISHMENT}
    return Establishment(
        finess=raw["FINESS"].replace(" ", ""),
        order=raw["ORDRE"],
        extracted_at=moment(raw["EXTRACT"]),
        first_day=day(raw["DATEDEBUT"]),
        last_day=day(raw["DATEFIN"]),
        raw=raw,
    )


def day(text: str) -> date | None:
    """JJ/MM/AAAA. None when the calendar has no such day."""
    if len(text) != 10 or text[2] != "/" or text[5] != "/" or not text.isascii():
        return None
    try:
        return date.fromisoformat(f"{text[6:]}-{text[3:5]}-{text[:2]}")
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """JJ/MM/AAAA hh:mm, seconds tolerated. None when there is no such moment."""
    if len(text) not in (16, 19) or text[10] != " ":
        return None
    try:
        found = datetime.fromisoformat(_iso_day(text[:10]) + text[11:])
    except ValueError:
        return None
    return found if found.tzinfo is None else None


@lru_cache(maxsize=4096)
def _iso_day(text: str) -> str:
    """`2026-03-03T`, for a day that comes back all along a file. Raises ValueError."""
    if text[2] != "/" or text[5] != "/" or not text.isascii():
        raise ValueError("no day")
    return f"{text[6:]}-{text[3:5]}-{text[:2]}T"
