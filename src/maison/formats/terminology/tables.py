"""Nomenclatures published as tables, recognised by the names of their columns: CIM-10 (ATIH), CCAM (CNAM), motives of the SFMU.

UTF-8 or ISO-8859-15, comma, semicolon, bar or tab. The ATIH's own file has no header: six fields between bars, code first.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from maison.formats.folding import plain

from .model import Term, Terminology, UnreadableTerminology

type Row = Mapping[str, str]
ATIH_FIELDS = ("code", "type_mco", "ssr", "psy", "libelle_court", "libelle_long")


class Table(Struct, frozen=True):
    """A table the house knows: `columns` must all be there; `term` reads a row."""

    url: str
    oid: str
    title: str
    publisher: str
    columns: frozenset[str]
    term: Callable[[Row], Term | None]
    complete: bool = True


def cim10_code(code: str) -> str:
    """`A000` gives `A00.0`; a code already dotted comes back as it is."""
    code = code.strip().upper()
    return code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"


def _cim10(row: Row) -> Term | None:
    code = cim10_code(row["code"])
    long = row.get("libelle_long", "") or row.get("libelle_court", "")
    if not (code and long):
        return None
    parent = code[:3] if "." in code and len(code) == 5 else code[:-1] if "." in code else ""
    return Term(
        code=code, display=long, short=row.get("libelle_court", "") if row.get("libelle_court") != long else "",
        parent=parent, properties={name: row[name] for name in ("type_mco", "ssr", "psy") if row.get(name)},
    )  # fmt: skip


def _ccam(row: Row) -> Term | None:
    code, long = row["code"].strip().upper(), row["libelle_long"] or row["libelle_court"]
    if not (code and long):
        return None
    return Term(
        code=code, display=long, short=row["libelle_court"] if row["libelle_court"] != long else "",
        starts_on=_day(row.get("date_debut", "")), ends_on=_day(row.get("date_fin", "")),
        properties={"type_acte": row["type_acte"]} if row.get("type_acte") else {},
    )  # fmt: skip


def _sfmu(row: Row) -> Term | None:
    """The motives have no code of their own: their order in the thesaurus is their code, as software does."""
    if not row["libelle"]:
        return None
    code = row["ordre"].strip() or plain(row["libelle"]).replace(" ", "-")
    return Term(code=code, display=row["libelle"], parent="",
                properties={"categorie": row["categorie"], "cim10": cim10_code(row["cim10"])})  # fmt: skip


TABLES = (
    Table("http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3", "CIM-10 FR à usage PMSI", "ATIH",
          frozenset({"code", "type_mco", "libelle_long"}), _cim10),
    Table("https://smt.esante.gouv.fr/terminologie-ccam", "1.2.250.1.213.2.5", "CCAM", "CNAM",
          frozenset({"code", "libelle_court", "libelle_long"}), _ccam),
    Table("urn:x-maison:sfmu-motifs", "", "Motifs de recours aux urgences (SFMU)", "SFMU",
          frozenset({"ordre", "categorie", "libelle", "cim10"}), _sfmu),
)  # fmt: skip


def read(data: bytes) -> list[Terminology]:
    """Raises UnreadableTerminology when the columns are not those of a table the house knows."""
    text = _text(data)
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        raise UnreadableTerminology("Le fichier est vide.")
    table = next((one for one in TABLES if one.columns <= first.keys()), None)
    if table is None:
        known = " ; ".join(f"{one.title} : {', '.join(sorted(one.columns))}" for one in TABLES)
        raise UnreadableTerminology(f"Colonnes inconnues ({', '.join(list(first)[:8])}). Attendu : {known}.")
    terms = tuple(term for row in (first, *rows) if (term := table.term(row)) is not None)
    if not terms:
        raise UnreadableTerminology(f"Aucun code lisible pour {table.title}.")
    return [Terminology(kind="system", url=table.url, oid=table.oid, title=table.title, publisher=table.publisher, terms=terms)]  # fmt: skip


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-15")


def _rows(text: str) -> Iterator[Row]:
    head = text.split("\n", 1)[0]
    mark = max("|;,\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=mark, quoting=csv.QUOTE_NONE if mark == "|" else csv.QUOTE_MINIMAL)
    names: list[str] | None = None
    for cells in reader:
        cells = [cell.strip() for cell in cells]
        if names is None:
            if mark == "|" and len(cells) == len(ATIH_FIELDS) and cells[0][1:3].isdigit():
                names = list(ATIH_FIELDS)
            else:
                names = [plain(cell).replace(" ", "_") for cell in cells]
                continue
        if any(cells):
            yield dict(zip(names, cells, strict=False)) | dict.fromkeys(names[len(cells) :], "")


def _day(text: str) -> dt.date | None:
    """`2025-01-31`, `20250131` or `31/01/2025`."""
    text = text.strip()
    if len(text) == 10 and text[2] == text[5] == "/":
        text = f"{text[6:]}-{text[3:5]}-{text[:2]}"
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
