"""The XML schema of CDA, loaded at run time from a folder the operator gives: the product ships no file of a publisher."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import cast

from lxml import etree

from maison.formats.cda.faults import Fault
from maison.formats.cda.xml import name_of, place_of

MAIN_FILE = "CDA_extended.xsd"
MOST_FAULTS = 50


class SchemaUnavailable(ValueError):
    """The folder does not hold a readable `CDA_extended.xsd`. `message` is French, for the operator."""

    code = "CDA-003"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Schema:
    """One compiled schema, made once and shared: a lock lets one thread validate at a time, as lxml keeps its errors in it."""

    def __init__(self, folder: Path) -> None:
        path = folder / MAIN_FILE
        if not path.is_file():
            raise SchemaUnavailable(f"Le dossier des schémas CDA ne contient pas {MAIN_FILE}.")
        self._lock = Lock()
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            self._schema = etree.XMLSchema(etree.parse(str(path), parser))
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise SchemaUnavailable(f"Le schéma {MAIN_FILE} n’est pas lisible : {error}.") from error

    def faults(self, root: etree._Element) -> list[Fault]:
        """What the schema refuses, the first `MOST_FAULTS`, in document order."""
        with self._lock:
            return [] if self._schema.validate(root) else self._noted(root)

    def _noted(self, root: etree._Element) -> list[Fault]:
        by_line = _lines(root)
        log = cast("Iterable[object]", self._schema.error_log)
        return list(dict.fromkeys(_fault(root, error, by_line) for error in islice(log, 4 * MOST_FAULTS)))[:MOST_FAULTS]


def _lines(root: etree._Element) -> dict[int, etree._Element]:
    found: dict[int, etree._Element] = {}
    for element in root.iter(etree.Element):
        line = element.sourceline
        if isinstance(line, int):
            found.setdefault(line, element)
    return found


_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")
_ATTRIBUTE = re.compile(r"attribute '([^']+)'")
_VALUE = re.compile(r"(?<=: )'.*'(?= is not)|(?<=The value )'.*'(?= is not)", re.DOTALL)
"""What the document holds, inside the official wording: it may be a name, and a name may hold an apostrophe."""


def _fault(root: etree._Element, error: object, by_line: dict[int, etree._Element]) -> Fault:
    official = str(getattr(error, "message", ""))
    path = getattr(error, "path", None)
    found = root.xpath(path) if isinstance(path, str) and path.startswith("/") else []
    element = found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None
    if element is None:
        element = by_line.get(int(getattr(error, "line", 0)), root)
    kind = str(getattr(error, "type_name", ""))
    named = _ELEMENT.search(official)
    name = named[1] if named else name_of(element)
    attribute = _ATTRIBUTE.search(official)
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        words = (
            f"Il manque un élément dans « {name} »."
            if "Missing child" in official
            else f"L’élément « {name} » n’est pas à sa place ou n’existe pas ici."
        )
    elif attribute and "required but missing" in official:
        words = f"L’attribut « {attribute[1]} » de « {name} » manque."
    elif attribute and "not allowed" in official:
        words = f"L’attribut « {attribute[1]} » n’existe pas pour « {name} »."
    elif attribute:
        words = f"La valeur de l’attribut « {attribute[1]} » de « {name} » n’a pas la forme attendue."
    else:
        words = f"Le contenu de « {name} » n’est pas celui que le schéma attend."
    return Fault(place_of(element), "blocking", "CDA-601", words, _VALUE.sub("(value)", official))
