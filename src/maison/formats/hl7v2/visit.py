"""Where the patient is and who answers for it: PV1, PV2, ROL, and the movement (ZBE) of PAM France."""

from msgspec import Struct

from maison.formats.hl7v2.datatypes import Address, Coded, Identifier, Location, Professional, Reference, Telecom, Unit
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.segment_model import CE, CX, EI, ID, NM, PL, ST, TS, XAD, XCN, XON, XTN, YN, F, Model
from maison.formats.hl7v2.tables import CANCELS, EVENTS, INSERTS, MOVEMENT_ACTIONS, PATIENT_CLASSES, VISIT_INDICATORS
from maison.formats.hl7v2.times import Timestamp


class Visit(Struct, frozen=True, gc=False):
    """PV1. `patient_class` E, I, O, N, R (table 0004); `number` is PV1-19."""

    patient_class: str | None = None
    location: Location | None = None
    admission_kind: str | None = None
    previous_number: Identifier | None = None
    previous_location: Location | None = None
    attending: tuple[Professional, ...] = ()
    referring: tuple[Professional, ...] = ()
    hospital_service: str | None = None
    temporary_location: Location | None = None
    admission_source: str | None = None
    admitting: tuple[Professional, ...] = ()
    number: Identifier | None = None
    discharge_disposition: str | None = None
    discharged_to: Coded | None = None
    pending_location: Location | None = None
    temporary_prior_location: Location | None = None
    admitted_at: Timestamp | None = None
    discharged_at: Timestamp | None = None
    other_number: Identifier | None = None
    indicator: str | None = None
    erased: tuple[str, ...] = ()


class Stay(Struct, frozen=True):
    """PV2: what is expected of the stay."""

    reason: Coded | None = None
    transfer_reason: Coded | None = None
    expected_admission: Timestamp | None = None
    expected_discharge: Timestamp | None = None
    expected_days: float | None = None
    description: str | None = None
    erased: tuple[str, ...] = ()


class Role(Struct, frozen=True):
    """ROL: a professional around the patient; ODRP is the family doctor declared to the insurance."""

    action: str | None = None
    role: Coded | None = None
    persons: tuple[Professional, ...] = ()
    began: Timestamp | None = None
    ended: Timestamp | None = None
    addresses: tuple[Address, ...] = ()
    phones: tuple[Telecom, ...] = ()
    erased: tuple[str, ...] = ()


class Movement(Struct, frozen=True, gc=False):
    """ZBE. `original_event` names the movement corrected or cancelled; `nature` H, M, S, L, D and their combinations."""

    ids: tuple[Reference, ...] = ()
    at: Timestamp | None = None
    ended: Timestamp | None = None
    action: str | None = None
    is_historic: bool | None = None
    original_event: str | None = None
    medical_unit: Unit | None = None
    care_unit: Unit | None = None
    nature: str | None = None
    erased: tuple[str, ...] = ()

    @property
    def id(self) -> Reference | None:
        return self.ids[0] if self.ids else None


PV1 = Model(
    "PV1",
    Visit,
    F("patient_class", 2, ID, "Classe du patient", required=True, table=PATIENT_CLASSES),
    F("location", 3, PL, "Lieu"),
    F("admission_kind", 4, ID, "Type d’admission"),
    F("previous_number", 5, CX, "Numéro de préadmission"),
    F("previous_location", 6, PL, "Lieu précédent"),
    F("attending", 7, XCN, "Médecin responsable", repeats=True),
    F("referring", 8, XCN, "Médecin adresseur", repeats=True),
    F("hospital_service", 10, ID, "Discipline"),
    F("temporary_location", 11, PL, "Lieu provisoire"),
    F("admission_source", 14, ID, "Provenance"),
    F("admitting", 17, XCN, "Médecin d’admission", repeats=True),
    F("number", 19, CX, "Numéro de venue"),
    F("discharge_disposition", 36, ID, "Circonstances de sortie"),
    F("discharged_to", 37, CE, "Destination de sortie"),
    F("pending_location", 42, PL, "Lieu prévu"),
    F("temporary_prior_location", 43, PL, "Lieu provisoire précédent"),
    F("admitted_at", 44, TS, "Date d’admission"),
    F("discharged_at", 45, TS, "Date de sortie"),
    F("other_number", 50, CX, "Autre numéro de venue"),
    F("indicator", 51, ID, "Indicateur de venue", table=VISIT_INDICATORS, severity="warning"),
)
PV2 = Model(
    "PV2",
    Stay,
    F("reason", 3, CE, "Motif d’admission"),
    F("transfer_reason", 4, CE, "Motif de mutation"),
    F("expected_admission", 8, TS, "Admission prévue"),
    F("expected_discharge", 9, TS, "Sortie prévue"),
    F("expected_days", 10, NM, "Durée prévue"),
    F("description", 12, ST, "Description de la venue"),
)
ROL = Model(
    "ROL",
    Role,
    F("action", 2, ID, "Action"),
    F("role", 3, CE, "Rôle"),
    F("persons", 4, XCN, "Professionnel", required=True, repeats=True),
    F("began", 5, TS, "Début du rôle"),
    F("ended", 6, TS, "Fin du rôle"),
    F("addresses", 11, XAD, "Adresses", repeats=True),
    F("phones", 12, XTN, "Téléphones", repeats=True),
)
ZBE = Model(
    "ZBE",
    Movement,
    F("ids", 1, EI, "Identifiant du mouvement", required=True, repeats=True),
    F("at", 2, TS, "Date du mouvement", required=True),
    F("ended", 3, TS, "Fin du mouvement"),
    F("action", 4, ID, "Action sur le mouvement", required=True, table=MOVEMENT_ACTIONS),
    F("is_historic", 5, YN, "Mouvement historique", required=True),
    F("original_event", 6, ID, "Événement d’origine"),
    F("medical_unit", 7, XON, "UF de responsabilité médicale"),
    F("care_unit", 8, XON, "UF de responsabilité de soins"),
    F("nature", 9, ID, "Nature du mouvement"),
)
NATURES = {
    "H": "hébergement",
    "M": "responsabilité médicale",
    "S": "responsabilité de soins",
    "L": "lit",
    "D": "dossier administratif",
    "C": "correction ou changement de statut",
}
"""Letters of ZBE-9, said together: HMS is a change of place, of medical and of care responsibility."""


def check_movement(movement: Movement, event: str, number: int, faults: list[Fault]) -> None:
    """ZBE-4 and ZBE-6 agree with the event; ZBE-9 is made of known letters. PAM France 2.11, segment ZBE."""
    action, original = movement.action, movement.original_event
    if action == "INSERT":
        if event in CANCELS or event == "Z99":
            faults.append(_zbe(4, number, "table", f"Un message {event} ne peut pas créer un mouvement (INSERT)."))
        if original:
            message = "L’événement d’origine ne se dit que d’un mouvement corrigé ou annulé."
            faults.append(Fault(f"{_segment(number)}-6", "type", message, "warning"))
    elif action is not None:
        if action == "UPDATE" and event != "Z99" and (event in INSERTS or event in CANCELS):
            faults.append(_zbe(4, number, "table", "Un mouvement se corrige (UPDATE) par un message Z99."))
        elif action == "CANCEL" and event in INSERTS and event not in ("A06", "A07"):
            faults.append(_zbe(4, number, "table", f"Un message {event} ne peut pas annuler un mouvement (CANCEL)."))
        if not original:
            message = "L’événement d’origine est obligatoire quand un mouvement est corrigé ou annulé."
            faults.append(_zbe(6, number, "required", message))
        elif original not in EVENTS:
            faults.append(_zbe(6, number, "table", "L’événement d’origine n’est pas un événement de mouvement connu."))
        elif event in CANCELS and original not in CANCELS[event]:
            faults.append(_zbe(6, number, "table", f"Un message {event} n’annule pas un mouvement {original}."))
    if movement.at is not None and movement.at.precision in ("year", "month"):
        faults.append(_zbe(2, number, "type", "La date du mouvement doit dire au moins le jour."))
    if movement.nature and movement.nature.strip("HMSLDC"):
        message = "La nature du mouvement est faite des lettres H, M, S, L, D ou C."
        faults.append(Fault(f"{_segment(number)}-9", "table", message, "warning"))
    if movement.nature and "M" in movement.nature and movement.medical_unit is None:
        message = "L’UF médicale manque alors que la responsabilité médicale change."
        faults.append(Fault(f"{_segment(number)}-7", "required", message, "warning"))


def _segment(number: int) -> str:
    return f"ZBE[{number}]" if number > 1 else "ZBE"


def _zbe(field: int, number: int, code: str, message: str) -> Fault:
    return Fault(f"{_segment(number)}-{field}", code, message)
