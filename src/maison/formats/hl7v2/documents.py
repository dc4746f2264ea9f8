"""CDA documents carried by HL7 v2: MDM^T02 and T10 (2.6), ORU^R01 and OUL^R22 (2.5), and MSSanté mail for local software.

    message = read_document(message, faults)
    for document in message.documents:      # code, action (new, replace, delete), content()
    message.flags.to_dmp, message.recipients, message.mail_body

Sources: ANS CI-SIS, transmission of CDA documents in HL7v2 (2.1^CISIS_CDA_HL7_V2) and from MSSanté to local software
(1.1^CISIS_CDA_HL7_LPS); DOMAIN §11 and §12 (HUB-05).
"""

import binascii
from typing import Any, Literal

from msgspec import Struct, structs

from maison.formats.hl7v2.clinical_segments import Observation
from maison.formats.hl7v2.datatypes import Attachment, Coded, Professional, Reference
from maison.formats.hl7v2.document_flags import FLAG_SYSTEM, FLAGS, MAIL_BODY, Flags, flag_named
from maison.formats.hl7v2.faults import Fault, InvalidMessage
from maison.formats.hl7v2.header import EVN, MSH, Event, MessageHeader, check_header
from maison.formats.hl7v2.message import Message, Row, place_of
from maison.formats.hl7v2.orders import Item, OrderGroup, Participant, items_of, obx, read_groups, rows_of_group
from maison.formats.hl7v2.patient import PID, Patient, check_patient
from maison.formats.hl7v2.segment_model import EI, ID, RAW, TS, XCN, F, Model
from maison.formats.hl7v2.structure import Structure
from maison.formats.hl7v2.tables import DOCUMENT_STATUSES
from maison.formats.hl7v2.times import Timestamp
from maison.formats.hl7v2.visit import PV1, Visit
from maison.formats.hl7v2.writer import Header, build

PROFILE = "2.1^CISIS_CDA_HL7_V2"
PROFILE_LPS = "1.1^CISIS_CDA_HL7_LPS"
_FAMILIES = ("CISIS_CDA_HL7_V2", "CISIS_CDA_HL7_V1", "CISIS_CDA_HL7_LPS")

STRUCTURES = {
    "T02": "MDM_T02",
    "T04": "MDM_T02",
    "T06": "MDM_T02",
    "T08": "MDM_T02",
    "T10": "MDM_T02",
    "R01": "ORU_R01",
    "R22": "OUL_R22",
}
"""Events that carry a document, and their MSH-9.3. T10 is a replacement."""

Action = Literal["new", "replace", "delete"]
ACTIONS: dict[str, Action] = {"F": "new", "C": "replace", "D": "delete"}
_STATUSES = {action: status for status, action in ACTIONS.items()}

XDM_SUBJECT = "XDM/1.0/DDM"
"""How the subject of a mail that carries documents begins: the OBX whose OBX-3.2 says so is the mail itself."""


class DocumentRecord(Struct, frozen=True):
    """TXA: the document in the register of its sender. `replaces` is TXA-13; `status` AU or LA (table 0271)."""

    rank: str | None = None
    kind: str | None = None
    presentation: str | None = None
    activity_at: Timestamp | None = None
    id: Reference | None = None
    replaces: Reference | None = None
    file_name: str | None = None
    status: str | None = None
    authenticators: tuple[Professional, ...] = ()
    erased: tuple[str, ...] = ()


class Document(Struct, frozen=True):
    """A CDA in the message. `code` is its LOINC type; `content()` its bytes, decoded when asked."""

    code: Coded
    action: Action
    attachment: Attachment
    participants: tuple[Participant, ...]

    def content(self) -> bytes:
        """Raises InvalidMessage when the Base64 cannot be decoded; a padding that lacks is forgiven."""
        return decoded(self.attachment)


class DocumentMessage(Struct, frozen=True, kw_only=True):
    """`flags` are the orders to the platform (DMP, MSSanté, masking); recipients are the PRT of role RCT."""

    header: MessageHeader
    kind: str
    event: str
    patient: Patient
    recorded: Event | None = None
    visit: Visit | None = None
    record: DocumentRecord | None = None
    groups: tuple[OrderGroup, ...] = ()

    @property
    def items(self) -> list[Item]:
        return [item for _, item in items_of(self.groups)]

    @property
    def documents(self) -> list[Document]:
        return [
            Document(
                found.code or Coded(),
                ACTIONS.get(found.status or "", "new"),
                found.attachment or Attachment(),
                item.participants,
            )
            for item in self.items
            if (found := item.observation).kind == "ED" and not _is_mail(found)
        ]

    @property
    def flags(self) -> Flags:
        return Flags.of({flag: _yes_no(item.observation) for item in self.items if (flag := flag_of(item.observation))})

    @property
    def participants(self) -> list[Participant]:
        return [participant for item in self.items for participant in item.participants]

    def participants_as(self, role: str) -> list[Participant]:
        """SB author or sender, RCT recipients, REPLY where answers go."""
        return [found for found in self.participants if found.role is not None and found.role.code == role]

    @property
    def recipients(self) -> list[Participant]:
        return self.participants_as("RCT")

    @property
    def mail_subject(self) -> str | None:
        """`XDM/1.0/DDM+...`: in the profile for local software, the subject the mail had."""
        found = next((item.observation for item in self.items if _is_mail(item.observation)), None)
        label = found.code.label if found is not None and found.code is not None else None
        return label if label is not None and label.startswith(XDM_SUBJECT) else None

    @property
    def mail_body(self) -> str | None:
        """Text of the mail, to send (CORPSMAIL_PS) or received."""
        for item in self.items:
            found = item.observation
            if _is_mail(found) and found.attachment is not None:
                return decoded(found.attachment, is_cut=True).decode("utf-8", "replace")
        return None


TXA = Model(
    "TXA",
    DocumentRecord,
    F("rank", 1, ID, "Rang"),
    F("kind", 2, RAW, "Type de document", required=True),
    F("presentation", 3, ID, "Présentation"),
    F("activity_at", 4, TS, "Date de l’activité"),
    F("id", 12, EI, "Identifiant du document", required=True),
    F("replaces", 13, EI, "Identifiant du document remplacé"),
    F("file_name", 16, RAW, "Nom du fichier"),
    F("status", 17, ID, "Statut du document", required=True, table=DOCUMENT_STATUSES),
    F("authenticators", 22, XCN, "Authentificateur", repeats=True),
)
_ONE: dict[str, tuple[str, Model[Any]]] = {
    "MSH": ("header", MSH),
    "EVN": ("recorded", EVN),
    "PV1": ("visit", PV1),
    "TXA": ("record", TXA),
}
_MANY: dict[str, tuple[str, Model[Any]]] = {"PID": ("patients", PID)}
_SINGLE = frozenset({"EVN", "PID", "TXA"})
_MDM = Structure(
    "MDM",
    ("MSH", "EVN", "PID", "PV1", "TXA", "OBX"),
    ("EVN", "PID", "PV1", "TXA", "OBX"),
    one=_ONE,
    many=_MANY,
    single=_SINGLE,
)
_ORU = Structure(
    "ORU", ("MSH", "PID", "PV1", "OBR", "OBX"), ("PID", "OBR", "OBX"), one=_ONE, many=_MANY, single=_SINGLE
)
_OUL = Structure("OUL", ("MSH", "PID", "PV1", "OBR"), ("PID", "OBR", "OBX"), one=_ONE, many=_MANY, single=_SINGLE)
_STRUCTURES = {"MDM": _MDM, "ORU": _ORU, "OUL": _OUL}


def read_document(message: Message, faults: list[Fault]) -> DocumentMessage:
    """Everything the message says, and in `faults` what is wrong with it. Never raises."""
    rows, charset, kind = message.rows, message.charset, message.kind
    if message.event not in STRUCTURES:
        text = "Cet événement n’est pas de ceux qui portent un document : T02, T04, T06, T08, T10, R01 ou R22."
        faults.append(Fault("MSH-9.2", "event", text))
    plan = _STRUCTURES[kind].plan(rows)
    faults += plan.faults
    values: dict[str, object] = {}
    patients = []
    for rank, number, attribute, read, repeats in plan.steps:
        value = read(rows[rank], number, charset, faults)
        if repeats:
            check_patient(value, number, faults)
            patients.append(value)
        else:
            values[attribute] = value
    found = DocumentMessage(
        kind=kind,
        event=message.event,
        patient=patients[0] if patients else Patient(),
        groups=read_groups(rows, charset, faults),
        **values,  # type: ignore[arg-type]
    )
    check_header(found.header, faults)
    _check(found, faults)
    return found


def _check(message: DocumentMessage, faults: list[Fault]) -> None:
    profile = message.header.profile or ""
    if not any(family in profile for family in _FAMILIES):
        text = f"MSH-21 n’annonce aucun des profils connus : {PROFILE} ou {PROFILE_LPS}."
        faults.append(Fault("MSH-21", "version", text, "warning"))
    documents = people = 0
    for rank, item in items_of(message.groups):
        documents += _check_item(rank, item.observation, faults)
        for participant in item.participants:
            people += 1
            _check_participant(people, participant, faults)
    if not documents and any(family in profile for family in _FAMILIES):
        faults.append(Fault("OBX", "required", "Le message ne porte aucun document (OBX de type ED)."))
    replaced = message.event == "T10" or any(found.action == "replace" for found in message.documents)
    if replaced and message.record is not None and message.record.replaces is None:
        text = "Le document remplacé n’est pas dit (TXA-13) : il doit l’être dans le CDA."
        faults.append(Fault("TXA-13", "required", text, "warning"))
    _check_flags(message, faults)


def _check_item(rank: int, found: Observation, faults: list[Fault]) -> bool:
    """Whether this observation is a document."""
    if found.kind == "ED":
        _check_attachment(rank, found, faults)
        return not _is_mail(found)
    if flag_of(found) is not None and _yes_no(found) is None:
        faults.append(Fault(obx(rank, 5, 1), "table", "Une consigne pour le DMP ou MSSanté vaut Y ou N."))
    elif found.code is not None and found.code.system == FLAG_SYSTEM and flag_of(found) is None:
        faults.append(Fault(obx(rank, 3, 1), "table", "Cette consigne (MetaDMPMSS) n’est pas connue.", "warning"))
    return False


def _check_attachment(rank: int, found: Observation, faults: list[Fault]) -> None:
    attached = found.attachment
    if attached is None or not attached.data:
        if found.status != "D":
            faults.append(Fault(obx(rank, 5, 5), "required", "Le document joint est vide."))
        return
    if (attached.encoding or "").lower() != "base64":
        faults.append(Fault(obx(rank, 5, 4), "table", "Le document joint doit être encodé en Base64."))
        return
    try:
        decoded(attached)
    except InvalidMessage:
        if _is_mail(found):
            text = "Le corps du courriel est coupé ou n’est pas du Base64."
            faults.append(Fault(obx(rank, 5, 5), "type", text, "warning"))
        else:
            text = "Le document joint n’est pas du Base64 : il ne peut pas être ouvert."
            faults.append(Fault(obx(rank, 5, 5), "type", text))
        return
    if len(attached.data) % 4:
        text = "Le Base64 du document joint n’est pas complété par « = »."
        faults.append(Fault(obx(rank, 5, 5), "type", text, "warning"))


def _check_participant(rank: int, found: Participant, faults: list[Fault]) -> None:
    role = found.role.code if found.role is not None else None
    if role in ("RCT", "REPLY") and found.mail is None:
        place = place_of("PRT", rank, 15)
        faults.append(Fault(place, "required", "Un destinataire n’a pas d’adresse MSSanté.", "warning"))


def _check_flags(message: DocumentMessage, faults: list[Fault]) -> None:
    flags = message.flags
    if flags.hidden_from_professionals and flags.hidden_from_patient:
        text = "Le document est masqué aux professionnels et invisible du patient à la fois : vérifiez la consigne."
        faults.append(Fault("", "table", text, "warning"))
    if flags.to_patient and flags.hidden_from_patient:
        text = "Le document est invisible du patient et doit pourtant lui être envoyé par MSSanté."
        faults.append(Fault("", "table", text, "warning"))
    if flags.to_professionals and not message.recipients:
        text = "Un envoi par MSSanté est demandé sans destinataire (PRT de rôle RCT)."
        faults.append(Fault("PRT", "required", text, "warning"))
    if flags.to_dmp and message.patient.ins is None:
        text = "Un envoi au DMP est demandé sans INS utilisable : il ne pourra pas partir."
        faults.append(Fault("PID-3", "identifier", text, "warning"))


def flag_of(found: Observation) -> str | None:
    """The flag this observation sets, by its official name; older names are understood."""
    if found.kind in ("CE", "CWE", "CNE", "ST", "ID", "IS") and found.code is not None:
        return flag_named(found.code.code)
    return None


def decoded(attached: Attachment, *, is_cut: bool = False) -> bytes:
    """Raises InvalidMessage. `is_cut` forgives a last character alone: what comes before it is still read."""
    data = attached.data or ""
    if is_cut and len(data) % 4 == 1:
        data = data[:-1]
    try:
        return binascii.a2b_base64(data + "=" * (-len(data) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        text = "Le document joint n’est pas du Base64 : il ne peut pas être ouvert."
        raise InvalidMessage([Fault("OBX-5.5", "type", text)]) from error


def _yes_no(found: Observation) -> bool | None:
    return (
        {"Y": True, "N": False}.get(found.coded.code or "")
        if found.coded is not None
        else {"Y": True, "N": False}.get(found.text or "")
    )


def _is_mail(found: Observation) -> bool:
    code = found.code
    if found.kind != "ED" or code is None:
        return False
    return code.code == MAIL_BODY or (code.label or "").startswith(XDM_SUBJECT)


def write_document(found: DocumentMessage, header: Header) -> Message:
    """The message, its kind and event put in the header. Raises InvalidMessage when our own reading refuses it."""
    kind = (found.kind, found.event, STRUCTURES.get(found.event, ""))
    first, *others = found.groups or (OrderGroup(),)
    rows: list[Row] = []
    if found.kind == "MDM" and found.recorded is not None:
        rows.append(EVN.row(found.recorded))
    rows.append(PID.row(found.patient))
    if found.visit is not None:
        rows.append(PV1.row(found.visit))
    record = (TXA.row(found.record),) if found.record is not None else ()
    if others and record:
        raise InvalidMessage(
            [Fault("TXA", "segment-order", "Un message MDM de la maison n’a qu’un groupe de demande.")]
        )
    rows += rows_of_group(first, between=record)
    for group in others:
        rows += rows_of_group(group)
    message = build(structs.replace(header, kind=kind), rows)
    faults: list[Fault] = []
    read_document(message, faults)
    wrong = [fault for fault in faults if fault.severity == "error"]
    if wrong:
        raise InvalidMessage(wrong)
    return message


__all__ = ["FLAGS", "Document", "DocumentMessage", "DocumentRecord", "Flags", "read_document", "write_document"]
