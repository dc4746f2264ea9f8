"""What every document of the house has in common, and how one replaces another."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from maison.formats.cda import oids
from maison.formats.cda.codes import label
from maison.formats.cda.model import (
    Code,
    Document,
    Encounter,
    Identifier,
    Order,
    Organisation,
    Participation,
    Patient,
    Professional,
    RelatedDocument,
    RelatedPerson,
    Section,
    Service,
    Unstructured,
)
from maison.formats.cda.moment import Moment

PDF = "application/pdf"


class Envelope(Struct, frozen=True, kw_only=True):
    """Everything of the header but the type, the title and the model. `set_id` is the document's own id by default."""

    id: Identifier
    created: Moment
    patient: Patient
    author: Participation
    custodian: Organisation
    legal_authenticator: Participation
    service: Service
    encounter: Encounter
    set_id: Identifier | None = None
    version: int = 1
    confidentiality: str = "N"
    other_authors: tuple[Participation, ...] = ()
    other_services: tuple[Service, ...] = ()
    informants: tuple[RelatedPerson, ...] = ()
    recipients: tuple[Professional, ...] = ()
    authenticators: tuple[Participation, ...] = ()
    participants: tuple[Participation, ...] = ()
    orders: tuple[Order, ...] = ()
    related: tuple[RelatedDocument, ...] = ()


def document_type(code: str) -> Code:
    """A code of JDV_J07 with its official label. KeyError for another one."""
    system = oids.LOINC if code[0].isdigit() else oids.DOCUMENT_TYPES
    return Code(code, label("type", code), system, oids.NAMES[system])


def structured(
    envelope: Envelope, *, code: Code, title: str, sections: Iterable[Section], model: Identifier | None = None
) -> Document:
    """An N3 document. `model` is only given when the content follows the published model: it is a claim of conformity."""
    return _document(envelope, code=code, title=title, models=(model,) if model else (), sections=tuple(sections))


def unstructured(envelope: Envelope, *, code: Code, title: str, data: bytes, media_type: str = PDF) -> Document:
    """An N1 document: one file. CI-SIS wants PDF/A-1; ValueError when a PDF is not one."""
    if media_type == PDF and not data.startswith(b"%PDF-"):
        raise ValueError("not a PDF")
    return _document(
        envelope,
        code=code,
        title=title,
        models=(Identifier(oids.XDS_SD),),
        file=Unstructured(media_type, data),
    )


def _document(
    envelope: Envelope,
    *,
    code: Code,
    title: str,
    models: tuple[Identifier, ...],
    sections: tuple[Section, ...] = (),
    file: Unstructured | None = None,
) -> Document:
    confidentiality = envelope.confidentiality
    return Document(
        id=envelope.id,
        code=code,
        title=" ".join(title.split()),
        created=envelope.created,
        patient=envelope.patient,
        set_id=envelope.set_id or envelope.id,
        version=envelope.version,
        confidentiality=Code(confidentiality, label("confidentiality", confidentiality), oids.CONFIDENTIALITY),
        template_ids=(Identifier(oids.HL7_FRANCE), Identifier(oids.CI_SIS), *models),
        authors=(envelope.author, *envelope.other_authors),
        informants=envelope.informants,
        custodian=envelope.custodian,
        recipients=envelope.recipients,
        legal_authenticator=envelope.legal_authenticator,
        authenticators=envelope.authenticators,
        participants=envelope.participants,
        orders=envelope.orders,
        services=(envelope.service, *envelope.other_services),
        related=envelope.related,
        encounter=envelope.encounter,
        sections=sections,
        unstructured=file,
    )


def replacing(document: Document, previous: Document) -> Document:
    """`document` as the next version of `previous` (DOC-03). ValueError: other patient, other type, or the same id."""
    if document.id == previous.id:
        raise ValueError("a new version needs an id of its own")
    if document.code.code != previous.code.code:
        raise ValueError("a new version keeps the type of the document")
    if not same_patient(document.patient, previous.patient):
        raise ValueError("a new version is about the same patient")
    link = RelatedDocument("RPLC", previous.id, previous.set_id, previous.version)
    return replace(
        document,
        set_id=previous.set_id or previous.id,
        version=(previous.version or 1) + 1,
        related=(*(one for one in document.related if one.kind != "RPLC"), link),
    )


def same_patient(one: Patient, other: Patient) -> bool:
    """They share an INS, or an identifier of the same domain."""
    if one.ins and other.ins:
        return (one.ins, one.ins_oid) == (other.ins, other.ins_oid)
    return bool(set(one.ids) & set(other.ids))
