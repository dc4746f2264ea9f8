"""The XML of a document, opened without trusting it, and a walk that remembers what was read."""

from __future__ import annotations

import re
from collections import Counter
from typing import cast

from lxml import etree

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SDTC = "urn:hl7-org:sdtc"
XSI_TYPE = f"{{{XSI}}}type"
NSMAP = cast("dict[str, str]", {None: HL7, "xsi": XSI})

MAX_BYTES = 10_000_000
"""The largest text libxml2 takes in one node: a PDF of 7 MB. CI-SIS gives no limit; mail and DMP take less."""
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000

_CHARSETS = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"})


class UnreadableDocument(ValueError):
    """Not a CDA document at all: broken XML, wrong character set, hostile or oversized content. `message` is French."""

    code = "CDA-001"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse(data: bytes) -> etree._Element:
    """The `ClinicalDocument` element, without comments. Raises UnreadableDocument and nothing else."""
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"Document trop volumineux : plus de {MAX_BYTES // 1_000_000} Mo.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise UnreadableDocument("Le document n’est pas encodé en UTF-8.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableDocument("Une définition de type (DTD) ou d’entité est interdite dans un document.")
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", data)
    if declared and declared[1].decode().upper() not in _CHARSETS:
        raise UnreadableDocument("Le document n’est pas encodé en UTF-8.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        root = etree.fromstring(data.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument("Le document n’est pas du XML lisible (incomplet ou mal formé).") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument("Une définition de type (DTD) ou d’entité est interdite dans un document.")
    if root.tag != f"{{{HL7}}}ClinicalDocument":
        raise UnreadableDocument("Ce fichier XML n’est pas un document CDA (ClinicalDocument).")
    _refuse_excess(root)
    return root


def _refuse_excess(root: etree._Element) -> None:
    depth = elements = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise UnreadableDocument("Le document est trop profondément imbriqué ou compte trop d’éléments.")


def name_of(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def is_hl7(element: etree._Element, name: str) -> bool:
    return bool(element.tag == f"{{{HL7}}}{name}")


def text_of(element: etree._Element) -> str:
    """All the text inside, white space tidied."""
    return " ".join("".join(str(part) for part in element.itertext()).split())


def type_prefixes(element: etree._Element) -> list[str]:
    """The prefixes used inside the values of `xsi:type`, which canonical XML and clean-ups do not see."""
    values = (str(each.get(XSI_TYPE, "")) for each in element.iter(etree.Element))
    return sorted({value.partition(":")[0] for value in values if ":" in value})


class Places:
    """Where elements stand, as paths: `/ClinicalDocument/participant[2]/time`, a rank only among brothers of the same name.

    The ranks of a family are counted once: a hostile document with a hundred thousand brothers costs no more than its size.
    """

    def __init__(self) -> None:
        self._steps: dict[etree._Element | None, dict[etree._Element, str]] = {}

    def of(self, element: etree._Element) -> str:
        steps: list[str] = []
        node: etree._Element | None = element
        while node is not None:
            parent = node.getparent()
            if parent not in self._steps:
                self._steps[parent] = _steps([node] if parent is None else list(parent))
            steps.append(self._steps[parent][node])
            node = parent
        return "/" + "/".join(reversed(steps))


def _steps(family: list[etree._Element]) -> dict[etree._Element, str]:
    tags = Counter(child.tag for child in family)
    seen: Counter[object] = Counter()
    steps: dict[etree._Element, str] = {}
    for child in family:
        seen[child.tag] += 1
        name = name_of(child)
        steps[child] = f"{name}[{seen[child.tag]}]" if tags[child.tag] > 1 else name
    return steps


def place_of(element: etree._Element) -> str:
    """The place of one element; for many, keep a `Places`."""
    return Places().of(element)


def canonical(element: etree._Element) -> str:
    """The element alone, exclusive canonical XML: the same text whatever the document around it."""
    text: bytes = etree.tostring(
        element,
        method="c14n",
        exclusive=True,
        inclusive_ns_prefixes=type_prefixes(element),
        with_comments=False,
        with_tail=False,
    )
    return text.decode()


class Walk:
    """Access to children that notes each element it gives, so that what nobody asked for can be told."""

    def __init__(self) -> None:
        self._seen: set[etree._Element] = set()

    def child(self, element: etree._Element | None, name: str) -> etree._Element | None:
        """The first child of this name, or None."""
        if element is None:
            return None
        found = element.find(f"{{{HL7}}}{name}")
        if found is not None:
            self._seen.add(found)
        return found

    def children(self, element: etree._Element | None, name: str) -> list[etree._Element]:
        if element is None:
            return []
        found = element.findall(f"{{{HL7}}}{name}")
        self._seen.update(found)
        return found

    def down(self, element: etree._Element | None, *names: str) -> etree._Element | None:
        for name in names:
            element = self.child(element, name)
        return element

    def text(self, element: etree._Element | None, name: str) -> str:
        """Text of the first child of this name, white space tidied; empty when it is not there."""
        found = self.child(element, name)
        return "" if found is None else text_of(found)

    def attribute(self, element: etree._Element | None, name: str, attribute: str) -> str:
        found = self.child(element, name)
        return "" if found is None else str(found.get(attribute, "")).strip()

    def see(self, element: etree._Element) -> None:
        """Everything under it is read elsewhere."""
        self._seen.add(element)
        self._seen.update(element.iterdescendants(etree.Element))

    def see_one(self, element: etree._Element) -> None:
        self._seen.add(element)

    def unread(self, root: etree._Element) -> list[etree._Element]:
        """The topmost elements nobody asked for, in document order; empty ones say nothing and are left out."""
        out: list[etree._Element] = []
        for child in root:
            if child in self._seen:
                out += self.unread(child)
            elif (
                len(child) or (child.text or "").strip() or set(child.attrib) - {"nullFlavor", "typeCode", "classCode"}
            ):
                out.append(child)
        return out
