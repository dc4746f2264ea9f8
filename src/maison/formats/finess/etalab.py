"""The historical extracts: no header, `;`, ISO-8859-15 (or UTF-8), a first line `finess;etalab;version;date`.

`structureet` lines have 32 fields, `geolocalisation` lines 6 (Lambert 93 on the mainland). Overseas departments are written 9A to 9F.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .lambert import to_wgs84
from .model import Establishment, Place, UnreadableFiness

ET_FIELDS, GEO_FIELDS = 32, 6
ENCODINGS = ("utf-8", "iso-8859-15")


class Cut(NamedTuple):
    """One line: its section (`structureet`, `geolocalisation`), its cells, its bytes and its number in the file."""

    section: str
    cells: list[str]
    raw: bytes
    number: int


def vintage_of(path: Path) -> dt.date:
    """The date of the first line. Raises UnreadableFiness when the file is not such an extract."""
    with path.open("rb") as file:
        first = file.readline(200)
    cells = first.decode("ascii", "replace").strip().split(";")
    if cells[:2] != ["finess", "etalab"] or len(cells) < 4:
        raise UnreadableFiness("La première ligne « finess;etalab;version;date » manque : ce n'est pas un extrait FINESS.")  # fmt: skip
    try:
        return dt.date.fromisoformat(cells[3])
    except ValueError as error:
        raise UnreadableFiness(f"La date de l'extrait est illisible : « {cells[3]} ».") from error


def lines(path: Path) -> Iterator[Cut]:
    """Every line but the first, decoded in the encoding of the file; a cut last line comes back short, for the caller to refuse."""
    encoding = _encoding(path)
    with path.open("rb") as file:
        file.readline()
        for number, raw in enumerate(file, 2):
            raw = raw.rstrip(b"\r\n")
            if raw:
                cells = raw.decode(encoding).split(";")
                yield Cut(cells[0], cells, raw, number)


def _encoding(path: Path) -> str:
    """UTF-8 when the whole file is; the official one is ISO-8859-15, which any byte satisfies."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
        except UnicodeDecodeError:
            return ENCODINGS[1]
    return ENCODINGS[0]


def establishment(cells: list[str]) -> Establishment:
    """A `structureet` line. Raises UnreadableFiness when it has not its 32 fields."""
    if len(cells) != ET_FIELDS:
        raise UnreadableFiness(f"{len(cells)} champs au lieu de {ET_FIELDS}.")
    department = _department(cells[13])
    postal_code, _, city = cells[15].partition(" ")
    if not (len(postal_code) == 5 and postal_code.isdigit()):
        postal_code, city = "", cells[15]
    return Establishment(
        kind="EG", finess=cells[1], parent=cells[2], name=cells[3], long_name=cells[4], category=cells[18],
        category_label=cells[19], siret=cells[22], ape=cells[23], participation=cells[26], phone=cells[16],
        opened_on=cells[28], updated_on=cells[30],
        place=Place(
            line=" ".join(part for part in (cells[7] + cells[10], cells[8], cells[9]) if part),
            complement=" ".join(part for part in (cells[5], cells[6], cells[11]) if part),
            postal_code=postal_code, city=city, city_code=f"{department}{cells[12]}" if cells[12] else "",
        ),
    )  # fmt: skip


def _department(code: str) -> str:
    """`9A` is 971: the commune then gives its own third digit, so that 97 is what is put before it."""
    return "97" if len(code) == 2 and code[0] == "9" and code[1] in "ABCDEF" else code


def position(cells: list[str]) -> tuple[float, float] | None:
    """Latitude and longitude of a `geolocalisation` line; None when the projection is not Lambert 93 or the point is not on the mainland."""
    if len(cells) != GEO_FIELDS:
        raise UnreadableFiness(f"{len(cells)} champs au lieu de {GEO_FIELDS}.")
    if "LAMBERT_93" not in cells[4]:
        return None
    try:
        latitude, longitude = to_wgs84(float(cells[2]), float(cells[3]))
    except ValueError:
        return None
    return round(latitude, 6), round(longitude, 6)
