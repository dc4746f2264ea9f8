"""The definitions the house has loaded: from a package to the base, and from the base to the library of each process."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from maison.formats.fhir.profiles import Library
from maison.formats.fhir.profiles.library import KINDS
from maison.formats.fhir.wire import UnreadableJson, read, write
from maison.foundations import audit
from maison.foundations.access.actor import Actor

from .models import Definition

LARGEST = 30_000_000
FRESH_SECONDS = 30.0
NOT_CHECKING = frozenset({"text", "mapping", "differential"})


@dataclass(slots=True)
class Loading:
    """What an import would change, or changed: canonicals, by what happens to them."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: int = 0
    unusable: list[str] = field(default_factory=list)


def resources_in(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, resource) of every definition of a folder, of a `.tgz` package or of one JSON file."""
    for name, body in _files(path):
        try:
            resource = read(body)
        except UnreadableJson:
            continue  # packages also hold files that are no resources
        if resource.get("resourceType") in KINDS and isinstance(resource.get("url"), str):
            yield name, resource


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield str(file.relative_to(path)), file.read_bytes()
    elif path.suffix in {".tgz", ".gz"}:
        try:
            with tarfile.open(path, "r:gz") as archive:
                for member in archive:
                    if member.isfile() and member.name.endswith(".json") and member.size <= LARGEST:
                        stream = archive.extractfile(member)
                        if stream is not None:
                            yield member.name, stream.read()
        except (tarfile.TarError, gzip.BadGzipFile, EOFError) as error:
            raise UnreadableJson("L'archive n'est pas un paquet FHIR (.tgz) lisible.") from error
    else:
        yield path.name, path.read_bytes()


@transaction.atomic
def load(actor: Actor, path: Path, *, package: str = "", apply: bool = True) -> Loading:
    """Load what is new or changed; with `apply` off, only say it. A version already loaded is replaced as a whole."""
    loading = Loading()
    known = {(one.kind, one.url, one.version): one for one in Definition.objects.defer("content")}
    seen: dict[tuple[str, str, str], Definition] = {}
    trial = Library()
    for _, resource in resources_in(path):
        content = {key: value for key, value in resource.items() if key not in NOT_CHECKING}
        key = (str(resource["resourceType"]), str(resource["url"])[:300], str(resource.get("version", ""))[:60])
        digest = hashlib.sha256(write(content)).hexdigest()
        label = f"{key[1]}|{key[2]}" if key[2] else key[1]
        if key[0] == "StructureDefinition":
            trial.add(resource)
            if resource.get("kind") != "logical" and trial.tree(key[1]) is None:
                loading.unusable.append(label)
        found = known.get(key)
        if found is not None and found.sha256 == digest:
            loading.same += 1
            continue
        (loading.new if found is None else loading.changed).append(label)
        seen[key] = Definition(kind=key[0], url=key[1], version=key[2], package=package or path.name, sha256=digest,
                               content=_plain(content))  # fmt: skip
    if apply and seen:
        for key in seen:
            if key in known:
                known[key].delete()
        Definition.objects.bulk_create(seen.values(), batch_size=200)
        audit.record(actor, "fhir.profiles_loaded", target=("fhir.definitions", package or path.name[:60]),
                     details={"new": len(loading.new), "changed": len(loading.changed)})  # fmt: skip
    if apply:
        transaction.on_commit(forget)
    return loading


def _plain(content: dict[str, Any]) -> Any:
    """Decimals as JSON numbers, for the column."""
    import json

    return json.loads(write(content))


# -- the library of this process

_lock = threading.Lock()
_library = Library()
_mark: tuple[Any, int] | None = None
_looked_at = float("-inf")


def library() -> Library:
    """What is loaded; looked at again every half minute, and rebuilt only when an import changed it."""
    global _library, _mark, _looked_at
    if time.monotonic() - _looked_at < FRESH_SECONDS:
        return _library
    with _lock:
        if time.monotonic() - _looked_at < FRESH_SECONDS:
            return _library
        found = Definition.objects.aggregate(last=Max("loaded_at"))["last"]
        mark = (found, Definition.objects.count())
        if mark != _mark:
            _library = Library(_all())
            _mark = mark
        _looked_at = time.monotonic()
    return _library


def _all() -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT content::text FROM fhir_definition ORDER BY url, version")
        for row in cursor.fetchall():
            yield read(row[0].encode())


def forget() -> None:
    """The next question reads the base again; tests and imports call it."""
    global _looked_at, _mark
    _looked_at, _mark = float("-inf"), None
