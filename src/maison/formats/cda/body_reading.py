"""The body of a document: one file (N1), or sections with their text and their coded entries (N3)."""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from maison.formats.cda import header_reading as header
from maison.formats.cda.entry_reading import entry_of
from maison.formats.cda.model import Attachment, Identifier, Section, Unstructured
from maison.formats.cda.narrative import ATTRIBUTES, CONTAINERS, KINDS, Node, tidy
from maison.formats.cda.remarks import Remarks
from maison.formats.cda.xml import HL7, Walk, canonical, name_of


def unstructured(walk: Walk, body: etree._Element, remarks: Remarks) -> Unstructured:
    element = walk.child(body, "text")
    if element is None:
        remarks.add(body, "Le corps du document est vide.")
        return Unstructured("", b"")
    media_type = element.get("mediaType", "")
    text = element.text or ""
    if element.get("representation") != "B64":
        return Unstructured(media_type or "text/plain", text.strip().encode(), is_text=True)
    data = _decoded(text)
    if data is None:
        remarks.add(element, "Le fichier contenu dans le document n’est pas du base64 lisible.")
        return Unstructured(media_type, b"")
    return Unstructured(media_type, data)


def sections(walk: Walk, body: etree._Element, remarks: Remarks) -> tuple[Section, ...]:
    out: list[Section] = []
    for component in walk.children(body, "component"):
        found = walk.child(component, "section")
        if found is not None:
            out.append(_section(walk, found, remarks))
    return tuple(out)


def _section(walk: Walk, element: etree._Element, remarks: Remarks) -> Section:
    text = walk.child(element, "text")
    if text is not None:
        walk.see(text)
    entries = walk.children(element, "entry")
    for entry in entries:
        walk.see(entry)
    return Section(
        title=walk.text(element, "title"),
        code=header.code(walk, element),
        narrative=() if text is None else narrative(text, remarks),
        entries=tuple(entry_of(entry) for entry in entries),
        sections=sections(walk, element, remarks),
        template_ids=tuple(
            Identifier(each.get("root", ""), each.get("extension", "")) for each in walk.children(element, "templateId")
        ),
        id=header.identifier(walk, element, "id"),
    )


def narrative(element: etree._Element, remarks: Remarks) -> tuple[Node | str, ...]:
    return tidy(_content(element, remarks))


def _content(element: etree._Element, remarks: Remarks) -> list[Node | str]:
    keeps_text = name_of(element) not in CONTAINERS
    out: list[Node | str] = []
    if keeps_text and element.text:
        out.append(element.text)
    for child in element:
        out.append(_node(child, remarks))
        if child.tail and (keeps_text or child.tail.strip()):
            out.append(child.tail)
    if not keeps_text and (element.text or "").strip():
        out.insert(0, element.text or "")
    return out


def _node(element: etree._Element, remarks: Remarks) -> Node:
    name = name_of(element)
    children = tidy(_content(element, remarks))
    if element.tag != f"{{{HL7}}}{name}" or name not in KINDS:
        remarks.add(element, f"« {name[:40]} » n’est pas un élément de texte connu : seul son texte est montré.")
        return Node("unknown", children, (), name[:40])
    attributes = tuple(
        (str(attribute), " ".join(str(value).split()))
        for attribute, value in sorted(element.attrib.items())
        if name in ATTRIBUTES.get(str(attribute), ())
    )
    return Node(name, children, attributes)


def attachments(root: etree._Element, remarks: Remarks) -> tuple[Attachment, ...]:
    """Files inside a structured body: images, copies of the document, bar codes."""
    out: list[Attachment] = []
    for element in root.iter(f"{{{HL7}}}value", f"{{{HL7}}}text"):
        if element.get("representation") != "B64" or not element.text:
            continue
        data = _decoded(element.text or "")
        if not data:
            if data is None:
                remarks.add(element, "Une pièce jointe n’est pas du base64 lisible.")
            continue
        holder = next((each for each in element.iterancestors() if each.get("ID")), None)
        out.append(Attachment("" if holder is None else holder.get("ID", ""), element.get("mediaType", ""), data))
    return tuple(out)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def unread(walk: Walk, root: etree._Element, remarks: Remarks) -> list[tuple[str, str]]:
    return [(remarks.places.of(element), canonical(element)) for element in walk.unread(root)]
