"""Birth places as codes of the official geographic register (COG, INSEE): five characters, and what they become.

99999 means unknown, 99xxx a country. A commune may have changed its code since the birth: the districts of Paris, Lyon
and Marseille are one commune here, Corsica is one department (20 became 2A and 2B, numbers stayed), and a commune that merged is followed to the one it
joined through the table an operator loads (`successors`: old code to new code).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_DISTRICTS = {"751": "75056", "693": "69123", "132": "13055"}


class Place(NamedTuple):
    """`code` is empty when the place is unknown; `area` is the department, 97x overseas, or 99 abroad."""

    code: str
    area: str


UNKNOWN = Place("", "")


def place_of(code: str, successors: Mapping[str, str] | None = None) -> Place:
    """The commune of today, or the country. Anything that is not a code is no place: it never counts against anyone."""
    text = code.strip().upper()
    if not _CODE.fullmatch(text) or text in ("99999", "99000", "00000"):
        return UNKNOWN
    if successors:
        text = successors.get(text, text)
    if (start := text[:3]) in _DISTRICTS and not (start == "693" and text[3] != "8"):
        text = _DISTRICTS[start]
    area = text[:2]
    if area in ("2A", "2B"):
        return Place("20" + text[2:], "20")
    return Place(text, text[:3] if area == "97" else area)
