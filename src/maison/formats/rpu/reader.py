"""From XML to passages, streamed: one PATIENT in memory at a time, whatever the size of the file.

Entities and definitions are refused, the network is never asked. A file that cannot be read to its end is refused whole.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from lxml import etree

from maison.formats.rpu.faults import UnreadableFile
from maison.formats.rpu.model import SCALARS, Establishment, Passage, RpuFile
from maison.formats.rpu.quick import read_quickly
from maison.formats.rpu.values import LONGEST_LIST, MAX_PASSAGES, day, establishment_of, moment

MAX_BYTES = 64 * 1024 * 1024
"""A month of the largest department is 10 MB."""

_CHARSETS = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "LATIN1", "WINDOWS-1252"})
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_KNOWN = frozenset(SCALARS)
_NOT_RPU = "Ce fichier XML n’est pas un fichier RPU : sa racine n’est pas OSCOUR."


def read(data: bytes, limit: int = MAX_BYTES) -> RpuFile:
    """The whole file. Raises UnreadableFile, and nothing else, when it is none."""
    if len(data) > limit:
        raise UnreadableFile(f"Le fichier dépasse {limit // 1024 // 1024} Mo : il n’est pas ouvert.")
    if not data.strip():
        raise UnreadableFile("Le fichier est vide.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise UnreadableFile("Le fichier est en UTF-16 : ISO-8859-1, ISO-8859-15 ou UTF-8 sont attendus.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableFile("Une définition de type (DTD) ou d’entité est interdite dans un fichier RPU.")
    start = data.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(start)
    if declared and declared[1].decode().upper() not in _CHARSETS:
        raise UnreadableFile("Le jeu de caractères annoncé n’est ni ISO-8859-1, ni ISO-8859-15, ni UTF-8.")
    # Some exports leave a line before the declaration: tolerated, and its lines still count.
    begin = len(start) - len(start.lstrip())
    lines_before = start[:begin].count(b"\n")
    charset = declared[1].decode() if declared else "UTF-8"
    return read_quickly(start[begin:], charset, lines_before) or read_carefully(start[begin:], lines_before)


def read_carefully(data: bytes, lines_before: int = 0) -> RpuFile:
    """Any file. `data` begins with the XML itself. Raises UnreadableFile."""
    stream = _Stream(BytesIO(data), lines_before)
    passages = list(stream)
    if not stream.is_rpu:
        raise UnreadableFile(_NOT_RPU)
    return RpuFile(stream.establishment, passages, stream.unknown, stream.has_establishment)


def passages_of(source: BinaryIO) -> Iterator[Passage]:
    """Passage by passage, for files that do not fit in memory. Raises UnreadableFile where the reading stops."""
    return iter(_Stream(source, 0))


class _Stream:
    """One reading. `establishment` is known once its element was met, wherever it stands."""

    def __init__(self, source: BinaryIO, lines_before: int) -> None:
        self._source = source
        self._lines_before = lines_before
        self.establishment = Establishment()
        self.has_establishment = False
        self.is_rpu = False
        self.unknown: dict[str, str] = {}

    def __iter__(self) -> Iterator[Passage]:
        context = etree.iterparse(
            self._source,
            events=("end",),
            tag=("PATIENT", "ETABLISSEMENT", "OSCOUR"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        rank = 0
        before = self._lines_before
        try:
            for _, element in context:
                name = element.tag
                if name == "PATIENT":
                    rank += 1
                    if rank == 1:
                        _refuse_others(element)
                    if rank > MAX_PASSAGES:
                        raise UnreadableFile(f"Le fichier porte plus de {MAX_PASSAGES} passages : découpez-le.")
                    line = element.sourceline
                    yield self._passage(element, rank, (line if isinstance(line, int) else 0) + before)
                    element.clear()
                    _forget_before(element)
                elif name == "ETABLISSEMENT":
                    self.has_establishment = True
                    self.establishment = establishment_of(element)
                else:
                    self.is_rpu = element.getparent() is None
        except etree.XMLSyntaxError as error:
            line, column = error.position if error.position else (0, 0)
            where = f" (ligne {line + before})" if line else ""
            raise UnreadableFile(
                f"Le fichier n’est pas du XML lisible{where} : il est incomplet ou mal formé.",
                (line or 0) + before if line else 0,
                column or 0,
            ) from error
        root = context.root
        if root is not None and root.tag != "OSCOUR":
            self.is_rpu = False

    def _passage(self, element: etree._Element, rank: int, line: int) -> Passage:
        raw: dict[str, str] = {}
        associated: tuple[str, ...] = ()
        acts: tuple[str, ...] = ()
        for child in element:
            name = child.tag
            if name in _KNOWN:
                text = child.text
                if text and (text := text.strip()):
                    raw[name] = text
            elif name == "LISTE_DA":
                associated += _texts(child)
            elif name == "LISTE_ACTES":
                acts += _texts(child)
            else:
                self.unknown.setdefault(str(name)[:60], f"PASSAGES/PATIENT[{rank}]/{str(name)[:60]}")
        return Passage(
            rank,
            line,
            raw,
            day(raw["NAISSANCE"]) if "NAISSANCE" in raw else None,
            moment(raw["ENTREE"]) if "ENTREE" in raw else None,
            moment(raw["SORTIE"]) if "SORTIE" in raw else None,
            associated,
            acts,
        )


def _refuse_others(element: etree._Element) -> None:
    """As soon as the first passage, for those who read a stream to its end only if it is worth it."""
    tree = element.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise UnreadableFile("Une définition de type (DTD) ou d’entité est interdite dans un fichier RPU.")
    if tree.getroot().tag != "OSCOUR":
        raise UnreadableFile(_NOT_RPU)


def _texts(holder: etree._Element) -> tuple[str, ...]:
    found = tuple([text for child in holder if (text := (child.text or "").strip())])
    return found[:LONGEST_LIST]


def _forget_before(element: etree._Element) -> None:
    """Let go of what was read: a day or a year takes the same memory."""
    parent = element.getparent()
    if parent is None:
        return
    while (previous := element.getprevious()) is not None:
        parent.remove(previous)
