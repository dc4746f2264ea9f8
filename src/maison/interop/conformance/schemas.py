"""Official XML schemas an operator has loaded (`./maison import schemas-cda DOSSIER`): kept in the base, compiled once by each process.

The house ships none of them: without one, the report says that the schema was not played.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from maison.formats.cda.schema import MAIN_FILE, Schema, SchemaUnavailable
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.imports import ImportKind, ImportRefused

from .models import SchemaFile

CDA = "cda"
LARGEST, MOST = 5_000_000, 200
FRESH_SECONDS = 30.0

_lock = threading.Lock()
_schema: Schema | None = None
_mark = ""
_looked_at = float("-inf")


def cda_schema() -> Schema | None:
    """The schema of CDA as loaded now; looked at again every half minute, compiled again only when it changed."""
    global _schema, _mark, _looked_at
    if time.monotonic() - _looked_at < FRESH_SECONDS:
        return _schema
    with _lock:
        if time.monotonic() - _looked_at >= FRESH_SECONDS:
            mark = _digest({row.name: row.sha256 for row in SchemaFile.objects.filter(kind=CDA).defer("content")})
            if mark != _mark:
                _schema, _mark = _compiled(), mark
            _looked_at = time.monotonic()
    return _schema


def forget() -> None:
    """The next question reads the base again; tests and imports call it."""
    global _looked_at, _mark, _schema
    _looked_at, _mark, _schema = float("-inf"), "", None


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256("\n".join(f"{name} {sha}" for name, sha in sorted(files.items())).encode()).hexdigest()


def _compiled() -> Schema | None:
    rows = list(SchemaFile.objects.filter(kind=CDA))
    if not rows:
        return None
    with tempfile.TemporaryDirectory(prefix="maison-xsd-") as place:
        for row in rows:
            path = Path(place) / row.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(row.content))
        return Schema(Path(place))


def read(folder: Path) -> dict[str, bytes]:
    """Schemas of the folder, by their path in it; compiled once here, so that what cannot be played is not loaded."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.xsd")) if path.is_file()}  # fmt: skip
    if MAIN_FILE not in found:
        raise ImportRefused(f"{folder} ne contient pas {MAIN_FILE} : donnez le dossier des schémas CDA du CI-SIS.")
    if len(found) > MOST or any(len(body) > LARGEST for body in found.values()):
        raise ImportRefused(f"{folder} contient trop de fichiers, ou des fichiers trop gros, pour être un jeu de schémas.")  # fmt: skip
    try:
        Schema(folder)
    except SchemaUnavailable as error:
        raise ImportRefused(error.message) from error
    return found


@transaction.atomic
def load(actor: Actor, folder: Path, *, apply: bool = True) -> tuple[list[str], list[str], list[str]]:
    """(new, changed, gone) names; the whole set is replaced, or nothing with `apply` off."""
    found = {name: (body, hashlib.sha256(body).hexdigest()) for name, body in read(folder).items()}
    known = dict(SchemaFile.objects.filter(kind=CDA).values_list("name", "sha256"))
    new = [name for name in found if name not in known]
    changed = [name for name, (_, sha) in found.items() if name in known and known[name] != sha]
    gone = [name for name in known if name not in found]
    if apply and (new or changed or gone):
        SchemaFile.objects.filter(kind=CDA, name__in=[*changed, *gone]).delete()
        now = timezone.now()
        SchemaFile.objects.bulk_create(
            SchemaFile(kind=CDA, name=name, sha256=found[name][1], content=found[name][0], loaded_at=now)
            for name in (*new, *changed)
        )
        audit.record(actor, "conformance.schemas_loaded", target=("conformance.schemas", CDA),
                     details={"new": len(new), "changed": len(changed), "gone": len(gone)})  # fmt: skip
        transaction.on_commit(forget)
    return new, changed, gone


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="DOSSIER", help=f"dossier des schémas CDA du CI-SIS, qui contient {MAIN_FILE}")
    parser.add_argument("--dry-run", action="store_true", help="montrer ce qui changerait, sans rien écrire")


def _run(actor: Actor, options: Namespace, say: Callable[[str], None]) -> None:
    folder = Path(options.path)
    if not folder.is_dir():
        raise ImportRefused(f"{options.path} n'est pas un dossier.")
    new, changed, gone = load(actor, folder, apply=not options.dry_run)
    would = "seraient " if options.dry_run else ""
    say(f"Schémas CDA : {len(new)} {would}nouveau(x), {len(changed)} {would}changé(s), {len(gone)} {would}retiré(s).")


CDA_SCHEMAS = ImportKind(
    "schemas-cda", "schémas XML de CDA (CI-SIS), joués par le banc de conformité", _arguments, _run
)
