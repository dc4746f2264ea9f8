"""What the larger components show, as plain shapes. A room fills them from its own rows; any object with the same names does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from maison.ui import french

TrailState = Literal["done", "waiting", "refused"]


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One step of a relay: `Confirmé`, by whom, when. A step not reached yet has no time."""

    word: str
    at: dt.datetime | None = None
    by: str = ""
    refused: bool = False

    @property
    def state(self) -> TrailState:
        if self.refused:
            return "refused"
        return "done" if self.at else "waiting"


@dataclass(frozen=True, slots=True)
class LifeItem:
    """One thing that happened: when, what, where, who wrote it, and where to read it."""

    at: dt.datetime
    what: str
    where: str = ""
    by: str = ""
    url: str = ""
    kind: str = "neutral"


@dataclass(frozen=True, slots=True)
class PersonBanner:
    """The identity of the one person open on the screen, written as INS-11 asks.

    `status` is the identity status in words (provisoire, récupérée, validée, qualifiée); `alerts` are words such as
    "Homonyme connu" or "Identité douteuse". A part not known is said so, never left blank; `born_about` says what of the date is
    not known ("jour inconnu").
    """

    birth_name: str
    first_name: str
    born_on: dt.date | None
    sex: str
    birth_place: str
    status: str
    used_name: str = ""
    alerts: Sequence[str] = ()
    url: str = ""
    born_about: str = ""

    @property
    def age(self) -> str:
        if self.born_on is None:
            return ""
        today = french.now().astimezone(french.PARIS).date()
        before = (today.month, today.day) < (self.born_on.month, self.born_on.day)
        years = today.year - self.born_on.year - before
        if years >= 2:
            return french.count(years, "an")
        months = (today.year - self.born_on.year) * 12 + today.month - self.born_on.month
        months -= today.day < self.born_on.day
        if months >= 1:
            return french.count(months, "mois", "mois")
        return french.count((today - self.born_on).days, "jour")

    @property
    def name(self) -> str:
        used = f" ({self.used_name})" if self.used_name and self.used_name.upper() != self.birth_name.upper() else ""
        return f"{self.birth_name.upper()}{used} {self.first_name}"

    def _born(self) -> str:
        if self.born_on is None:
            return "date de naissance inconnue"
        return f"{self.born_on:%d/%m/%Y}" + (f", {self.born_about}" if self.born_about else "")

    @property
    def details(self) -> list[str]:
        return [
            self._born(),
            self.sex or "sexe non précisé",
            self.birth_place or "lieu de naissance inconnu",
            self.status,
        ]


Storey = Literal["fondations", "referentiels", "outils"]


@dataclass(frozen=True, slots=True)
class Card:
    """A service at the kiosk: which storey of the house it stands on, and whether this person may enter."""

    title: str
    text: str
    url: str = ""
    storey: Storey = "outils"
    entitled: bool = True
    condition: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    kind: str
    at: dt.datetime
    author: str
    url: str
    size: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    author: str
    at: dt.datetime
    text: str
    mine: bool = False
    read_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class FormStep:
    title: str
    url: str = ""
    state: Literal["done", "current", "todo", "error"] = "todo"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `key` makes it sortable; `numeric` aligns it on the right; `wide` leaves it out on a phone (its cells bear
    the class `maison-wide`): for what the sheet of the row also says."""

    label: str
    key: str = ""
    numeric: bool = False
    hidden_label: bool = field(default=False)
    wide: bool = False

    @property
    def classes(self) -> str:
        return " ".join(name for name, on in (("maison-number", self.numeric), ("maison-wide", self.wide)) if on)
