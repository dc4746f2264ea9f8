from __future__ import annotations

import datetime as dt
from typing import Any

from msgspec import Struct, field


class UnreadableTerminology(ValueError):
    """The file is not a nomenclature the house reads; the message is French and says what was expected."""


class Term(Struct, frozen=True, kw_only=True):
    """One code. `system` is empty when it is that of the file; `properties` keeps what the publisher adds (parents, types)."""

    code: str
    display: str
    system: str = ""
    short: str = ""
    definition: str = ""
    parent: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    properties: dict[str, Any] = field(default_factory=dict)


class Terminology(Struct, frozen=True, kw_only=True):
    """A system (`kind` "system") or a set ("set"), named by its canonical address and its OID, one of which may be missing."""

    kind: str
    url: str
    title: str
    oid: str = ""
    version: str = ""
    published_on: dt.date | None = None
    publisher: str = ""
    case_sensitive: bool = False
    terms: tuple[Term, ...] = ()

    @property
    def address(self) -> str:
        return self.url or f"urn:oid:{self.oid}"
