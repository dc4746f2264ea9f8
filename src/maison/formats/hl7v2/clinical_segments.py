"""Segments many messages share: OBX, NTE, AL1, DG1, IN1, and the order pair ORC and OBR."""

from msgspec import Struct

from maison.formats.hl7v2.datatypes import (
    Attachment,
    Coded,
    Identifier,
    Professional,
    Reference,
    Telecom,
    Unit,
    attachment,
    coded,
)
from maison.formats.hl7v2.escapes import text_of
from maison.formats.hl7v2.segment_model import CE, CX, EI, ID, RAW, ST, TS, XCN, XON, XTN, F, Model
from maison.formats.hl7v2.tables import RESULT_STATUSES, VALUE_TYPES
from maison.formats.hl7v2.times import Timestamp
from maison.formats.hl7v2.writer import field_text


class Observation(Struct, frozen=True):
    """OBX. `raw` is OBX-5 as it travels; the properties read it by its type (OBX-2). `status` F, C, D (table 0085)."""

    rank: str | None = None
    kind: str | None = None
    code: Coded | None = None
    sub_id: str | None = None
    raw: str | None = None
    unit: Coded | None = None
    interpretation: str | None = None
    status: str | None = None
    at: Timestamp | None = None
    erased: tuple[str, ...] = ()

    @property
    def attachment(self) -> Attachment | None:
        return attachment(self.raw, "utf-8") if self.kind == "ED" and self.raw else None

    @property
    def coded(self) -> Coded | None:
        return coded(self.raw, "utf-8") if self.kind in ("CE", "CWE", "CNE") and self.raw else None

    @property
    def text(self) -> str | None:
        return text_of(self.raw, "utf-8") if self.raw else None


class Note(Struct, frozen=True):
    """NTE: a comment on the segment before it."""

    rank: str | None = None
    texts: tuple[str, ...] = ()
    kind: Coded | None = None
    erased: tuple[str, ...] = ()


class Allergy(Struct, frozen=True):
    """AL1."""

    rank: str | None = None
    kind: Coded | None = None
    allergen: Coded | None = None
    severity: Coded | None = None
    reactions: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()


class Diagnosis(Struct, frozen=True):
    """DG1."""

    rank: str | None = None
    code: Coded | None = None
    description: str | None = None
    at: Timestamp | None = None
    kind: str | None = None
    erased: tuple[str, ...] = ()


class Insurance(Struct, frozen=True):
    """IN1: who pays. The insured person's number is not the INS of the patient."""

    rank: str | None = None
    plan: Coded | None = None
    companies: tuple[Identifier, ...] = ()
    names: tuple[Unit, ...] = ()
    began: Timestamp | None = None
    ends: Timestamp | None = None
    policy: str | None = None
    erased: tuple[str, ...] = ()


class Order(Struct, frozen=True):
    """ORC. `control` NW, CA, OK, OC, SC, RO, SR (table 0119)."""

    control: str | None = None
    placer: Reference | None = None
    filler: Reference | None = None
    group: Reference | None = None
    ordered_at: Timestamp | None = None
    entered_by: tuple[Professional, ...] = ()
    ordered_by: tuple[Professional, ...] = ()
    phones: tuple[Telecom, ...] = ()
    reason: Coded | None = None
    organisation: Coded | None = None
    facilities: tuple[Unit, ...] = ()
    erased: tuple[str, ...] = ()


class Request(Struct, frozen=True):
    """OBR."""

    rank: str | None = None
    placer: Reference | None = None
    filler: Reference | None = None
    service: Coded | None = None
    observed_at: Timestamp | None = None
    clinical_information: str | None = None
    ordered_by: tuple[Professional, ...] = ()
    reported_at: Timestamp | None = None
    status: str | None = None
    reasons: tuple[Coded, ...] = ()
    erased: tuple[str, ...] = ()


OBX = Model(
    "OBX",
    Observation,
    F("rank", 1, ID, "Rang"),
    F("kind", 2, ID, "Type de valeur", table=VALUE_TYPES, severity="warning"),
    F("code", 3, CE, "Observation", required=True),
    F("sub_id", 4, RAW, "Sous-identifiant"),
    F("raw", 5, RAW, "Valeur"),
    F("unit", 6, CE, "Unité"),
    F("interpretation", 8, ID, "Interprétation"),
    F("status", 11, ID, "Statut de l’observation", required=True, table=RESULT_STATUSES),
    F("at", 14, TS, "Date de l’observation"),
)
NTE = Model(
    "NTE",
    Note,
    F("rank", 1, ID, "Rang"),
    F("texts", 3, ST, "Commentaire", repeats=True),
    F("kind", 4, CE, "Type de commentaire"),
)
AL1 = Model(
    "AL1",
    Allergy,
    F("rank", 1, ID, "Rang"),
    F("kind", 2, CE, "Type d’allergie"),
    F("allergen", 3, CE, "Allergène", required=True),
    F("severity", 4, CE, "Sévérité"),
    F("reactions", 5, ST, "Réactions", repeats=True),
)
DG1 = Model(
    "DG1",
    Diagnosis,
    F("rank", 1, ID, "Rang", required=True),
    F("code", 3, CE, "Diagnostic"),
    F("description", 4, ST, "Description"),
    F("at", 5, TS, "Date du diagnostic"),
    F("kind", 6, ID, "Type de diagnostic"),
)
IN1 = Model(
    "IN1",
    Insurance,
    F("rank", 1, ID, "Rang", required=True),
    F("plan", 2, CE, "Régime", required=True, severity="warning"),
    F("companies", 3, CX, "Organisme", required=True, repeats=True, severity="warning"),
    F("names", 4, XON, "Nom de l’organisme", repeats=True),
    F("began", 12, TS, "Début des droits"),
    F("ends", 13, TS, "Fin des droits"),
    F("policy", 36, ST, "Numéro d’assuré"),
)
ORC = Model(
    "ORC",
    Order,
    F("control", 1, ID, "Action sur la demande", required=True),
    F("placer", 2, EI, "Numéro du demandeur"),
    F("filler", 3, EI, "Numéro de l’exécutant"),
    F("group", 4, EI, "Groupe de demandes"),
    F("ordered_at", 9, TS, "Date de la demande"),
    F("entered_by", 10, XCN, "Saisie par", repeats=True),
    F("ordered_by", 12, XCN, "Demandeur", repeats=True),
    F("phones", 14, XTN, "Téléphones du demandeur", repeats=True),
    F("reason", 16, CE, "Motif"),
    F("organisation", 17, CE, "Organisation"),
    F("facilities", 21, XON, "Structure", repeats=True),
)
OBR = Model(
    "OBR",
    Request,
    F("rank", 1, ID, "Rang"),
    F("placer", 2, EI, "Numéro du demandeur"),
    F("filler", 3, EI, "Numéro de l’exécutant"),
    F("service", 4, CE, "Acte ou document", required=True),
    F("observed_at", 7, TS, "Date de l’observation"),
    F("clinical_information", 13, ST, "Renseignements cliniques"),
    F("ordered_by", 16, XCN, "Demandeur", repeats=True),
    F("reported_at", 22, TS, "Date du compte rendu"),
    F("status", 25, ID, "Statut"),
    F("reasons", 31, CE, "Motifs", repeats=True),
)


def coded_observation(rank: int, code: Coded, value: Coded, *, kind: str = "CE", **more: str) -> Observation:
    return Observation(rank=str(rank), kind=kind, code=code, raw=value.field(), status=more.get("status", "F"))


def text_observation(rank: int, code: Coded, text: str, *, kind: str = "ST", status: str = "F") -> Observation:
    return Observation(rank=str(rank), kind=kind, code=code, raw=field_text(text), status=status)
