from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins


class UnreadableFiness(ValueError):
    """Not the file expected; the message is French."""


class Place(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where: lines of the address, INSEE code of the commune (five characters), WGS84 degrees when they are known."""

    line: str = ""
    complement: str = ""
    postal_code: str = ""
    city: str = ""
    city_code: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Establishment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An EG (`kind` "EG") or an EJ ("EJ") as one line of FINESS tells it. Dates are ISO texts; `parent` is the EJ of an EG."""

    kind: str
    finess: str
    name: str
    long_name: str = ""
    parent: str = ""
    category: str = ""
    category_label: str = ""
    legal_status: str = ""
    siret: str = ""
    siren: str = ""
    ape: str = ""
    participation: str = ""
    phone: str = ""
    opened_on: str = ""
    closed_on: str = ""
    updated_on: str = ""
    place: Place = Place()

    def as_row(self) -> dict[str, Any]:
        """Flat JSON: the place's fields beside the others, empty ones left out."""
        found: dict[str, Any] = to_builtins(self)
        return {**found.pop("place", {}), **found}
