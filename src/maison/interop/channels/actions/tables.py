"""Mapping tables: imported, tried, approved by a second person (HUB-07)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.interop.channels.access import access_table, require_in
from maison.interop.channels.errors import NotReady, SamePerson, TableRefused, TestsFail
from maison.interop.channels.events import TableApproved
from maison.interop.channels.language.configuration import CODE
from maison.interop.channels.models import MappingTable, TableVersion
from maison.interop.channels.permissions import P

LONGEST, WIDEST = 20_000, 200
HEADER_FROM = {"source", "code source", "de", "code d'origine"}


@dataclass(frozen=True, slots=True)
class Read:
    entries: dict[str, list[str]]
    faults: list[str]


def read_csv(said: str) -> Read:
    """`code;code traduit;libellé`, with or without a heading; semicolons, commas or tabs. Faults name their line."""
    said = said.lstrip("\ufeff")
    first = said.split("\n", 1)[0]
    mark = max(";\t,", key=first.count)
    entries: dict[str, list[str]] = {}
    faults: list[str] = []
    for number, row in enumerate(csv.reader(io.StringIO(said), delimiter=mark), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() in HEADER_FROM):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            faults.append(f"Ligne {number} : deux codes sont attendus, celui qui arrive et celui qui part.")
        elif max(map(len, cells)) > WIDEST:
            faults.append(f"Ligne {number} : un code ou un libellé compte au plus {WIDEST} caractères.")
        elif cells[0] in entries and entries[cells[0]] != [cells[1], cells[2] if len(cells) > 2 else ""]:
            faults.append(f"Ligne {number} : le code « {cells[0]} » est traduit deux fois de deux façons.")
        else:
            entries[cells[0]] = [cells[1], cells[2] if len(cells) > 2 else ""]
        if len(entries) > LONGEST:
            faults.append(f"Une table compte au plus {LONGEST} codes.")
            break
    return Read(entries, faults)


def read_tests(said: str) -> tuple[list[list[str]], list[str]]:
    """`code = code attendu` or `code = ` (not in the table), one a line."""
    tests, faults = [], []
    for number, line in enumerate(said.splitlines(), start=1):
        if not line.strip():
            continue
        given, mark, expected = line.partition("=")
        if not mark or not given.strip():
            faults.append(f"Essai {number} : écrivez « code reçu = code attendu ».")
        else:
            tests.append([given.strip(), expected.strip()])
    return tests, faults


@transaction.atomic
def create_table(*, actor: Actor, code: str, title: str, structure_id: UUID) -> MappingTable:
    require_in(actor, P.TABLES, structure_id)
    if not CODE.fullmatch(code):
        raise TableRefused("Le code compte de 2 à 24 minuscules sans accent, chiffres et tirets.")
    if MappingTable.objects.filter(code=code).exists():
        raise TableRefused("Une table porte déjà ce code.")
    table = MappingTable.objects.create(code=code, title=title[:200], structure_id=structure_id)
    audit.record(actor, "channels.table_created", target=table, structure=structure_id, details={"table": code})
    return table


@transaction.atomic
def write_table(
    *, actor: Actor, code: str, entries: dict[str, list[str]], tests: Sequence[Sequence[str]], origin: str
) -> TableVersion:
    """Keep the entries and tests as the draft of a table; the approved versions never change."""
    table = access_table(actor, code, P.TABLES, lock=True)
    if not entries:
        raise TableRefused("Une table a au moins une ligne : code reçu, code traduit, libellé.")
    version = TableVersion.objects.select_for_update().filter(table=table, state=TableVersion.State.DRAFT).first()
    if version is None:
        last = (
            TableVersion.objects.filter(table=table).order_by("-number").values_list("number", flat=True).first() or 0
        )
        version = TableVersion(table=table, number=last + 1)
    version.table = table
    version.entries, version.tests, version.origin = entries, [list(test) for test in tests], origin[:300]
    if actor.subject not in version.editors:
        version.editors, version.editor_names = [*version.editors, actor.subject], [*version.editor_names, actor.name]
    version.save()
    audit.record(actor, "channels.table_written", target=version, structure=table.structure_id,
                 details={"table": version.reference, "entries": len(entries), "tests": len(tests)})  # fmt: skip
    return version


@transaction.atomic
def approve_table(*, actor: Actor, code: str, number: int) -> TableVersion:
    """Someone else than its authors, once its tests pass and there is at least one."""
    table = access_table(actor, code, P.TABLES, lock=True)
    version = (
        TableVersion.objects.select_for_update()
        .filter(table=table, number=number, state=TableVersion.State.DRAFT)
        .first()
    )
    if version is None:
        raise NotReady("Cette version n'est pas un brouillon.")
    version.table = table
    if actor.subject in version.editors:
        raise SamePerson
    if not version.tests:
        raise TestsFail("Il faut au moins un essai : un code reçu et ce qu'il doit donner.")
    if version.failing:
        raise TestsFail(f"En défaut : {', '.join(given for given, _, _ in version.failing[:5])}.")
    version.state, version.approved_by, version.approver_name, version.approved_at = (
        TableVersion.State.APPROVED, actor.subject, actor.name, timezone.now(),
    )  # fmt: skip
    version.save()
    audit.record(actor, "channels.table_approved", target=version, structure=table.structure_id,
                 details={"table": version.reference, "from": "draft", "to": "approved"})  # fmt: skip
    publish(TableApproved(table.id, version.number))
    return version
