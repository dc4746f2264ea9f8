"""A file of RPU as it was written, and its values once read. None: not said, or not readable (the text stays in `raw`)."""

from datetime import date, datetime

from msgspec import Struct

SCALARS = (
    "CP",
    "COMMUNE",
    "NAISSANCE",
    "SEXE",
    "ENTREE",
    "MODE_ENTREE",
    "PROVENANCE",
    "TRANSPORT",
    "TRANSPORT_PEC",
    "MOTIF",
    "GRAVITE",
    "DP",
    "SORTIE",
    "MODE_SORTIE",
    "DESTINATION",
    "ORIENT",
)
"""The elements of a PATIENT that hold one text, in the order of the format; LISTE_DA and LISTE_ACTES come after DP."""


class Establishment(Struct, frozen=True, kw_only=True):
    """`order` tells emergency departments of one FINESS apart (0: the first). Days are included on both sides."""

    finess: str = ""
    order: str = ""
    extracted_at: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    raw: dict[str, str] = {}


class Passage(Struct, frozen=True, gc=False):
    """One visit. Times are local (Paris) and naive, as the format writes them: it has no offset.

    `rank` counts passages of the file from 1; `raw` holds what was written, by the name of its element, empty ones left out.
    """

    rank: int
    line: int
    raw: dict[str, str]
    born: date | None = None
    entered_at: datetime | None = None
    left_at: datetime | None = None
    associated: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        return self.raw.get(name, "")

    @property
    def place(self) -> str:
        return f"PASSAGES/PATIENT[{self.rank}]"

    @property
    def stay_minutes(self) -> int | None:
        if self.entered_at is None or self.left_at is None:
            return None
        return int((self.left_at - self.entered_at).total_seconds() // 60)


class RpuFile(Struct, frozen=True):
    """`unknown` are names of elements the format does not have, with the place of the first of each."""

    establishment: Establishment
    passages: list[Passage]
    unknown: dict[str, str] = {}
    has_establishment: bool = True
