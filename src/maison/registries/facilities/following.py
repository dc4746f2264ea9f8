"""The official files this room follows, and how each line is cut, checked and read (REF-01, DQ-1)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from maison.formats.finess import etalab, plus
from maison.formats.finess.model import Establishment, UnreadableFiness
from maison.formats.identifiers import InvalidIdentifier, check_finess, check_siren, check_siret
from maison.registries.sources.catalogue import Fault, Line, Opened, Source, Understood, Unreadable, register_source
from maison.registries.sources.command import import_kind
from maison.registries.sources.errors import FileRefused

from .projection import ETALAB, PLUS, SIRENE, project

LONGEST = {"name": 250, "long_name": 400, "line": 250, "complement": 250, "city": 120, "category_label": 200}
LONGEST_CODE = {
    "category": 6,
    "legal_status": 6,
    "ape": 6,
    "participation": 2,
    "phone": 20,
    "postal_code": 5,
    "city_code": 5,
}


def entity(kind: str, finess: str) -> str:
    return f"{kind}:{finess}"


def open_etalab(path: Path) -> Opened:
    try:
        vintage = etalab.vintage_of(path)
    except UnreadableFiness as error:
        raise FileRefused(str(error)) from error
    return Opened(vintage, lambda: _etalab_lines(path), _understand_etalab)


def _etalab_lines(path: Path) -> Iterator[Line | Unreadable]:
    fields = {"structureet": etalab.ET_FIELDS, "geolocalisation": etalab.GEO_FIELDS}
    for cut in etalab.lines(path):
        wanted = fields.get(cut.section)
        if wanted is None:
            yield Unreadable(f"ligne {cut.number}", "FIN-SECTION", f"Section « {cut.section[:40]} » inconnue.")
        elif len(cut.cells) != wanted:
            yield Unreadable(f"ligne {cut.number}", "FIN-CHAMPS", f"{len(cut.cells)} champs au lieu de {wanted} : ligne coupée ou séparateur dans un champ.")  # fmt: skip
        else:
            yield Line(f"{cut.section}:{cut.cells[1]}", entity("EG", cut.cells[1]), ";".join(cut.cells).encode())


def _understand_etalab(line: Line) -> Understood:
    cells = line.raw.decode().split(";")
    if cells[0] == "geolocalisation":
        point = etalab.position(cells)
        if point is None:
            return Understood({}, [Fault("FIN-GEO", "coordonnees", "Coordonnées hors de la métropole ou d'une autre projection : ignorées.", blocking=False)])  # fmt: skip
        return Understood({"latitude": point[0], "longitude": point[1]})
    return _checked(etalab.establishment(cells))


def _checked(found: Establishment) -> Understood:
    """The record, with what is wrong in it. Only a wrong key of its own number refuses it: the rest is told and used."""
    faults: list[Fault] = []
    row = found.as_row()
    try:
        check_finess(found.finess)
    except InvalidIdentifier as error:
        text = f"Numéro FINESS « {found.finess} » : {error}"
        if found.finess.isdigit() and len(found.finess) < 9:
            text = f"Numéro FINESS « {found.finess} » : {len(found.finess)} chiffres, le zéro de tête a sans doute été perdu par un tableur."  # fmt: skip
        return Understood(None, [Fault("DQ-1", "finess", text)])
    for name, check in (("parent", check_finess), ("siret", check_siret), ("siren", check_siren)):
        value = row.get(name)
        if value:
            try:
                check(value)
            except InvalidIdentifier as error:
                faults.append(Fault("DQ-1", name, f"« {value} » : {error} La valeur n'est pas reprise.", blocking=False))  # fmt: skip
                row.pop(name)
    for name in ("opened_on", "closed_on", "updated_on"):
        value = row.get(name)
        if value and not _is_day(value):
            faults.append(Fault("FIN-DATE", name, f"Date illisible ou impossible : « {value[:20]} ».", blocking=False))
            row.pop(name)
    if row.get("opened_on", "") and row.get("closed_on", "") and row["closed_on"] < row["opened_on"]:
        faults.append(Fault("FIN-DATES", "closed_on", "Fermé avant d'être ouvert.", blocking=False))
    for name, most in LONGEST_CODE.items():
        if len(row.get(name, "")) > most:
            faults.append(Fault("FIN-LONG", name, f"« {row[name][:40]} » est trop long pour ce champ : la valeur n'est pas reprise.", blocking=False))  # fmt: skip
            row.pop(name)
    for name, most in LONGEST.items():
        if len(row.get(name, "")) > most:
            row[name] = row[name][:most]
    return Understood(row, faults)


def _is_day(text: str) -> bool:
    try:
        return dt.date(1800, 1, 1) <= dt.date.fromisoformat(text)
    except ValueError:
        return False


def open_plus(path: Path) -> Opened:
    try:
        vintage = plus.vintage_of(path)
    except UnreadableFiness as error:
        raise FileRefused(str(error)) from error
    return Opened(vintage, lambda: _plus_lines(path), lambda line: _checked(msgspec.json.decode(line.raw, type=Establishment)))  # fmt: skip


def _plus_lines(path: Path) -> Iterator[Line | Unreadable]:
    try:
        for number, found in enumerate(plus.establishments(path), 1):
            if not found.finess:
                yield Unreadable(f"objet {number}", "FIN-NUMERO", f"{found.kind} « {found.name[:80]} » sans numéro FINESS.")  # fmt: skip
                continue
            key = entity(found.kind, found.finess)
            yield Line(key, key, msgspec.json.encode(found))
    except UnreadableFiness as error:
        raise FileRefused(str(error)) from error


SIRENE_COLUMNS = ("siret", "etatAdministratifEtablissement")


def open_sirene(path: Path) -> Opened:
    """`StockEtablissement_utf8.csv` of INSEE. Only the establishments that FINESS knows are followed: their numbers are read first."""
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig", "replace").strip().split(",")
    missing = [name for name in SIRENE_COLUMNS if name not in header]
    if missing:
        raise FileRefused(f"Colonnes absentes : {', '.join(missing)}. Attendu : StockEtablissement_utf8.csv de l'INSEE.")  # fmt: skip
    vintage = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).date()
    return Opened(vintage, lambda: _sirene_lines(path, header), lambda line: _understand_sirene(line, header))


def _sirene_lines(path: Path, header: list[str]) -> Iterator[Line | Unreadable]:
    from .models import Facility

    known: dict[bytes, list[str]] = {}
    for kind, finess, siret in Facility.objects.exclude(siret="").values_list("kind", "finess", "siret"):
        known.setdefault(siret.encode(), []).append(entity(kind, finess))
    column = header.index("siret")
    with path.open("rb") as file:
        file.readline()
        for raw in file:
            number = raw.split(b",", column + 1)[column].strip(b'"')
            for one in known.get(number, ()):
                yield Line(f"{number.decode()}:{one}", one, raw.rstrip(b"\r\n"))


def _understand_sirene(line: Line, header: list[str]) -> Understood:
    cells = next(csv.reader(io.StringIO(line.raw.decode("utf-8", "replace"))))
    if len(cells) != len(header):
        return Understood(None, [Fault("SIR-CHAMPS", "", f"{len(cells)} champs au lieu de {len(header)}.")])
    said = dict(zip(header, cells, strict=True))
    street = (said.get(name, "") for name in ("numeroVoieEtablissement", "indiceRepetitionEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement"))  # fmt: skip
    row: dict[str, Any] = {
        "siret": said["siret"], "siren": said["siret"][:9], "line": " ".join(part for part in street if part),
        "postal_code": said.get("codePostalEtablissement", ""), "city": said.get("libelleCommuneEtablissement", ""),
        "city_code": said.get("codeCommuneEtablissement", ""),
        "ape": said.get("activitePrincipaleEtablissement", "").replace(".", ""),
        "sirene_closed_on": said.get("dateDebut", "") if said["etatAdministratifEtablissement"] == "F" else "",
    }  # fmt: skip
    return Understood({name: value for name, value in row.items() if value})


FINESS_ETALAB = register_source(
    Source(code=ETALAB, name="FINESS, établissements (extrait)", publisher="DREES", licence="Licence Ouverte 2.0",
           open=open_etalab, project=project, tables=("facilities_facility",), fresh_days=75, shown=("name", "city"))
)  # fmt: skip
FINESS_PLUS = register_source(
    Source(code=PLUS, name="FINESS+, structures", publisher="ANS", licence="Licence Ouverte 2.0", open=open_plus,
           project=project, tables=("facilities_facility",), fresh_days=7, shown=("kind", "name", "city"))
)  # fmt: skip
SIRENE_SITES = register_source(
    Source(code=SIRENE, name="SIRENE, établissements suivis", publisher="INSEE", licence="Licence Ouverte 2.0",
           open=open_sirene, project=project, tables=("facilities_facility",), fresh_days=40, max_gone_ratio=0.1, shown=("line", "city"))
)  # fmt: skip


def _finess_of(path: Path) -> list[Source]:
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")
    return [FINESS_PLUS if start[:1] == b"{" else FINESS_ETALAB]


IMPORTS = (
    import_kind("finess", "établissements : extrait FINESS (cs1100502, cs1100507) ou FINESS+ (JSON)", _finess_of),
    import_kind("sirene", "SIRENE : StockEtablissement_utf8.csv, pour les SIRET connus de FINESS", lambda path: [SIRENE_SITES]),
)  # fmt: skip
