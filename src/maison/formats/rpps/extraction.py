from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

ACTIVITY: Mapping[str, str] = {
    "id_kind": "Type d'identifiant PP", "identifier": "Identifiant PP", "idnat": "Identification nationale PP",
    "civility": "Libellé civilité", "title": "Code civilité d'exercice", "name": "Nom d'exercice",
    "first_name": "Prénom d'exercice", "profession": "Code profession", "profession_label": "Libellé profession",
    "category": "Code catégorie professionnelle", "skill_type": "Code type savoir-faire", "skill": "Code savoir-faire",
    "skill_label": "Libellé savoir-faire", "mode": "Code mode exercice", "siret": "Numéro SIRET site",
    "siren": "Numéro SIREN site", "finess": "Numéro FINESS site", "finess_ej": "Numéro FINESS établissement juridique",
    "technical_id": "Identifiant technique de la structure", "structure_name": "Raison sociale site",
    "brand": "Enseigne commerciale site", "recipient": "Complément destinataire (coord. structure)",
    "street_number": "Numéro Voie (coord. structure)", "street_repeat": "Indice répétition voie (coord. structure)",
    "street_kind": "Libellé type de voie (coord. structure)", "street": "Libellé Voie (coord. structure)",
    "postal_code": "Code postal (coord. structure)", "city_code": "Code commune (coord. structure)",
    "city": "Libellé commune (coord. structure)", "phone": "Téléphone (coord. structure)",
    "email": "Adresse e-mail (coord. structure)", "department": "Code Département (structure)",
    "authority": "Autorité d'enregistrement", "sector": "Code secteur d'activité", "role": "Code rôle",
    "genre": "Code genre activité",
}  # fmt: skip
"""Our names for the columns of `Personne_activite`."""

SKILL: Mapping[str, str] = {
    "idnat": "Identification nationale PP", "profession": "Code profession", "type": "Code type savoir-faire",
    "code": "Code savoir-faire", "label": "Libellé savoir-faire",
}  # fmt: skip
DIPLOMA: Mapping[str, str] = {
    "idnat": "Identification nationale PP", "type": "Code type diplôme obtenu", "code": "Code diplôme obtenu",
    "label": "Libellé diplôme obtenu", "authorisation": "Code type autorisation",
    "discipline": "Code discipline autorisation", "discipline_label": "Libellé discipline autorisation",
}  # fmt: skip
MAILBOX: Mapping[str, str] = {
    "kind": "Type de BAL", "address": "Adresse BAL", "idnat": "Identification nationale PP",
    "structure_kind": "Type identifiant structure", "structure": "Identification Structure",
    "service": "Service de rattachement", "paperless": "Dématérialisation", "structure_name": "Raison Sociale structure BAL",
    "profession": "Code Profession",
}  # fmt: skip

REQUIRED = {
    "activity": ("idnat", "name", "profession"),
    "skill": ("idnat", "code"),
    "diploma": ("idnat", "type"),
    "mailbox": ("kind", "address"),
}
KINDS: Mapping[str, Mapping[str, str]] = {"activity": ACTIVITY, "skill": SKILL, "diploma": DIPLOMA, "mailbox": MAILBOX}
_STAMP = re.compile(r"_(20\d{6})\d{0,6}\.")


class UnreadableExtraction(ValueError):
    """Not the file expected; the message is French."""


class Header(Struct, frozen=True):
    """Where each of our fields stands in a line; fields the vintage does not have are left out."""

    width: int
    places: Mapping[str, int]

    def picker(self, *names: str) -> Callable[[Sequence[str]], tuple[str, ...]]:
        places = [self.places.get(name) for name in names]
        return lambda cells: tuple("" if place is None else cells[place] for place in places)

    def row(self, cells: Sequence[str]) -> dict[str, str]:
        """The fields that are filled."""
        return {name: cells[place] for name, place in self.places.items() if cells[place]}


def header_of(path: Path, kind: str) -> Header:
    """Raises UnreadableExtraction when a column without which nothing can be told is absent."""
    with path.open("rb") as file:
        first = file.readline(20_000)
    try:
        names = first.decode("utf-8-sig").rstrip("\r\n").split("|")
    except UnicodeDecodeError as error:
        raise UnreadableExtraction("Le fichier n'est pas en UTF-8.") from error
    if names[-1] == "":
        names.pop()
    columns = KINDS[kind]
    places = {ours: names.index(theirs) for ours, theirs in columns.items() if theirs in names}
    missing = [columns[name] for name in REQUIRED[kind] if name not in places]
    if missing:
        raise UnreadableExtraction(f"Colonnes absentes de l'en-tête : {', '.join(missing)}.")
    return Header(len(names), places)


def kind_of(path: Path) -> str:
    """What the header says the file is. Raises UnreadableExtraction."""
    for kind in ("activity", "mailbox", "diploma", "skill"):
        try:
            header = header_of(path, kind)
        except UnreadableExtraction:
            continue
        if kind != "activity" or ("category" in header.places and "mode" in header.places):
            return kind
    raise UnreadableExtraction("Aucun en-tête connu : Personne_activite, SavoirFaire, Dipl_AutExerc ou correspondance MSSanté attendus.")  # fmt: skip


def vintage_of(path: Path) -> dt.date:
    """The date in the name (`…_202601010000.txt`), else the day of the file."""
    found = _STAMP.search(path.name)
    if found:
        try:
            return dt.date.fromisoformat(found[1])
        except ValueError:
            pass
    return dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).date()


def lines(path: Path) -> Iterator[bytes]:
    """The lines after the header, without their ends."""
    with path.open("rb") as file:
        file.readline()
        for raw in file:
            if stripped := raw.rstrip(b"\r\n"):
                yield stripped


def cells_of(raw: bytes) -> list[str]:
    """The cells of a line, without the empty one that the last bar makes. UnicodeDecodeError when it is not UTF-8."""
    cells = raw.decode("utf-8").split("|")
    if cells[-1] == "":
        cells.pop()
    return cells
