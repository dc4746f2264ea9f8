"""FINESS+ structures (JSON, v1.0.0): legal entities with their establishments, read in a stream.

Publications have been seen with the coordinates of an address in two habits: WGS84 in `direction*` with a Lambert 93 turned over in
`coordonnee*`, or longitude and latitude in `coordonneeX` and `coordonneeY` with Lambert in `direction*`. The values tell which.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped]

from .lambert import to_wgs84
from .model import Establishment, Place, UnreadableFiness

VERSIONS = ("v1.0.0", "1.0.0")
PARTICIPATION_SITE, ACTIVE = "03", "A"


def vintage_of(path: Path) -> dt.date:
    """The day it was generated. Raises UnreadableFiness when this is not FINESS+ in a version the house reads."""
    found: dict[str, str] = {}
    try:
        with path.open("rb") as file:
            for prefix, _, value in ijson.parse(file):
                if prefix in ("schemaVersion", "generatedAt"):
                    found[prefix] = str(value)
                if len(found) == 2 or prefix == "pmej.item":
                    break
    except ijson.JSONError as error:
        raise UnreadableFiness(f"JSON illisible ou tronqué : {error}") from error
    if found.get("schemaVersion") not in VERSIONS:
        raise UnreadableFiness(f"Version « {found.get('schemaVersion', 'absente')} » : la maison lit FINESS+ {VERSIONS[0]}.")  # fmt: skip
    try:
        return dt.date.fromisoformat(found.get("generatedAt", "")[:10])
    except ValueError as error:
        raise UnreadableFiness("La date de production (generatedAt) manque.") from error


def establishments(path: Path) -> Iterator[Establishment]:
    """Each legal entity, then its establishments. Raises UnreadableFiness when the file is cut."""
    try:
        with path.open("rb") as file:
            for entity in ijson.items(file, "pmej.item", use_float=True):
                yield from _of_entity(entity)
    except ijson.JSONError as error:
        raise UnreadableFiness(f"JSON illisible ou tronqué : {error}") from error


def _of_entity(entity: dict[str, Any]) -> Iterator[Establishment]:
    said = entity.get("informationsGeneralesPMEJ") or {}
    finess = str(said.get("numFinessPm") or "")
    yield Establishment(
        kind="EJ", finess=finess, name=str(said.get("denominationPm") or ""),
        long_name=str(said.get("denominationLonguePmSmsse") or ""), legal_status=str(said.get("statutJuridique") or ""),
        siren=str(said.get("siren") or ""), ape=str(said.get("codeApe") or "").replace(".", ""),
        phone=_phone(entity), opened_on=str(said.get("dateCreation") or ""), closed_on=_closed(entity, said),
        updated_on=str(entity.get("dateDerniereMaj") or "")[:10], place=_place(entity),
    )  # fmt: skip
    for site in entity.get("ege") or []:
        about = site.get("informationsGeneralesEGE") or {}
        yield Establishment(
            kind="EG", finess=str(about.get("numFinessEge") or ""), parent=finess,
            name=str(about.get("nomEgeCourt") or ""), long_name=str(about.get("nomEgeLong") or ""),
            category=str(site.get("categorieentiteGeographiqueExercice") or ""), siret=str(about.get("siret") or ""),
            participation=next(iter(about.get("espic") or []), ""), phone=_phone(site),
            opened_on=str(about.get("dateOuverture") or ""), closed_on=_closed(site, about),
            updated_on=str(site.get("dateDerniereMaj") or "")[:10], place=_place(site),
        )  # fmt: skip


def _closed(thing: dict[str, Any], said: dict[str, Any]) -> str:
    """An inactive thing without a date of closing is closed on the day it was last changed."""
    if said.get("dateFermeture"):
        return str(said["dateFermeture"])
    return "" if thing.get("etatObjet", ACTIVE) == ACTIVE else str(thing.get("dateDerniereMaj") or "")[:10]


def _phone(thing: dict[str, Any]) -> str:
    contacts = ((one.get("telecom") or {}).get("telephone") for one in thing.get("contact") or [])
    return str(next((phone for phone in contacts if phone), ""))


def _place(thing: dict[str, Any]) -> Place:
    address: dict[str, Any] = next(iter(thing.get("adresse") or []), {})
    if not address:
        return Place()
    latitude, longitude = _point(address.get("coordonneesGeographique") or {})
    return Place(
        line=str(address.get("ligneQuatre") or ""), complement=str(address.get("lieuDit") or ""),
        postal_code=str(address.get("codePostal") or ""), city=str(address.get("ligneAcheminement") or ""),
        city_code=str(address.get("cogCommune") or ""), latitude=latitude, longitude=longitude,
    )  # fmt: skip


def _point(said: dict[str, Any]) -> tuple[float | None, float | None]:
    names = ("coordonneeX", "coordonneeY", "directionLatitude", "directionLongitude")
    try:
        x, y, latitude, longitude = (float(said.get(name) or "nan") for name in names)
    except ValueError:
        return None, None
    for lat, lon in ((latitude, longitude), (y, x)):
        if -90 <= lat <= 90 and -180 <= lon <= 180:
            return round(lat, 6), round(lon, 6)
    for east, north in chain(((x, y), (y, x)), ((longitude, latitude), (latitude, longitude))):
        try:
            lat, lon = to_wgs84(east, north)
        except ValueError:
            continue
        return round(lat, 6), round(lon, 6)
    return None, None
