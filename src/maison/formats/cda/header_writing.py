"""The header, in the order of the XML schema. Where CI-SIS wants an element and nobody gave it, a null flavour says so."""

from __future__ import annotations

from lxml import etree

from maison.formats.cda import oids
from maison.formats.cda import xml_writing as to
from maison.formats.cda.model import (
    Code,
    Document,
    Encounter,
    Participation,
    Patient,
    Professional,
    RelatedPerson,
    Service,
)
from maison.formats.cda.xml_writing import element

_NOT_ASKED = "NASK"
_GENDERS = {"F": "Féminin", "M": "Masculin", "UN": "Inconnu"}


def write_header(root: etree._Element, document: Document, *, with_ins: bool) -> None:
    element(root, "realmCode", code="FR")
    element(root, "typeId", root=oids.TYPE_ID_ROOT, extension=oids.TYPE_ID_EXTENSION)
    to.ids(root, document.template_ids, "templateId")
    to.ids(root, [document.id])
    to.code(root, "code", document.code)
    element(root, "title", document.title)
    to.moment(root, "effectiveTime", document.created)
    to.code(root, "confidentialityCode", document.confidentiality)
    element(root, "languageCode", code=document.language)
    to.ids(root, [document.set_id] if document.set_id else [], "setId")
    element(root, "versionNumber", value=str(document.version))
    _patient(root, document.patient, with_ins=with_ins)
    for author in document.authors:
        _participation(root, "author", author, "assignedAuthor", "assignedPerson", "representedOrganization")
    for informant in document.informants:
        _informant(root, informant)
    custodian = element(element(root, "custodian"), "assignedCustodian")
    to.organisation(custodian, "representedCustodianOrganization", document.custodian)
    for recipient in document.recipients:
        made = element(element(root, "informationRecipient"), "intendedRecipient")
        _professional(made, recipient, "informationRecipient", "receivedOrganization", has_code=False)
    if document.legal_authenticator:
        _signature(root, "legalAuthenticator", document.legal_authenticator)
    for authenticator in document.authenticators:
        _signature(root, "authenticator", authenticator)
    for participant in document.participants:
        _participation(root, "participant", participant, "associatedEntity", "associatedPerson", "scopingOrganization")
    for order in document.orders:
        made = element(element(root, "inFulfillmentOf"), "order")
        to.ids(made, order.ids)
        to.code(made, "code", order.code)
    for service in document.services:
        _service(root, service)
    for related in document.related:
        parent = element(element(root, "relatedDocument", typeCode=related.kind), "parentDocument")
        to.ids(parent, [related.id])
        to.ids(parent, [related.set_id] if related.set_id else [], "setId")
        if related.version is not None:
            element(parent, "versionNumber", value=str(related.version))
    if document.encounter:
        _encounter(root, document.encounter)


def _patient(root: etree._Element, patient: Patient, *, with_ins: bool) -> None:
    role = element(element(root, "recordTarget"), "patientRole")
    if with_ins and patient.ins:
        element(role, "id", root=patient.ins_oid, extension=patient.ins)
    to.ids(role, patient.ids)
    to.address(role, patient.address, null=_NOT_ASKED)
    to.telecoms(role, patient.telecoms, null=_NOT_ASKED)
    person = element(role, "patient")
    names = element(person, "name")
    element(names, "family", patient.birth_family, qualifier="BR")
    if patient.birth_givens:
        element(names, "given", patient.birth_givens)
    if patient.first_given:
        element(names, "given", patient.first_given, qualifier="BR")
    if patient.used_family:
        element(names, "family", patient.used_family, qualifier="CL")
    if patient.used_given:
        element(names, "given", patient.used_given, qualifier="CL")
    to.code(person, "administrativeGenderCode", Code(patient.gender, _GENDERS.get(patient.gender, ""), oids.GENDER))
    to.moment(person, "birthTime", patient.born)
    for guardian in patient.guardians:
        made = element(person, "guardian")
        to.code(made, "code", guardian.relation)
        to.address(made, guardian.address, null=_NOT_ASKED)
        to.telecoms(made, guardian.telecoms, null=_NOT_ASKED)
        to.name(element(made, "guardianPerson"), guardian.name)
    born = element(element(element(person, "birthplace"), "place"), "addr")
    element(born, "county", patient.birth_place)
    if patient.birth_place_name:
        element(born, "city", patient.birth_place_name)


def _informant(root: etree._Element, informant: RelatedPerson) -> None:
    made = element(element(root, "informant"), "relatedEntity", classCode=informant.kind)
    to.code(made, "code", informant.relation)
    to.address(made, informant.address, null=_NOT_ASKED)
    to.telecoms(made, informant.telecoms, null=_NOT_ASKED)
    to.name(element(made, "relatedPerson"), informant.name)


def _participation(
    parent: etree._Element, tag: str, value: Participation, role: str, person: str, organisation: str
) -> None:
    made = element(parent, tag, typeCode=value.kind)
    to.code(made, "functionCode", value.function)
    if tag in ("participant", "performer"):
        to.interval(made, "time", value.at, value.until, null="NA" if tag == "participant" else "")
    else:
        to.moment(made, "time", value.at)
    attributes = {"classCode": "PROV"} if role == "associatedEntity" else {}
    _professional(element(made, role, **attributes), value.who, person, organisation)


def _signature(root: etree._Element, tag: str, value: Participation) -> None:
    made = element(root, tag)
    to.moment(made, "time", value.at)
    element(made, "signatureCode", code="S")
    _professional(element(made, "assignedEntity"), value.who, "assignedPerson", "representedOrganization")


def _professional(
    made: etree._Element, value: Professional, person: str, organisation: str, *, has_code: bool = True
) -> None:
    to.ids(made, value.ids)
    if not value.ids and has_code:
        element(made, "id", nullFlavor="UNK")
    if has_code:
        to.code(made, "code", value.specialty)
    to.address(made, value.address, null=_NOT_ASKED)
    to.telecoms(made, value.telecoms, null=_NOT_ASKED)
    if value.device:
        device = element(made, "assignedAuthoringDevice")
        element(device, "softwareName", value.device)
    elif value.name:
        to.name(element(made, person), value.name)
    to.organisation(made, organisation, value.organisation)


def _service(root: etree._Element, service: Service) -> None:
    event = element(element(root, "documentationOf"), "serviceEvent")
    to.ids(event, service.ids)
    to.code(event, "code", service.code)
    to.interval(event, "effectiveTime", service.start, service.end)
    for performer in service.performers:
        _participation(event, "performer", performer, "assignedEntity", "assignedPerson", "representedOrganization")
        event[-1].set("typeCode", "PRF")


def _encounter(root: etree._Element, encounter: Encounter) -> None:
    made = element(element(root, "componentOf"), "encompassingEncounter")
    to.ids(made, encounter.ids)
    to.code(made, "code", encounter.code)
    to.interval(made, "effectiveTime", encounter.start, encounter.end, null="NA")
    if encounter.responsible:
        entity = element(element(made, "responsibleParty"), "assignedEntity")
        _professional(entity, encounter.responsible, "assignedPerson", "representedOrganization")
    facility = element(element(made, "location"), "healthCareFacility")
    if encounter.facility:
        to.ids(facility, encounter.facility.ids)
    to.code(facility, "code", encounter.facility_type)
    if encounter.facility and (encounter.facility.name or encounter.facility.address):
        place = element(facility, "location")
        if encounter.facility.name:
            element(place, "name", encounter.facility.name)
        to.address(place, encounter.facility.address)
