"""From a `Document` to bytes. Strict: what CI-SIS makes compulsory is there, or nothing is written.

The same document always gives the same bytes; reading them gives the document back.
"""

from __future__ import annotations

import base64
from collections import Counter

from lxml import etree

from maison.formats.cda import xml_writing as to
from maison.formats.cda.faults import Fault, UnwritableDocument
from maison.formats.cda.header_writing import write_header
from maison.formats.cda.model import Document, Section, Unstructured
from maison.formats.cda.narrative import Node, nodes_of
from maison.formats.cda.requirements import header_faults, identity_faults, leaving_faults
from maison.formats.cda.xml import HL7, MAX_BYTES, NSMAP, type_prefixes
from maison.formats.cda.xml_writing import element

__all__ = ["UnwritableDocument", "write"]

_BODY = "/ClinicalDocument/component"
_FRAGMENTS = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)


def write(document: Document, *, identity_status: str, production: bool) -> bytes:
    """UTF-8 XML. `identity_status` is the status of the patient in the house (RNIV): the INS is written for QUAL only (INS-02).

    Raises UnwritableDocument: something compulsory is missing, a test INS in production (or a real one outside), a part that
    was read and not understood, a character XML cannot carry, more than `MAX_BYTES`.
    """
    with_ins = identity_status == "QUAL" and bool(document.patient.ins)
    faults = [*header_faults(document), *identity_faults(document.patient), *_body_faults(document)]
    if with_ins:
        faults += leaving_faults(document.patient, identity_status=identity_status, production=production)
    elif document.patient.ins and not document.patient.ids:
        place = "/ClinicalDocument/recordTarget/patientRole/id"
        faults.append(
            Fault(place, "blocking", "CDA-201", "Sans INS qualifiée, le document a besoin de l’IPP du patient.")
        )
    blocking = [fault for fault in faults if fault.severity == "blocking"]
    if blocking:
        raise UnwritableDocument(blocking)
    try:
        data = _serialised(document, with_ins=with_ins)
    except ValueError as error:  # lxml: control characters
        message = "Le document contient un caractère de contrôle interdit en XML."
        raise UnwritableDocument([Fault("/ClinicalDocument", "blocking", "CDA-401", message)]) from error
    if len(data) > MAX_BYTES:
        message = f"Le document dépasse {MAX_BYTES // 1_000_000} Mo."
        raise UnwritableDocument([Fault("/ClinicalDocument", "blocking", "CDA-402", message)])
    return data


def _serialised(document: Document, *, with_ins: bool) -> bytes:
    root = etree.Element(f"{{{HL7}}}ClinicalDocument", nsmap=NSMAP)
    write_header(root, document, with_ins=with_ins)
    component = element(root, "component")
    if document.unstructured is not None:
        _unstructured(component, document.unstructured)
    else:
        body = element(component, "structuredBody")
        for section in document.sections:
            _section(body, section)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xsi", *type_prefixes(root)])
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return data


def _unstructured(component: etree._Element, file: Unstructured) -> None:
    made = element(component, "nonXMLBody")
    if file.is_text:
        element(made, "text", file.data.decode(), mediaType=file.media_type)
    else:
        element(made, "text", base64.b64encode(file.data).decode(), mediaType=file.media_type, representation="B64")


def _section(parent: etree._Element, section: Section) -> None:
    made = element(element(parent, "component"), "section")
    to.ids(made, section.template_ids, "templateId")
    to.ids(made, [section.id] if section.id else [])
    to.code(made, "code", section.code)
    if section.title:
        element(made, "title", section.title)
    if section.narrative:
        _content(element(made, "text"), section.narrative)
    for entry in section.entries:
        made.append(etree.fromstring(entry.xml.encode(), _FRAGMENTS))
    for inner in section.sections:
        _section(made, inner)


def _content(parent: etree._Element, content: tuple[Node | str, ...]) -> None:
    last: etree._Element | None = None
    for part in content:
        if isinstance(part, Node):
            last = etree.SubElement(parent, f"{{{HL7}}}{part.kind}")
            for name, value in part.attributes:
                last.set(name, value)
            _content(last, part.children)
        elif last is None:
            parent.text = (parent.text or "") + part
        else:
            last.tail = (last.tail or "") + part


def _body_faults(document: Document) -> list[Fault]:
    faults = [
        Fault(
            one.place,
            "blocking",
            "CDA-403",
            "Cette partie n’est pas comprise : le document se transmet, il ne se réécrit pas.",
        )
        for one in document.kept
    ]
    if document.unstructured is None and not document.sections:
        faults.append(Fault(_BODY, "blocking", "CDA-404", "Le document n’a pas de corps."))
    if document.unstructured is not None and not document.unstructured.data:
        faults.append(Fault(f"{_BODY}/nonXMLBody/text", "blocking", "CDA-404", "Le fichier à joindre est vide."))
    marks: Counter[str] = Counter()
    for section in every_section(document.sections):
        if section.code is None:
            faults.append(Fault(_BODY, "blocking", "CDA-405", "Une section n’a pas de code."))
        for node in nodes_of(section.narrative):
            if node.kind == "unknown":
                faults.append(
                    Fault(_BODY, "blocking", "CDA-403", f"« {node.name} » n’est pas un élément de texte du CDA.")
                )
            if node.get("ID"):
                marks[node.get("ID")] += 1
    if any(count > 1 for count in marks.values()):
        faults.append(Fault(_BODY, "blocking", "CDA-406", "Deux passages du texte portent le même repère (ID)."))
    return faults


def every_section(sections: tuple[Section, ...]) -> list[Section]:
    """Depth first."""
    out: list[Section] = []
    for section in sections:
        out += [section, *every_section(section.sections)]
    return out
