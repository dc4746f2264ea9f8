"""Any file or folder of nomenclatures: JSON, XML, tables, alone or in a .zip, .tgz or .gz."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from . import fhir, svs, tables
from .model import Terminology, UnreadableTerminology

LARGEST_BYTES = 200_000_000
SUFFIXES = {".json", ".xml", ".csv", ".txt"}


def read(path: Path) -> list[Terminology]:
    """Every nomenclature found; a folder or an archive may hold other files, which are left. Raises UnreadableTerminology."""
    found: dict[tuple[str, str], Terminology] = {}
    refused: list[str] = []
    several = path.is_dir() or path.suffix in (".zip", ".tgz") or path.name.endswith(".tar.gz")
    for name, data in _files(path):
        try:
            for one in read_bytes(data):
                known = found.get((one.kind, one.address))
                if known is None or _newer(one, known):
                    found[one.kind, one.address] = one
        except UnreadableTerminology as error:
            if not several:
                raise
            refused.append(f"{name} : {error}")
    if not found:
        raise UnreadableTerminology("Aucune nomenclature lisible. " + " ".join(refused[:3]))
    return list(found.values())


def _newer(one: Terminology, known: Terminology) -> bool:
    return one.published_on is not None and (known.published_on is None or one.published_on > known.published_on)


def read_bytes(data: bytes) -> list[Terminology]:
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return svs.read(data)
    if start == b"{":
        try:
            resource = json.loads(data)
        except ValueError as broken:
            raise UnreadableTerminology(f"JSON illisible : {broken}") from broken
        return fhir.read(resource)
    return tables.read(data)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.suffix in SUFFIXES | {".gz"}:
                yield from _files(file)
    elif path.suffix == ".zip":
        yield from _zipped(path)
    elif path.suffix == ".tgz" or path.name.endswith(".tar.gz"):
        yield from _tarred(path)
    elif path.suffix == ".gz":
        with gzip.open(path) as opened:
            data = opened.read(LARGEST_BYTES + 1)
        _refuse_size(path.name, len(data))
        yield path.name, data
    else:
        _refuse_size(path.name, path.stat().st_size)
        yield path.name, path.read_bytes()


def _zipped(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if Path(member.filename).suffix in SUFFIXES:
                _refuse_size(member.filename, member.file_size)
                yield member.filename, archive.read(member)


def _tarred(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if Path(member.name).suffix in SUFFIXES and (opened := archive.extractfile(member)):
                _refuse_size(member.name, member.size)
                yield member.name, opened.read()


def _refuse_size(name: str, size: int) -> None:
    if size > LARGEST_BYTES:
        raise UnreadableTerminology(f"{name} dépasse {LARGEST_BYTES // 1_000_000} Mo.")
