"""From bytes to a `Document`. Tolerant: whatever can be read is read, the rest is kept whole and said in `remarks`."""

from __future__ import annotations

from lxml import etree
from msgspec.structs import replace

from maison.formats.cda import body_reading as body
from maison.formats.cda import header_reading as header
from maison.formats.cda.model import Attachment, Code, Document, Identifier, Kept, Section, Unstructured
from maison.formats.cda.moment import Moment
from maison.formats.cda.remarks import Remarks
from maison.formats.cda.xml import UnreadableDocument, Walk, parse

__all__ = ["UnreadableDocument", "read", "read_tree"]

_ROOT = "/ClinicalDocument"


def read(data: bytes) -> Document:
    """Raises UnreadableDocument, and nothing else, when the bytes are not a CDA document."""
    return read_tree(parse(data))


def read_tree(root: etree._Element) -> Document:
    """`root` comes from `xml.parse`: never from an unchecked parser."""
    walk = Walk()
    remarks = Remarks()
    for name in ("realmCode", "typeId"):
        walk.child(root, name)
    identifier = header.identifier(walk, root, "id")
    code = header.code(walk, root)
    created = header.moment(walk, root, "effectiveTime")
    for name, value in (("id", identifier), ("code", code), ("effectiveTime", created)):
        if value is None:
            remarks.add_at(f"{_ROOT}/{name}", "Cet élément obligatoire manque.")
    version = walk.attribute(root, "versionNumber", "value")
    legal = walk.child(root, "legalAuthenticator")
    file, sections, attachments = _body(walk, root, remarks)
    document = Document(
        id=identifier or Identifier(""),
        code=code or Code(),
        title=walk.text(root, "title"),
        created=created or Moment(""),
        patient=header.patient(walk, root),
        set_id=header.identifier(walk, root, "setId"),
        version=header.number(version),
        confidentiality=header.code(walk, root, "confidentialityCode"),
        language=walk.attribute(root, "languageCode", "code"),
        template_ids=header.ids(walk, root, "templateId"),
        authors=tuple(
            header.participation(walk, each, "assignedAuthor", "assignedPerson", "representedOrganization")
            for each in walk.children(root, "author")
        ),
        informants=header.informants(walk, root),
        custodian=header.organisation(
            walk, walk.down(root, "custodian", "assignedCustodian"), "representedCustodianOrganization"
        ),
        recipients=header.recipients(walk, root),
        legal_authenticator=None
        if legal is None
        else header.participation(walk, legal, "assignedEntity", "assignedPerson", "representedOrganization"),
        authenticators=tuple(
            header.participation(walk, each, "assignedEntity", "assignedPerson", "representedOrganization")
            for each in walk.children(root, "authenticator")
        ),
        participants=header.participants(walk, root),
        orders=header.orders(walk, root),
        services=header.services(walk, root),
        related=header.related(walk, root),
        encounter=header.encounter(walk, root),
        unstructured=file,
        sections=sections,
        attachments=attachments,
    )
    kept = tuple(Kept(place, xml) for place, xml in body.unread(walk, root, remarks))
    for one in kept:
        remarks.add_at(one.place, "Cette partie n’est pas lue par la maison : elle est gardée telle quelle.")
    return replace(document, kept=kept, remarks=remarks.all())


def _body(
    walk: Walk, root: etree._Element, remarks: Remarks
) -> tuple[Unstructured | None, tuple[Section, ...], tuple[Attachment, ...]]:
    component = walk.child(root, "component")
    file = walk.child(component, "nonXMLBody")
    if file is not None:
        return body.unstructured(walk, file, remarks), (), ()
    structured = walk.child(component, "structuredBody")
    if structured is None:
        remarks.add_at(f"{_ROOT}/component", "Le document n’a pas de corps.")
        return None, (), ()
    return None, body.sections(walk, structured, remarks), body.attachments(structured, remarks)
