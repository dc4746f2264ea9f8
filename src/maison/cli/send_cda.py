"""The CDA side of `./maison send`: a document leaves as hospitals send theirs, inside MDM^T02 (2.1^CISIS_CDA_HL7_V2), by MLLP.

The document goes to the byte. What the message says around it (patient, type, date) is read in its header; its INS stays inside it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from maison.formats.cda import model
from maison.formats.cda.reader import UnreadableDocument, read
from maison.formats.hl7v2.clinical_segments import Order, Request
from maison.formats.hl7v2.datatypes import Authority, Coded, Identifier, PersonName, Reference
from maison.formats.hl7v2.document_flags import document_item
from maison.formats.hl7v2.documents import PROFILE, DocumentMessage, DocumentRecord, write_document
from maison.formats.hl7v2.faults import InvalidMessage
from maison.formats.hl7v2.header import Event, MessageHeader
from maison.formats.hl7v2.orders import OrderGroup
from maison.formats.hl7v2.patient import Patient
from maison.formats.hl7v2.times import partial_date, timestamp
from maison.formats.hl7v2.visit import Visit
from maison.formats.hl7v2.wire import Header, Party, write
from maison.formats.hl7v2.writer import new_control_id

APPLICATION = "MAISON-SEND"
FICTIONAL_DOMAIN = "1.2.250.1.213.1.4.99"
"""Arc of the demonstration's own domains, for a patient that the document gives no local identifier."""


class NotWrapped(Exception):
    """No message can be made around this document; the message is French."""


def wrapped(content: bytes) -> bytes:
    """The MDM^T02 that carries it. Raises NotWrapped."""
    try:
        document = read(content)
    except UnreadableDocument as problem:
        raise NotWrapped(problem.message) from problem
    now = datetime.now(UTC)
    code = Coded(document.code.code, document.code.label or None, "LN")
    message = DocumentMessage(
        header=MessageHeader(), kind="MDM", event="T02", patient=_patient(document),
        visit=Visit(patient_class="N"),  # what is sent here belongs to no stay
        recorded=Event(recorded_at=timestamp(now.strftime("%Y%m%d%H%M%S+0000"))),
        record=DocumentRecord(rank="1", kind=document.code.code, presentation="TEXT", id=_reference(document.id), status="AU"),
        groups=(OrderGroup(order=Order(control="NW"), request=Request(rank="1", service=code), items=(document_item(1, code, content),)),),
    )  # fmt: skip
    header = Header(
        sender=Party(APPLICATION), receiver=Party("MAISON"), kind=("MDM",), sent_at=now, control_id=new_control_id(), version="2.6",
        processing="T", profile=PROFILE,
    )  # fmt: skip
    try:
        return write(write_document(message, header))
    except InvalidMessage as problem:
        reasons = " ; ".join(f"{fault.place} : {fault.message}" for fault in problem.faults[:5])
        raise NotWrapped(f"aucun message MDM ne peut porter ce document ({reasons})") from problem


def _patient(document: model.Document) -> Patient:
    person = document.patient
    local = next(iter(person.ids), None)
    value, root = (local.extension or local.root, local.root) if local else (document.id.extension or document.id.root, FICTIONAL_DOMAIN)  # fmt: skip
    given = person.first_given or person.birth_givens.split(" ")[0]
    return Patient(
        identifiers=(Identifier(value, Authority("DEMONSTRATION", root, "ISO"), "PI"),),
        names=(PersonName(person.birth_family, given or None, person.birth_givens or given or None, kind="L"),),
        born=partial_date(person.born.raw[:8]) if person.born else None,
        sex=person.gender if person.gender in {"M", "F"} else "U",
        reliability=("PROV",),
    )


def _reference(found: model.Identifier) -> Reference:
    if found.extension:
        return Reference(found.extension, None, found.root, "ISO")
    return Reference(found.root)
