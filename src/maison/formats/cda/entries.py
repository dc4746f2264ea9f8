"""Coded entries written by the house, in the forms of the official examples; each points to its words in the text.

Ids come from the document's own id and the order of writing, so that the same content always gives the same bytes.
Source: TestContenuCDA 3-0, examples LDL-SES 2022.01, DLU-EHPAD-FLUDT 2022.01, TLM-DA 2022.01, VSM 1.4.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from lxml import etree
from msgspec import Struct

from maison.formats.cda import oids
from maison.formats.cda import xml_writing as to
from maison.formats.cda.entry_reading import entry_of
from maison.formats.cda.model import Address, Code, Entry, Identifier
from maison.formats.cda.moment import Moment
from maison.formats.cda.xml import HL7, NSMAP
from maison.formats.cda.xml_writing import element, loinc

_SIMPLE = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")
_TREATMENT = (
    "2.16.840.1.113883.10.20.1.24",
    "1.3.6.1.4.1.19376.1.5.3.1.4.7",
    "1.2.250.1.213.1.1.3.42",
    "1.3.6.1.4.1.19376.1.5.3.1.4.7.1",
)
_PRODUCT = ("2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2", "1.2.250.1.213.1.1.3.43")
_CONCERN = (
    "2.16.840.1.113883.10.20.1.27",
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.1",
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.2",
    "1.2.250.1.213.1.1.3.39",
)
_PROBLEM = ("2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37")
_ALLERGY_CONCERN = (
    "2.16.840.1.113883.10.20.1.27",
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.1",
    "1.3.6.1.4.1.19376.1.5.3.1.4.5.3",
    "1.2.250.1.213.1.1.3.40",
)
_ALLERGY = (
    "2.16.840.1.113883.10.20.1.18",
    "2.16.840.1.113883.10.20.1.28",
    "1.3.6.1.4.1.19376.1.5.3.1.4.5",
    "1.3.6.1.4.1.19376.1.5.3.1.4.6",
    "1.2.250.1.213.1.1.3.41",
)
_VITALS = (
    "2.16.840.1.113883.10.20.1.32",
    "2.16.840.1.113883.10.20.1.35",
    "1.3.6.1.4.1.19376.1.5.3.1.4.13.1",
    "1.2.250.1.213.1.1.3.49",
)
_VITAL = (
    "2.16.840.1.113883.10.20.1.31",
    "1.3.6.1.4.1.19376.1.5.3.1.4.13",
    "1.3.6.1.4.1.19376.1.5.3.1.4.13.2",
    "1.2.250.1.213.1.1.3.50",
)
_TRANSFER = ("1.3.6.1.4.1.19376.1.5.3.1.1.25.1.4.1", "1.2.250.1.213.1.1.3.28")


class Quantity(Struct, frozen=True):
    """`value` with a point as decimal sign, `unit` in UCUM."""

    value: str
    unit: str


class Medication(Struct, frozen=True):
    """A treatment line. `code` is CIS, CIP or ATC; the words are what people read."""

    name: str
    code: Code | None = None
    start: Moment | None = None
    end: Moment | None = None
    dosage: str = ""
    route: str = ""
    reason: str = ""
    comment: str = ""


class Problem(Struct, frozen=True):
    """`code` is CIM-10 or SNOMED CT."""

    name: str
    code: Code | None = None
    since: Moment | None = None
    until: Moment | None = None


class Allergy(Struct, frozen=True):
    """`kind` is SNOMED CT (`416098002` drug allergy); `agent_code` CIS, ATC or SNOMED CT."""

    agent: str
    kind: Code
    agent_code: Code | None = None
    since: Moment | None = None


class Vital(Struct, frozen=True):
    """One measure; `code` is LOINC."""

    code: Code
    value: str
    unit: str


ABSENT = "2.16.840.1.113883.5.1150.1"
NO_KNOWN_TREATMENT = Code("no-known-medications", "Pas de traitement médicamenteux connu", ABSENT)
NO_TREATMENT_INFO = Code("no-medication-info", "Pas d'information sur les traitements médicamenteux", ABSENT)
"""JDV_AbsentOrUnknownMedication_CISIS, 2024; the first is used by the example CNAM-HR 2021.01."""

HEART_RATE = loinc("8867-4", "Fréquence cardiaque")
TEMPERATURE = loinc("8310-5", "Température corporelle")
WEIGHT = loinc("29463-7", "Poids")
SYSTOLIC = loinc("8480-6", "Pression artérielle systolique")
DIASTOLIC = loinc("8462-4", "Pression artérielle diastolique")
DIAGNOSIS = Code("282291009", "interprétation diagnostique", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT])
DRUG_ALLERGY = Code("416098002", "allergie médicamenteuse", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT])


class Marks:
    """Ids of entries and marks of the text, each given once for a document."""

    def __init__(self, document: Identifier) -> None:
        self._document = str(document)
        self._entries = 0
        self._marks = 0

    def uid(self) -> str:
        self._entries += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._document}/{self._entries}")).upper()

    def mark(self) -> str:
        self._marks += 1
        return f"t{self._marks}"


def simple_observation(
    marks: Marks,
    code: Code,
    value: bool | str | Code | Quantity | None,
    *,
    at: Moment,
    mark: str,
    templates: Iterable[str] = (),
    code_type: str = "CD",
) -> Entry:
    """FR-Simple-Observation: yes or no, words, a code (`CD` or `CE`), a measure; None when only the date matters."""
    entry = new_entry()
    made = _observation(entry, marks, code, at, mark, (*_SIMPLE, *templates))
    match value:
        case bool():
            element(made, "value", type="BL", value="true" if value else "false")
        case str():
            element(made, "value", value, type="ST")
        case Code():
            to.code(made, "value", value, type_=code_type)
        case Quantity():
            element(made, "value", type="PQ", value=value.value, unit=value.unit)
        case None:
            element(made, "value", type="REAL", nullFlavor="NA")
    return entry_of(entry)


def described_observation(marks: Marks, code: Code, *, at: Moment, mark: str) -> Entry:
    """FR-Simple-Observation whose value is the marked text itself."""
    entry = new_entry()
    made = _observation(entry, marks, code, at, mark, _SIMPLE)
    original = element(element(made, "value", type="CD"), "originalText")
    element(original, "reference", value=f"#{mark}")
    return entry_of(entry)


def treatment(marks: Marks, one: Medication | Code | None, *, mark: str, start: Moment | None = None) -> Entry:
    """FR-Traitement. A code says that there is none, or that nobody knows; None is the last taking of the usual treatment,
    `start` is when.
    """
    entry = new_entry()
    made = element(entry, "substanceAdministration", classCode="SBADM", moodCode="EVN")
    put_templates(made, _TREATMENT)
    element(made, "id", root=marks.uid())
    if isinstance(one, Medication):
        to.code(made, "code", Code("DRUG", "Médicament", oids.ACT_CODE, oids.NAMES[oids.ACT_CODE]))
    elif one is not None:
        to.code(made, "code", one)
    else:
        element(made, "code", nullFlavor="NA")
    element(element(made, "text"), "reference", value=f"#{mark}")
    element(made, "statusCode", code="completed")
    span = element(made, "effectiveTime", type="IVL_TS")
    to.moment(span, "low", one.start if isinstance(one, Medication) else start, null="UNK")
    to.moment(span, "high", one.end if isinstance(one, Medication) else start, null="UNK")
    element(made, "effectiveTime", operator="A")
    if isinstance(one, Medication) and one.route:
        route = element(made, "routeCode", nullFlavor="OTH")
        element(route, "originalText", one.route)
    else:
        element(made, "routeCode", nullFlavor="NA")
    product = element(element(made, "consumable"), "manufacturedProduct")
    put_templates(product, _PRODUCT)
    material = element(product, "manufacturedMaterial")
    if isinstance(one, Medication):
        _worded_code(material, one.code, mark)
        element(material, "name", one.name)
    else:
        element(material, "code", nullFlavor="UNK" if one is None else "NA")
        element(material, "name", nullFlavor="UNK" if one is None else "NA")
    return entry_of(entry)


def concern(marks: Marks, one: Problem, *, mark: str, is_active: bool) -> Entry:
    """FR-Liste-des-problemes with one FR-Probleme."""
    entry = new_entry()
    act = _concern(entry, marks, _CONCERN, one.since, one.until, is_active=is_active)
    link = element(act, "entryRelationship", typeCode="SUBJ", inversionInd="false")
    made = element(link, "observation", classCode="OBS", moodCode="EVN", negationInd="false")
    put_templates(made, _PROBLEM)
    element(made, "id", root=marks.uid())
    to.code(made, "code", DIAGNOSIS)
    element(element(made, "text"), "reference", value=f"#{mark}")
    element(made, "statusCode", code="completed")
    _span(made, one.since, one.until)
    value = to.code(made, "value", one.code, type_="CD")
    if value is None:
        value = element(made, "value", type="CD")
    element(element(value, "originalText"), "reference", value=f"#{mark}")
    return entry_of(entry)


def allergy(marks: Marks, one: Allergy, *, mark: str) -> Entry:
    """FR-Liste-des-allergies-et-hypersensibilites with one FR-Allergie-ou-hypersensibilite."""
    entry = new_entry()
    act = _concern(entry, marks, _ALLERGY_CONCERN, None, None, is_active=True)
    link = element(act, "entryRelationship", typeCode="SUBJ", inversionInd="false")
    made = element(link, "observation", classCode="OBS", moodCode="EVN", negationInd="false")
    put_templates(made, _ALLERGY)
    element(made, "id", root=marks.uid())
    to.code(made, "code", one.kind)
    element(element(made, "text"), "reference", value=f"#{mark}")
    element(made, "statusCode", code="completed")
    _span(made, one.since, None)
    value = element(made, "value", type="CD")
    element(element(value, "originalText"), "reference", value=f"#{mark}")
    role = element(element(made, "participant", typeCode="CSM"), "participantRole", classCode="MANU")
    playing = element(role, "playingEntity", classCode="MMAT")
    _worded_code(playing, one.agent_code, mark)
    element(playing, "name", one.agent)
    return entry_of(entry)


def vital_signs(marks: Marks, measures: Iterable[tuple[Vital, str]], *, at: Moment) -> Entry:
    """FR-Signes-vitaux: each measure with the mark of its words."""
    entry = new_entry()
    organizer = element(entry, "organizer", classCode="CLUSTER", moodCode="EVN")
    put_templates(organizer, _VITALS)
    element(organizer, "id", root=marks.uid())
    to.code(organizer, "code", loinc("85353-1", "Signes vitaux"))
    element(organizer, "statusCode", code="completed")
    to.moment(organizer, "effectiveTime", at)
    for vital, mark in measures:
        component = element(organizer, "component", typeCode="COMP")
        made = _observation(component, marks, vital.code, at, mark, _VITAL)
        element(made, "value", type="PQ", value=vital.value, unit=vital.unit)
    return entry_of(entry)


def transfer(
    marks: Marks,
    *,
    at: Moment,
    mark: str,
    destination: Identifier,
    destination_name: str,
    destination_type: Code,
    address: Address | None,
) -> Entry:
    """FR-Transfert-du-patient towards a place."""
    entry = new_entry()
    act = element(entry, "act", classCode="ACT", moodCode="EVN")
    put_templates(act, _TRANSFER)
    element(act, "id", root=marks.uid())
    to.code(act, "code", loinc("80413-8", "Transfert du patient"))
    element(element(act, "text"), "reference", value=f"#{mark}")
    element(act, "statusCode", code="completed")
    to.moment(element(act, "effectiveTime"), "low", at)
    participant = element(act, "participant", typeCode="DST")
    role = element(participant, "participantRole", classCode="SDLOC")
    to.ids(role, [destination])
    to.code(role, "code", destination_type)
    to.address(role, address, null="NASK")
    to.telecoms(role, (), null="NASK")
    element(element(role, "playingEntity", classCode="ENT"), "name", destination_name)
    return entry_of(entry)


def no_procedure(marks: Marks, *, at: Moment, mark: str) -> Entry:
    """The empty FR-Acte that a section of results holds when no act was done (as in the official FLUDT)."""
    entry = new_entry()
    made = element(entry, "procedure", classCode="PROC", moodCode="EVN")
    put_templates(made, ("2.16.840.1.113883.10.20.1.29", "1.3.6.1.4.1.19376.1.5.3.1.4.19", "1.2.250.1.213.1.1.3.62"))
    element(made, "id", root=marks.uid())
    element(made, "code", nullFlavor="NA")
    element(element(made, "text"), "reference", value=f"#{mark}")
    element(made, "statusCode", code="cancelled")
    to.moment(made, "effectiveTime", at)
    return entry_of(entry)


def new_entry() -> etree._Element:
    made: etree._Element = etree.Element(f"{{{HL7}}}entry", nsmap=NSMAP)
    return made


def put_templates(parent: etree._Element, roots: Iterable[str]) -> None:
    for root in roots:
        element(parent, "templateId", root=root)


def _observation(
    parent: etree._Element, marks: Marks, code: Code, at: Moment, mark: str, templates: Iterable[str]
) -> etree._Element:
    made = element(parent, "observation", classCode="OBS", moodCode="EVN")
    put_templates(made, templates)
    element(made, "id", root=marks.uid())
    to.code(made, "code", code)
    element(element(made, "text"), "reference", value=f"#{mark}")
    element(made, "statusCode", code="completed")
    to.moment(made, "effectiveTime", at)
    return made


def _concern(
    entry: etree._Element,
    marks: Marks,
    templates: Iterable[str],
    since: Moment | None,
    until: Moment | None,
    *,
    is_active: bool,
) -> etree._Element:
    act = element(entry, "act", classCode="ACT", moodCode="EVN")
    put_templates(act, templates)
    element(act, "id", root=marks.uid())
    element(act, "code", nullFlavor="NA")
    element(act, "statusCode", code="active" if is_active else "completed")
    _span(act, since, until if is_active else (until or since), high_null="" if is_active else "UNK")
    return act


def _span(parent: etree._Element, since: Moment | None, until: Moment | None, *, high_null: str = "") -> None:
    span = element(parent, "effectiveTime", type="IVL_TS")
    to.moment(span, "low", since, null="UNK")
    to.moment(span, "high", until, null=high_null)


def _worded_code(parent: etree._Element, code: Code | None, mark: str) -> None:
    made = to.code(parent, "code", code)
    if made is None:
        made = element(parent, "code", nullFlavor="UNK")
    original = etree.Element(f"{{{HL7}}}originalText")
    element(original, "reference", value=f"#{mark}")
    made.insert(0, original)
