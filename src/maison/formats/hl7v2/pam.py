"""PAM France 2.10 and 2.11: identities and movements (ADT), read, checked and written.

    adt = read_adt(message, faults)
    adt.patient.ins, adt.patient.ipp, adt.patient.birth_name     # the identity
    adt.move                                                     # the movement, in words rooms use

Source: IHE PAM national extension France 2.11 (Interop'Santé), ITI-30 and ITI-31; DOMAIN §12, HUB-04.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, structs

from maison.formats.hl7v2.clinical_segments import AL1, DG1, IN1, OBX, Allergy, Diagnosis, Insurance, Observation
from maison.formats.hl7v2.datatypes import Identifier, Location, Professional, Reference, Unit
from maison.formats.hl7v2.faults import Fault, InvalidMessage, Severity
from maison.formats.hl7v2.french_segments import (
    ZFA,
    ZFD,
    ZFM,
    ZFP,
    ZFS,
    ZFV,
    DmpConsent,
    IdentityDetail,
    LegalCare,
    Occupation,
    PmsiModes,
    VenueDetail,
)
from maison.formats.hl7v2.header import EVN, MSH, Event, MessageHeader, check_header
from maison.formats.hl7v2.message import Message, Row
from maison.formats.hl7v2.patient import (
    MRG,
    NK1,
    PD1,
    PID,
    Contact,
    Merged,
    Patient,
    PatientDetail,
    check_merged,
    check_patient,
    refuse_unusable_ins,
)
from maison.formats.hl7v2.segment_model import Model
from maison.formats.hl7v2.structure import Structure
from maison.formats.hl7v2.tables import EVENTS, MOVEMENTS, WITHOUT_MOVEMENT
from maison.formats.hl7v2.times import Timestamp
from maison.formats.hl7v2.visit import PV1, PV2, ROL, ZBE, Movement, Role, Stay, Visit, check_movement
from maison.formats.hl7v2.writer import Header, build

PROFILE = "2.11^IHE_FRANCE-2.11-PAM"
VERSION = "2.5^FRA^2.11"

MoveAction = Literal["INSERT", "UPDATE", "CANCEL"]


class Move(Struct, frozen=True, kw_only=True, gc=False):
    """A movement as rooms use it: what happened, when, from where to where, under whose responsibility.

    `event` is the movement itself (A02 for a transfer), whether it is created, corrected or cancelled by `action`.
    `patient_class` E, I, O; `visit` and `account` are the numbers of PV1-19 and PID-18.
    """

    event: str
    action: MoveAction
    id: Reference
    at: Timestamp
    is_historic: bool
    patient_class: str | None
    visit: Identifier | None
    account: Identifier | None
    to_location: Location | None
    from_location: Location | None
    medical_unit: Unit | None
    care_unit: Unit | None
    nature: str | None
    attending: tuple[Professional, ...]
    admitted_at: Timestamp | None
    discharged_at: Timestamp | None

    @property
    def french(self) -> str:
        return EVENTS.get(self.event, self.event)

    @property
    def is_cancelled(self) -> bool:
        return self.action == "CANCEL"


class Adt(Struct, frozen=True, gc=False):
    """An ADT message. `event` is MSH-9.2; there are two `patients` in a link (A24) or its end (A37) only."""

    event: str
    header: MessageHeader
    recorded: Event | None = None
    patient_detail: PatientDetail | None = None
    merged: Merged | None = None
    visit: Visit | None = None
    stay: Stay | None = None
    dmp: DmpConsent | None = None
    occupation: Occupation | None = None
    venue: VenueDetail | None = None
    pmsi: PmsiModes | None = None
    identity_detail: IdentityDetail | None = None
    patients: tuple[Patient, ...] = ()
    roles: tuple[Role, ...] = ()
    contacts: tuple[Contact, ...] = ()
    movements: tuple[Movement, ...] = ()
    legal_care: tuple[LegalCare, ...] = ()
    observations: tuple[Observation, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    insurances: tuple[Insurance, ...] = ()

    @property
    def patient(self) -> Patient:
        return self.patients[0] if self.patients else _NO_PATIENT

    @property
    def other_patient(self) -> Patient | None:
        """The second identity of a link."""
        return self.patients[1] if len(self.patients) > 1 else None

    @property
    def french(self) -> str:
        return EVENTS.get(self.event, self.event)

    @property
    def movement(self) -> Movement | None:
        return self.movements[0] if self.movements else None

    @property
    def move(self) -> Move | None:
        """None when the message speaks of a person only, or when its movement is not whole."""
        found = self.movement
        if found is None or found.id is None or found.at is None or found.action not in ("INSERT", "UPDATE", "CANCEL"):
            return None
        visit = self.visit or Visit()
        return Move(
            event=self.event if found.action == "INSERT" else found.original_event or self.event,
            action=found.action,  # type: ignore[arg-type]
            id=found.id,
            at=found.at,
            is_historic=found.is_historic or False,
            patient_class=visit.patient_class,
            visit=visit.number,
            account=self.patient.account,
            to_location=visit.location,
            from_location=visit.previous_location,
            medical_unit=found.medical_unit,
            care_unit=found.care_unit,
            nature=found.nature,
            attending=visit.attending,
            admitted_at=visit.admitted_at,
            discharged_at=visit.discharged_at,
        )


_ONE: Mapping[str, Model[Any]] = {
    model.name: model for model in (MSH, EVN, PD1, MRG, PV1, PV2, ZFA, ZFP, ZFV, ZFM, ZFD)
}
_MANY: Mapping[str, Model[Any]] = {model.name: model for model in (PID, ROL, NK1, ZBE, ZFS, OBX, AL1, DG1, IN1)}
"""In the order of the attributes of `Adt`."""
_ATTRIBUTES = dict(zip((*_ONE, *_MANY), Adt.__struct_fields__[1:], strict=True))
_ORDER = ("MSH", "EVN", "PID", "PD1", "PV1", "PV2")
_PERSON_ONLY = {"ZBE": "Le segment ZBE n’a pas sa place dans un message d’identité : il décrit un mouvement."}
_SINGLE = frozenset({"EVN", "PID", "PD1", "PV1", "PV2", "ZFA", "ZFD", "ZFM", "ZFP", "ZFV", "MRG"})


def _structure(event: str) -> Structure:
    name = f"ADT^{event}"
    if event in ("A40", "A47"):
        order = ("MSH", "EVN", "PID", "PD1", "MRG", "PV1")
        return Structure(
            name, order, ("EVN", "PID", "MRG"), single=_SINGLE, forbidden=_PERSON_ONLY, one=_ONE, many=_MANY
        )
    if event in ("A24", "A37"):
        return Structure(name, ("MSH", "EVN", "PID"), ("EVN", "PID"), forbidden=_PERSON_ONLY, one=_ONE, many=_MANY)
    if event in WITHOUT_MOVEMENT:
        required = ("EVN", "PID", "PV1")
        doubt: dict[str, Severity] = {"PV1": "warning"}
        return Structure(
            name, _ORDER, required, single=_SINGLE, forbidden=_PERSON_ONLY, missing_severity=doubt, one=_ONE, many=_MANY
        )
    if event in MOVEMENTS:
        return Structure(name, _ORDER, ("EVN", "PID", "PV1", "ZBE"), single=_SINGLE, one=_ONE, many=_MANY)
    if event == "A44":
        return Structure(
            name, ("MSH", "EVN", "PID", "PD1", "MRG"), ("EVN", "PID", "MRG"), single=_SINGLE, one=_ONE, many=_MANY
        )
    return Structure(name, _ORDER, ("EVN", "PID"), single=_SINGLE, one=_ONE, many=_MANY)


_STRUCTURES = {event: _structure(event) for event in EVENTS}
_OTHER = _structure("")
_NO_PATIENT = Patient()


def read_adt(message: Message, faults: list[Fault]) -> Adt:
    """Everything the message says, and in `faults` everything that is wrong with it. Never raises."""
    event = message.event
    structure = _STRUCTURES.get(event, _OTHER)
    if structure is _OTHER:
        faults.append(_unknown_event(event))
    adt = Adt(event, *structure.read(message, faults))
    for number, patient in enumerate(adt.patients, start=1):
        check_patient(patient, number, faults)
    check_header(adt.header, faults)
    _check(adt, faults)
    return adt


def _check(adt: Adt, faults: list[Fault]) -> None:
    """What several segments say together."""
    event = adt.event
    if adt.recorded is not None and adt.recorded.code and adt.recorded.code != event:
        message = "L’événement de EVN-1 n’est pas celui de MSH-9."
        faults.append(Fault("EVN-1", "event", message, "warning"))
    for number, movement in enumerate(adt.movements, start=1):
        check_movement(movement, event, number, faults)
    if adt.merged is not None:
        check_merged(adt.merged, 1, faults)
        _check_merge(adt, faults)
        if event == "A44" and (adt.merged.account is None or not adt.merged.account.value):
            faults.append(Fault("MRG-3", "required", "Le dossier administratif à rattacher est obligatoire et manque."))
    if event in ("A24", "A37") and adt.other_patient is None:
        message = "Un lien entre deux identités demande deux segments PID."
        faults.append(Fault("PID[2]", "segment-missing", message))
    if event in MOVEMENTS:
        if adt.visit is not None and adt.visit.number is None:
            faults.append(
                Fault("PV1-19", "required", "Le numéro de venue est obligatoire pour un mouvement et manque.")
            )
        if adt.patient.account is None:
            message = "Le numéro de dossier administratif manque."
            faults.append(Fault("PID-18", "required", message, "warning"))
    visit = adt.visit
    if (
        visit is not None
        and visit.admitted_at
        and visit.discharged_at
        and visit.discharged_at.at < visit.admitted_at.at
    ):
        faults.append(Fault("PV1-45", "type", "La sortie précède l’admission.", "warning"))


def _check_merge(adt: Adt, faults: list[Fault]) -> None:
    """The identity that stays cannot be the one that disappears."""
    merged = adt.merged
    if merged is None or adt.event not in ("A40", "A44"):
        return
    kept = {(found.value, found.authority) for found in adt.patient.identifiers if found.kind != "INS"}
    for rank, found in enumerate(merged.identifiers, start=1):
        if found.value and (found.value, found.authority) in kept:
            message = (
                "L’identité qui disparaît est aussi celle qui reste."
                if adt.event == "A40"
                else "Le dossier est rattaché à l’identité qui l’a déjà."
            )
            faults.append(Fault(f"MRG-1[{rank}]", "identifier", message))


def _unknown_event(event: str) -> Fault:
    if not event:
        return Fault("MSH-9.2", "required", "L’événement du message manque.")
    if event.startswith("Z"):
        return Fault("MSH-9.2", "event", "Cet événement local n’est pas connu : seule l’identité est lue.", "warning")
    return Fault("MSH-9.2", "event", "Cet événement n’est pas de ceux que la maison comprend.")


def write_adt(adt: Adt, header: Header) -> Message:
    """The message, with the header of the house. Raises InvalidMessage when it would not pass our own reading."""
    for patient in adt.patients:
        refuse_unusable_ins(patient)
    rows: list[Row] = []
    for name in _WRITTEN:
        rows += _rows_of(adt, name)
    message = build(structs.replace(header, kind=("ADT", adt.event, structure_name(adt.event))), rows)
    faults: list[Fault] = []
    read_adt(message, faults)
    wrong = [fault for fault in faults if fault.severity == "error"]
    if wrong:
        raise InvalidMessage(wrong)
    return message


_WRITTEN = (
    *("EVN", "PID", "PD1", "ROL", "NK1", "MRG", "PV1", "PV2", "ZBE", "ZFA", "ZFP", "ZFV", "ZFM", "ZFD", "ZFS"),
    *("OBX", "AL1", "DG1", "IN1"),
)


def _rows_of(adt: Adt, name: str) -> list[Row]:
    value = getattr(adt, _ATTRIBUTES[name])
    if name in _MANY:
        return [_MANY[name].row(item) for item in value]
    return [_ONE[name].row(value)] if value is not None else []


def structure_name(event: str) -> str:
    """MSH-9.3. HL7 2.5.1, table 0354."""
    for name, events in _STRUCTURE_NAMES.items():
        if event in events:
            return name
    return f"ADT_{event}"


_STRUCTURE_NAMES = {
    "ADT_A01": ("A01", "A04", "A08", "A13", "Z99"),
    "ADT_A05": ("A05", "A14", "A28", "A31"),
    "ADT_A06": ("A06", "A07"),
    "ADT_A09": ("A11", "A12"),
    "ADT_A21": ("A21", "A22", "A25", "A26", "A27"),
    "ADT_A24": ("A24",),
    "ADT_A30": ("A47",),
    "ADT_A37": ("A37",),
    "ADT_A38": ("A38",),
    "ADT_A39": ("A40",),
    "ADT_A43": ("A44",),
    "ADT_A52": ("A52", "A53"),
    "ADT_A54": ("A54", "A55"),
}
