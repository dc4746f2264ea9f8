"""Téléradiologie: request (ORM^O01), cancellation (ORM^O01), answer (ORU^R01) and complement after the act (OMI^O23).

Source: ANS CI-SIS, téléradiologie, HL7 2.5.1, MSH-21 `1.0^CISIS_TLR_HL7_V2` (SPECS §2.7).
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, structs

from maison.formats.hl7v2.clinical_segments import Observation
from maison.formats.hl7v2.datatypes import Coded, Reference
from maison.formats.hl7v2.documents import decoded
from maison.formats.hl7v2.faults import Fault, InvalidMessage
from maison.formats.hl7v2.header import MSH, MessageHeader, check_header
from maison.formats.hl7v2.message import Message, Row
from maison.formats.hl7v2.orders import Item, OrderGroup, items_of, obx, read_groups, rows_of_group
from maison.formats.hl7v2.patient import PID, Patient, check_patient
from maison.formats.hl7v2.segment_model import Model
from maison.formats.hl7v2.structure import Structure
from maison.formats.hl7v2.visit import PV1, Visit
from maison.formats.hl7v2.writer import Header, build

PROFILE = "1.0^CISIS_TLR_HL7_V2"
FAMILY = "CISIS_TLR_HL7_V2"

Flow = Literal["request", "cancellation", "answer", "complement"]


class _FlowRule(Struct, frozen=True):
    """`kind` and `event` of MSH-9, ORC-1 allowed, code of OBR-4, French name."""

    kind: str
    event: str
    structure: str
    controls: tuple[str, ...]
    procedure: str
    french: str


FLOWS: Mapping[Flow, _FlowRule] = {
    "request": _FlowRule("ORM", "O01", "ORM_O01", ("NW",), "TRANSMISSION_DEMANDE", "Demande d’examen d’imagerie"),
    "cancellation": _FlowRule("ORM", "O01", "ORM_O01", ("CA",), "ANNULATION_DEMANDE", "Annulation de la demande"),
    "answer": _FlowRule("ORU", "R01", "ORU_R01", ("OK", "OC"), "REPONSE_DEMANDE", "Réponse à la demande"),
    "complement": _FlowRule("OMI", "O23", "OMI_O23", ("SR",), "COMPLEMENT_POST_ACTE", "Complément après l’examen"),
}
PROCEDURE_SYSTEM = "TLR_OBR_PROCEDURE"
OBSERVATION_SYSTEM = "TLR_OBSERVATION"
OBSERVATIONS = {
    "REGION_ANATOMIQUE": "Région anatomique de l’examen d’imagerie",
    "PROTOCOLE_IMAGERIE": "Protocole d’imagerie associé à l’examen",
    "URL_PARTIELLE_VIEWER": "URL partielle d’accès à la visionneuse d’imagerie DRIMbox",
    "PRODUIT_ADMINISTRE": "Produit administré lors de l’examen",
    "APPAREIL_IMAGERIE": "Appareil d’imagerie utilisé",
    "MODALITE_IMAGERIE": "Modalité d’imagerie utilisée ou prévue",
    "CODE_ACTE_IMAGERIE": "Code de l’acte d’imagerie réalisé",
}


class ImagingMessage(Struct, frozen=True, kw_only=True):
    """`flow` None when ORC-1 and the type of message do not agree (said in the faults)."""

    header: MessageHeader
    kind: str
    event: str
    flow: Flow | None
    patient: Patient
    visit: Visit | None = None
    groups: tuple[OrderGroup, ...] = ()

    @property
    def order_number(self) -> Reference | None:
        """The requester's number, the same in the four flows."""
        group = self.groups[0] if self.groups else OrderGroup()
        found = group.order.placer if group.order is not None else None
        return found or (group.request.placer if group.request is not None else None)

    @property
    def is_accepted(self) -> bool | None:
        """The answer: True OK, False OC, None when this is no answer."""
        control = self.groups[0].order.control if self.groups and self.groups[0].order else None
        return {"OK": True, "OC": False}.get(control or "")

    @property
    def reason(self) -> Coded | None:
        """Why it is cancelled or refused (ORC-16)."""
        return self.groups[0].order.reason if self.groups and self.groups[0].order else None

    def observations(self, code: str) -> list[Item]:
        return [
            item
            for _, item in items_of(self.groups)
            if item.observation.code is not None and item.observation.code.code == code
        ]

    def grouped(self, code: str) -> list[list[Observation]]:
        """Values of one thing said in several OBX: sub-identifiers 1.1 and 1.2 go together, 2.1 is another."""
        groups: dict[str, list[Observation]] = {}
        for rank, item in enumerate(self.observations(code)):
            head, dot, _ = (item.observation.sub_id or "").partition(".")
            groups.setdefault(head if dot else f"alone {rank}", []).append(item.observation)
        return list(groups.values())

    @property
    def protocol(self) -> bytes | None:
        """The imaging protocol an acceptance carries. Raises InvalidMessage when it cannot be decoded."""
        found = next(iter(self.observations("PROTOCOLE_IMAGERIE")), None)
        attached = found.observation.attachment if found is not None else None
        return decoded(attached) if attached is not None else None


_ONE: dict[str, tuple[str, Model[Any]]] = {"MSH": ("header", MSH), "PV1": ("visit", PV1)}
_MANY: dict[str, tuple[str, Model[Any]]] = {"PID": ("patients", PID)}
_STRUCTURE = {
    kind: Structure(
        kind,
        ("MSH", "PID", "PV1", "ORC", "OBR"),
        ("PID", "ORC", "OBR"),
        one=_ONE,
        many=_MANY,
        single=frozenset({"PID"}),
    )
    for kind in ("ORM", "ORU", "OMI")
}


def is_teleradiology(message: Message) -> bool:
    """An ORU^R01 is an answer of téléradiologie by its profile or by the system of its OBR-4, else a document."""
    if message.kind in ("ORM", "OMI"):
        return True
    return message.kind == "ORU" and (FAMILY in message.header.raw(21) or message.value("OBR-4.3") == PROCEDURE_SYSTEM)


def read_imaging(message: Message, faults: list[Fault]) -> ImagingMessage:
    """Everything the message says, and in `faults` what is wrong with it. Never raises."""
    rows, charset = message.rows, message.charset
    plan = _STRUCTURE[message.kind].plan(rows)
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
    groups = read_groups(rows, charset, faults)
    control = groups[0].order.control if groups and groups[0].order else None
    found = ImagingMessage(
        kind=message.kind,
        event=message.event,
        flow=_flow(message.kind, message.event, control),
        patient=patients[0] if patients else Patient(),
        groups=groups,
        **values,  # type: ignore[arg-type]
    )
    check_header(found.header, faults)
    _check(found, faults)
    return found


def _flow(kind: str, event: str, control: str | None) -> Flow | None:
    for flow, rule in FLOWS.items():
        if rule.kind == kind and rule.event == event and control in rule.controls:
            return flow
    return None


def _check(found: ImagingMessage, faults: list[Fault]) -> None:
    if FAMILY not in (found.header.profile or ""):
        faults.append(Fault("MSH-21", "version", f"MSH-21 n’annonce pas le profil {PROFILE}.", "warning"))
    if found.flow is None:
        text = "ORC-1 et le type de message ne font aucun des échanges de téléradiologie : NW, CA, OK, OC ou SR."
        faults.append(Fault("ORC-1", "table", text))
        return
    rule = FLOWS[found.flow]
    request = found.groups[0].request
    if request is not None and request.service is not None and request.service.code != rule.procedure:
        faults.append(Fault("OBR-4.1", "table", f"OBR-4 devrait être {rule.procedure} : {rule.french}.", "warning"))
    if found.order_number is None:
        faults.append(Fault("ORC-2", "required", "Le numéro de la demande est obligatoire et manque."))
    if found.flow == "cancellation" and found.reason is None:
        faults.append(Fault("ORC-16", "required", "Le motif d’annulation est obligatoire et manque."))
    if found.is_accepted is False:
        if found.reason is None:
            faults.append(Fault("ORC-16", "required", "Le motif du refus manque.", "warning"))
        if found.observations("PROTOCOLE_IMAGERIE"):
            text = "Un protocole d’imagerie ne va qu’avec une acceptation."
            faults.append(Fault("OBX", "segment-unexpected", text))
    if found.flow == "complement" and not found.groups[0].controls:
        faults.append(Fault("IPC", "segment-missing", "Le segment IPC (étude d’imagerie) manque.", "warning"))
    for rank, item in items_of(found.groups):
        _check_observation(rank, item.observation, faults)


def _check_observation(rank: int, found: Observation, faults: list[Fault]) -> None:
    code = found.code
    if code is not None and code.system == OBSERVATION_SYSTEM and code.code not in OBSERVATIONS:
        faults.append(
            Fault(obx(rank, 3, 1), "table", "Cette observation de téléradiologie n’est pas connue.", "warning")
        )
    attached = found.attachment
    if attached is not None:
        try:
            decoded(attached)
        except InvalidMessage:
            text = "La pièce jointe n’est pas du Base64 : elle ne peut pas être ouverte."
            faults.append(Fault(obx(rank, 5, 5), "type", text, "warning"))


def write_imaging(found: ImagingMessage, header: Header) -> Message:
    """The message, for its `flow`. Raises InvalidMessage when our own reading refuses it."""
    if found.flow is None:
        raise InvalidMessage([Fault("ORC-1", "required", "L’échange de téléradiologie n’est pas dit.")])
    rule = FLOWS[found.flow]
    rows: list[Row] = [PID.row(found.patient)]
    if found.visit is not None:
        rows.append(PV1.row(found.visit))
    for group in found.groups:
        rows += rows_of_group(group)
    kind = (rule.kind, rule.event, rule.structure)
    message = build(structs.replace(header, kind=kind, profile=header.profile or PROFILE), rows)
    faults: list[Fault] = []
    read_imaging(message, faults)
    wrong = [fault for fault in faults if fault.severity == "error"]
    if wrong:
        raise InvalidMessage(wrong)
    return message
