"""A nomenclature as a source of `registries.sources`: one row a code, and one for what is said of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.utils import timezone

from maison.formats.terminology import files
from maison.formats.terminology.model import Terminology, UnreadableTerminology
from maison.foundations.access import Actor
from maison.registries.sources.catalogue import Fault, Line, Opened, Source, Understood, Unreadable
from maison.registries.sources.command import import_kind
from maison.registries.sources.errors import FileRefused
from maison.registries.sources.loading import load, served_vintage

from .projection import HEAD, project

KINDS = {"system": "cs", "set": "vs"}
LONGEST_CODE = 150
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def find(path: Path) -> list[Source]:
    """Every nomenclature of the file, as a source. Raises FileRefused."""
    try:
        return [source_of(one) for one in files.read(path)]
    except UnreadableTerminology as error:
        raise FileRefused(str(error)) from error


def source_of(terminology: Terminology, *, publisher: str = "") -> Source:
    return Source(
        code=f"{KINDS[terminology.kind]}:{terminology.address}"[:200], name=terminology.title[:200],
        publisher=publisher or terminology.publisher, licence="", project=project,
        open=lambda path: opened(terminology), shown=("display",),
        tables=("terminology_concept",) if terminology.kind == "system" else ("terminology_member",),
    )  # fmt: skip


def opened(terminology: Terminology) -> Opened:
    return Opened(vintage=terminology.published_on or timezone.localdate(), lines=lambda: _lines(terminology), understand=_understand)  # fmt: skip


def _lines(terminology: Terminology) -> Iterator[Line | Unreadable]:
    head = {
        "url": terminology.address, "oid": terminology.oid, "title": terminology.title, "version": terminology.version,
        "publisher": terminology.publisher, "case_sensitive": terminology.case_sensitive,
        "published_on": terminology.published_on,
    }  # fmt: skip
    yield Line(HEAD, HEAD, msgspec.json.encode(head))
    for term in terminology.terms:
        if len(term.code) > LONGEST_CODE:
            yield Unreadable(term.code[:60], "TRM-CODE", f"Ce code dépasse {LONGEST_CODE} caractères.")
            continue
        key = f"{term.system}|{term.code}" if terminology.kind == "set" else term.code
        yield Line(key[:250], term.code, msgspec.json.encode(term))


def _understand(line: Line) -> Understood:
    body = {name: value for name, value in _decode(line.raw).items() if value not in ("", None, {}, [])}
    start, end = body.get("starts_on"), body.get("ends_on")
    if start and end and end < start:
        return Understood(
            body, [Fault("TRM-DATES", "ends_on", "La fin de validité précède son début.", blocking=False)]
        )
    return Understood(body)


TERMINOLOGY = import_kind(
    "terminology",
    "nomenclatures : FHIR ou SVS (NOS), CIM-10 (ATIH), CCAM, motifs SFMU ; fichier, dossier ou archive",
    find,
)


def load_all(actor: Actor, terminologies: Iterable[Terminology]) -> int:
    """The house's own tables, loaded like any file so that a new release shows its differences; one that a publisher's newer
    file has replaced is left. Returns how many are served as the house carries them."""
    count = 0
    for one in terminologies:
        source = source_of(one)
        served = served_vintage(source.code)
        if served is None or (one.published_on and served <= one.published_on):
            load(actor, source, Path(one.title))
            count += 1
    return count
