"""The RPPS extraction and the mailbox directory as sources: how lines are keyed, checked and kept (REF-01, DQ-1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from maison.formats.folding import plain
from maison.formats.identifiers import InvalidIdentifier, check_finess, check_idnat_ps, check_siret
from maison.formats.rpps import extraction
from maison.formats.rpps.extraction import Header, UnreadableExtraction
from maison.registries.sources.catalogue import Fault, Line, Opened, Source, Understood, Unreadable, register_source
from maison.registries.sources.command import import_kind
from maison.registries.sources.errors import FileRefused

from . import projection

KEYS = {
    "activity": (
        "profession",
        "category",
        "skill",
        "mode",
        "technical_id",
        "siret",
        "finess",
        "role",
        "genre",
        "sector",
    ),
    "skill": ("profession", "type", "code"),
    "diploma": ("type", "code", "authorisation", "discipline"),
}
LONGEST = {
    "name": 120, "first_name": 120, "profession_label": 120, "skill_label": 200, "structure_name": 250, "city": 120,
    "email": 250, "phone": 30, "technical_id": 60, "label": 300, "service": 200, "line": 250,
}  # fmt: skip
LONGEST_CODE = {"profession": 6, "category": 2, "skill": 10, "mode": 2, "sector": 10, "role": 20, "genre": 10, "finess": 9,
                "siret": 14, "postal_code": 10, "city_code": 5, "department": 3, "title": 6, "type": 10, "code": 20}  # fmt: skip


def _open(kind: str, path: Path) -> Opened:
    try:
        header = extraction.header_of(path, kind)
    except UnreadableExtraction as error:
        raise FileRefused(str(error)) from error
    understand: Callable[[Line], Understood] = partial(_understand, kind, header)
    return Opened(extraction.vintage_of(path), lambda: _lines(kind, header, path), understand, path.stat().st_size)


def _lines(kind: str, header: Header, path: Path) -> Iterator[Line | Unreadable]:
    pick = header.picker("address") if kind == "mailbox" else header.picker("idnat", *KEYS[kind])
    width = header.width
    for number, raw in enumerate(extraction.lines(path), 2):
        try:
            cells = extraction.cells_of(raw)
        except UnicodeDecodeError:
            yield Unreadable(f"ligne {number}", "RPP-UTF8", "Caractères qui ne sont pas de l'UTF-8.")
            continue
        # The last columns may be empty, and their bars then are what `cells_of` leaves out.
        missing = width - len(cells)
        if missing < 0 or (missing > 0 and raw.count(b"|") < width - 1):
            yield Unreadable(f"ligne {number}", "RPP-CHAMPS", f"{len(cells)} champs au lieu de {width} : ligne coupée ou séparateur dans un champ.")  # fmt: skip
            continue
        if missing:
            cells += [""] * missing
        keys = pick(cells)
        if not keys[0]:
            yield Unreadable(f"ligne {number}", "RPP-CLE", "Ni identifiant national ni adresse : ligne sans objet.")
            continue
        if kind == "mailbox":
            address = keys[0].lower()
            yield Line(address[:250], address[:120], raw)
        else:
            yield Line("|".join(keys)[:250], keys[0][:120], raw)


def _understand(kind: str, header: Header, line: Line) -> Understood:
    cells = extraction.cells_of(line.raw)
    row = header.row(cells + [""] * (header.width - len(cells)))
    faults: list[Fault] = []
    if row.get("idnat"):
        try:
            check_idnat_ps(row["idnat"])
        except InvalidIdentifier as error:
            faults.append(Fault("DQ-1", "idnat", f"« {row['idnat'][:20]} » : {error}", blocking=False))
            if len(row["idnat"]) > 20:
                return Understood(None, [Fault("DQ-1", "idnat", "Identifiant national trop long.")])
    for name, check in (("finess", check_finess), ("siret", check_siret)):
        value = row.get(name)
        if value and kind == "activity":
            try:
                check(value)
            except InvalidIdentifier as error:
                faults.append(Fault("DQ-1", name, f"« {value[:20]} » : {error} La valeur n'est pas reprise.", blocking=False))  # fmt: skip
                row.pop(name)
    _fit(row, faults)
    if kind == "activity":
        street = (row.pop(name, "") for name in ("street_number", "street_repeat", "street_kind", "street"))
        row["line"] = " ".join(part for part in street if part)[:250]
        row["structure_name"] = row.get("structure_name") or row.get("brand", "")
        row["words"] = plain(" ".join(row.get(name, "") for name in ("name", "first_name", "profession_label", "skill_label", "structure_name", "city")))  # fmt: skip
    if kind == "mailbox" and "@" not in line.key:
        return Understood(None, [Fault("MSS-ADRESSE", "address", "Ce n'est pas une adresse de messagerie.")])
    return Understood(dict(row), faults)


def _fit(row: dict[str, str], faults: list[Fault]) -> None:
    for name, most in LONGEST_CODE.items():
        if len(row.get(name, "")) > most:
            faults.append(Fault("RPP-LONG", name, f"« {row.pop(name)[:30]} » est trop long pour ce champ : la valeur n'est pas reprise.", blocking=False))  # fmt: skip
    for name, most in LONGEST.items():
        if len(row.get(name, "")) > most:
            row[name] = row[name][:most]


def _source(code: str, name: str, kind: str, project: Callable[..., None]) -> Source:
    return register_source(
        Source(code=code, name=name, publisher="ANS", licence="Licence Ouverte 2.0", open=partial(_open, kind),
               project=project, fresh_days=7, shown=("name", "first_name", "structure_name", "address", "label"), tables=projection.TABLES[code])
    )  # fmt: skip


ACTIVITIES = _source(projection.ACTIVITIES, "RPPS, activités", "activity", projection.project_activities)
SKILLS = _source(projection.SKILLS, "RPPS, savoir-faire", "skill", projection.project_qualifications)
DIPLOMAS = _source(projection.DIPLOMAS, "RPPS, diplômes et autorisations", "diploma", projection.project_qualifications)
MAILBOXES = _source(projection.MAILBOXES, "MSSanté, correspondance des boîtes", "mailbox", projection.project_mailboxes)
_BY_KIND = {"activity": ACTIVITIES, "skill": SKILLS, "diploma": DIPLOMAS, "mailbox": MAILBOXES}


def _find(path: Path) -> list[Source]:
    try:
        return [_BY_KIND[extraction.kind_of(path)]]
    except UnreadableExtraction as error:
        raise FileRefused(str(error)) from error


IMPORTS = (
    import_kind("rpps", "professionnels : PS_LibreAcces (activités, savoir-faire, diplômes), reconnus à leur en-tête", _find),
    import_kind("mssante", "boîtes aux lettres : Extraction_Correspondance_MSSante", _find),
)  # fmt: skip
