"""What the header of a French CDA document must hold. The writer refuses without it, the checker says it.

Source: CI-SIS, minimal structure of medical documents (header), as seen in the 26 examples of TestContenuCDA 3-0; DOMAIN §11.
Codes: CDA-1xx header, CDA-2xx identity, CDA-3xx codes, CDA-4xx body, CDA-5xx versions, CDA-6xx XML schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from maison.formats.cda import oids
from maison.formats.cda.faults import Fault, Severity
from maison.formats.cda.model import Document, Participation, Patient
from maison.formats.identifiers import InvalidIdentifier, check_idnat_ps, check_ins

_ROOT = "/ClinicalDocument"
_PATIENT = f"{_ROOT}/recordTarget/patientRole"
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COG = re.compile(r"([0-9]{5}|2[AB][0-9]{3})")
UNKNOWN_BIRTH_PLACE = "99999"


def header_faults(document: Document) -> Iterator[Fault]:
    yield from _about_the_document(document)
    yield from _about_people(document)
    yield from _about_the_care(document)


def _about_the_document(document: Document) -> Iterator[Fault]:
    if not document.id.root:
        yield _missing("id", "CDA-101", "L’identifiant du document manque.")
    elif not (_OID.fullmatch(document.id.root) or _UUID.fullmatch(document.id.root)):
        yield _fault("id", "CDA-101", "L’identifiant du document n’est ni un OID ni un UUID.")
    if not document.code.code:
        yield _missing("code", "CDA-102", "Le type du document manque (code LOINC ou TRE_A05).")
    if not document.title:
        yield _missing("title", "CDA-103", "Le titre du document manque.")
    if not document.created.raw:
        yield _missing("effectiveTime", "CDA-104", "La date de création du document manque.")
    elif document.created.at is None:
        yield _fault(
            "effectiveTime", "CDA-104", "La date de création n’est pas une date et heure HL7 (AAAAMMJJhhmmss±hhmm)."
        )
    elif not document.created.has_offset:
        yield _fault(
            "effectiveTime",
            "CDA-104",
            "La date de création n’indique pas son décalage horaire : ajoutez +0100 ou +0200.",
        )
    if document.confidentiality is None or not document.confidentiality.code:
        yield _missing("confidentialityCode", "CDA-105", "Le niveau de confidentialité manque : N pour normal.")
    if document.language != "fr-FR":
        yield _fault("languageCode", "CDA-106", "La langue du document doit être fr-FR.")
    roots = {template.root for template in document.template_ids}
    for oid, what in ((oids.HL7_FRANCE, "HL7 France"), (oids.CI_SIS, "du CI-SIS")):
        if oid not in roots:
            yield _missing("templateId", "CDA-107", f"La déclaration de conformité {what} ({oid}) manque.")
    if document.set_id is None:
        yield _missing("setId", "CDA-108", "L’identifiant commun aux versions du document (setId) manque.")
    if document.version is None or document.version < 1:
        yield _missing("versionNumber", "CDA-109", "Le numéro de version doit être un entier à partir de 1.")


def _about_people(document: Document) -> Iterator[Fault]:
    if not document.authors:
        yield _missing("author", "CDA-110", "L’auteur du document manque.")
    for rank, author in enumerate(document.authors, 1):
        yield from _acting(author, f"{_ROOT}/author[{rank}]", "assignedAuthor", "CDA-110", "de l’auteur")
    if document.custodian is None or not document.custodian.ids:
        yield _missing(
            "custodian", "CDA-111", "L’organisation qui conserve le document n’est pas identifiée (FINESS, SIRET…)."
        )
    elif not document.custodian.name:
        yield _missing("custodian", "CDA-111", "Le nom de l’organisation qui conserve le document manque.")
    legal = document.legal_authenticator
    if legal is None:
        yield _missing("legalAuthenticator", "CDA-112", "Le responsable du document manque.")
    else:
        yield from _acting(legal, f"{_ROOT}/legalAuthenticator", "assignedEntity", "CDA-112", "du responsable")


def _acting(who: Participation, place: str, role: str, code: str, whose: str) -> Iterator[Fault]:
    if who.at is None:
        yield Fault(f"{place}/time", "blocking", code, f"La date d’action {whose} manque.")
    if not who.who.ids:
        yield Fault(f"{place}/{role}/id", "blocking", code, f"L’identifiant {whose} manque (RPPS).")
    for one in who.who.ids:
        if one.root != oids.PROFESSIONAL:
            continue
        try:
            check_idnat_ps(one.extension)
        except InvalidIdentifier:
            yield Fault(
                f"{place}/{role}/id",
                "blocking",
                "CDA-113",
                f"L’identifiant national {whose} est faux : attendu 8 suivi du numéro RPPS, clé comprise.",
            )


def _about_the_care(document: Document) -> Iterator[Fault]:
    if not document.services:
        yield _missing("documentationOf", "CDA-114", "L’acte documenté manque.")
    elif document.services[0].start is None:
        place = "documentationOf/serviceEvent/effectiveTime"
        yield _missing(place, "CDA-114", "La date de début de l’acte principal manque.")
    if document.encounter is None or document.encounter.facility_type is None:
        place = "componentOf/encompassingEncounter/location/healthCareFacility/code"
        yield _missing(place, "CDA-115", "La modalité d’exercice de la structure de prise en charge manque.")
    if document.services and not any(
        performer.who.organisation and performer.who.organisation.practice_setting
        for performer in document.services[0].performers
    ):
        place = (
            "documentationOf/serviceEvent/performer/assignedEntity/representedOrganization/standardIndustryClassCode"
        )
        yield _missing(place, "CDA-116", "Le cadre d’exercice de l’exécutant de l’acte principal manque.")


def identity_faults(patient: Patient) -> Iterator[Fault]:
    person = f"{_PATIENT}/patient"
    if not patient.ids and not patient.ins:
        yield Fault(f"{_PATIENT}/id", "blocking", "CDA-201", "Le patient n’a aucun identifiant (INS ou IPP).")
    if not patient.birth_family:
        yield Fault(f"{person}/name/family", "blocking", "CDA-202", "Le nom de naissance manque.")
    if not patient.birth_givens and not patient.first_given:
        yield Fault(f"{person}/name/given", "blocking", "CDA-203", "Les prénoms de naissance manquent.")
    elif not patient.first_given:
        yield Fault(
            f"{person}/name/given", "blocking", "CDA-203", "Le premier prénom de naissance (qualifié BR) manque."
        )
    if not patient.gender:
        yield Fault(f"{person}/administrativeGenderCode", "blocking", "CDA-204", "Le sexe manque.")
    if patient.born is None:
        yield Fault(f"{person}/birthTime", "blocking", "CDA-205", "La date de naissance manque.")
    elif patient.born.day is None:
        yield Fault(
            f"{person}/birthTime", "warning", "CDA-205", "La date de naissance est incomplète ou fausse (AAAAMMJJ)."
        )
    county = f"{person}/birthplace/place/addr/county"
    if not patient.birth_place:
        yield Fault(
            county,
            "blocking",
            "CDA-206",
            f"Le code INSEE du lieu de naissance manque : cinq caractères, {UNKNOWN_BIRTH_PLACE} s’il est inconnu.",
        )
    elif not _COG.fullmatch(patient.birth_place):
        yield Fault(county, "blocking", "CDA-206", "Le lieu de naissance n’est pas un code INSEE de cinq caractères.")
    if patient.ins:
        yield from _ins_faults(patient)


def _ins_faults(patient: Patient) -> Iterator[Fault]:
    if patient.ins_oid == oids.INS_C:
        yield Fault(f"{_PATIENT}/id", "blocking", "CDA-207", "L’ancien identifiant INS-C n’est plus admis.")
        return
    try:
        check_ins(patient.ins)
    except InvalidIdentifier as error:
        yield Fault(f"{_PATIENT}/id", "blocking", "CDA-208", error.message)


def leaving_faults(patient: Patient, *, identity_status: str, production: bool) -> Iterator[Fault]:
    """INS-02: an INS only leaves with a qualified identity; X-07: no test domain in production, none of production elsewhere."""
    if patient.ins and identity_status != "QUAL":
        yield Fault(
            f"{_PATIENT}/id", "blocking", "CDA-209", "L’INS ne peut être transmise : l’identité n’est pas qualifiée."
        )
    if patient.ins_oid in oids.TEST_INS and production:
        yield Fault(
            f"{_PATIENT}/id",
            "blocking",
            "CDA-210",
            "Le document porte une INS de test : il ne peut pas partir en production.",
        )
    if patient.ins_oid in oids.PRODUCTION_INS and not production:
        yield Fault(
            f"{_PATIENT}/id",
            "blocking",
            "CDA-211",
            "Le document porte une INS réelle : il ne peut pas partir d’un environnement de test.",
        )


def _missing(place: str, code: str, message: str) -> Fault:
    return _fault(place, code, message)


def _fault(place: str, code: str, message: str, severity: Severity = "blocking") -> Fault:
    return Fault(f"{_ROOT}/{place}", severity, code, message)
