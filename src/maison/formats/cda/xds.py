"""What a sharing system asks about a document: the XDS metadata of the DMP, of MSSanté (XDM) and of PDSm.

Source: CI-SIS, volet Partage de documents de santé; code lists in `codes`. The class of each type comes from the published
association of types and classes, which the reference files do not hold: the table below is ours, for the types whose class
is plain, **to confirm**, and the operator may give another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC

from msgspec import Struct
from msgspec.structs import replace

from maison.formats.cda import oids
from maison.formats.cda.codes import table
from maison.formats.cda.model import Code, Document, Identifier, Organisation, Participation, Patient
from maison.formats.cda.moment import Moment

_MODEL = "1.2.250.1.213.1.1.1."
FORMATS = {
    f"{_MODEL}8": "urn:asip:ci-sis:frcp:2011",
    f"{_MODEL}13": "urn:asip:ci-sis:vsm:2012",
    f"{_MODEL}16": "urn:asip:ci-sis:eunv:2013",
    f"{_MODEL}17": "urn:asip:ci-sis:sunv:2013",
    f"{_MODEL}23": "urn:asip:ci-sis:fludt:2017",
    f"{_MODEL}29": "urn:asip:ci-sis:ldl-ses:2017",
    f"{_MODEL}30": "urn:asip:ci-sis:sdm-mr:2017",
    f"{_MODEL}36": "urn:asip:ci-sis:hr:2019",
    f"{_MODEL}37": "urn:asip:ci-sis:vac:2019",
    f"{_MODEL}38": "urn:asip:ci-sis:tlm-da:2020",
    f"{_MODEL}41": "urn:asip:ci-sis:cr-cpa:2020",
    f"{_MODEL}47": "urn:ans:ci-sis:img-da:2022",
    f"{_MODEL}59": "urn:ans:ci-sis:trod:2024",
    f"{_MODEL}2.1.1": "urn:asip:ci-sis:avk:2009",
    f"{_MODEL}2.1.4": "urn:asip:ci-sis:psc:2009",
    f"{_MODEL}5.4": "urn:ans:ci-sis:cse-mde:2023",
    f"{_MODEL}12.1": "urn:asip:ci-sis:obp-sap:2023",
    f"{_MODEL}12.4": "urn:asip:ci-sis:obp-scm:2023",
    "1.3.6.1.4.1.19376.1.3.3": "urn:ihe:lab:xd-lab:2008",
    "1.3.6.1.4.1.19376.1.9.1.1.1": "urn:ihe:pharm:pre:2010",
}
"""Root of the model's templateId → formatCode. Source: templateIds of the 26 examples, labels of JDV_J10."""

UNSTRUCTURED_FORMATS = {
    "application/pdf": "urn:ihe:iti:xds-sd:pdf:2008",
    "text/plain": "urn:ihe:iti:xds-sd:text:2008",
    "image/jpeg": "urn:ihe:iti-fr:xds-sd:jpeg:2010",
    "image/tiff": "urn:ihe:iti-fr:xds-sd:tiff:2010",
    "text/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
    "application/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
}
NO_MODEL = "urn:asipSante:modelesHorsProfils:2011"

_CLASSES = {
    "10": "11488-4 34112-3 11502-2 11505-5 11506-3 15507-7 15508-5 34794-8 34874-8 51969-4 60568-3 34749-2 67851-6 70004-7 "
    "77436-4 78513-9 85208-7 96173-0",
    "11": "SYNTH 60591-5 11490-0 34133-9 18761-7 74207-2 78341-5 60280-5 68599-0 83981-1 88348-8 96349-6 11369-6 57055-6 "
    "57057-2 57075-4 89235-6 78489-2",
    "31": "18748-4 IMG-KOS 52040-3",
    "42": "57833-6 57828-6 57832-8 PRESC-AAT PRESC-BIO PRESC-KINE PRESC-INF PRESC-PEDI PRESC-ORTHOPHO PRESC-ORTHOPTIE 55115-0 "
    "75496-0",
    "43": "60593-1 DISP_AUT",
    "44": "18776-5 77604-7 PROT_ALD 80771-9 80788-3 83869-8",
    "45": "80565-5",
    "52": "CERT_DECL 89601-9",
    "60": "REMB",
    "90": "DOCPAT01 DOCPAT02 DOCPAT03 DOCPAT04 DOCPAT05 DOCPAT06 DOCPAT07 DOCPAT08 DOCPAT09 EXPPAT_1 EXPPAT_2 EXPPAT_3",
    "99": "FEUILLE-DE-STYLE",
}
CLASSES: Mapping[str, str] = {code: class_ for class_, codes in _CLASSES.items() for code in codes.split()}
"""Type → class, to confirm against the published association."""


class XdsAuthor(Struct, frozen=True):
    """`person` and `institution` are HL7 XCN and XON; `specialty` is a code with its system, `code^label^system`."""

    person: str
    institution: str
    specialty: str
    role: str


class XdsMetadata(Struct, frozen=True, kw_only=True):
    """Times are UTC, `AAAAMMJJhhmmss`. `patient_id` and `source_patient_id` are HL7 CX. What is unknown is empty: see `missing`."""

    unique_id: str
    title: str
    class_code: Code | None
    type_code: Code
    format_code: Code
    practice_setting: Code | None
    facility_type: Code | None
    confidentiality: tuple[Code, ...]
    event_codes: tuple[Code, ...]
    creation_time: str
    service_start_time: str
    service_stop_time: str
    language: str
    mime_type: str
    hash: str
    size: int
    patient_id: str
    source_patient_id: str
    source_patient_info: tuple[str, ...]
    authors: tuple[XdsAuthor, ...]
    legal_authenticator: str
    set_id: str
    version: int | None
    replaces: str
    missing: tuple[str, ...]


def metadata_of(
    document: Document,
    data: bytes,
    *,
    visibility: Iterable[str] = (),
    classes: Mapping[str, str] = CLASSES,
) -> XdsMetadata:
    """`data` is the document as it travels; its SHA-1 is the XDS hash. `visibility`: codes of TRE_A07 (MASQUE_PS…), checked.

    KeyError for an unknown visibility. Nothing else is refused here: what a sharing system will want and the document does not
    say is named in `missing`.
    """
    main = document.services[0] if document.services else None
    setting = next(
        (
            performer.who.organisation.practice_setting
            for performer in (main.performers if main else ())
            if performer.who.organisation and performer.who.organisation.practice_setting
        ),
        None,
    )
    class_code = classes.get(document.code.code)
    masks = tuple(_coded("confidentiality", code, "1.2.250.1.213.1.1.4.13") for code in visibility)
    patient = document.patient
    found = XdsMetadata(
        unique_id=str(document.id),
        title=document.title,
        class_code=_coded("class", class_code, oids.DOCUMENT_CLASSES) if class_code else None,
        type_code=document.code,
        format_code=format_of(document),
        practice_setting=setting,
        facility_type=document.encounter.facility_type if document.encounter else None,
        confidentiality=((document.confidentiality,) if document.confidentiality else ()) + masks,
        event_codes=tuple(service.code for service in document.services if service.code and service.code.code),
        creation_time=_utc(document.created),
        service_start_time=_utc(main.start) if main and main.start else "",
        service_stop_time=_utc(main.end) if main and main.end else "",
        language=document.language,
        mime_type="text/xml",
        hash=hashlib.sha1(data).hexdigest(),  # noqa: S324 - XDS says SHA-1
        size=len(data),
        patient_id=f"{patient.ins}^^^&{patient.ins_oid}&ISO^NH" if patient.ins else "",
        source_patient_id=next((f"{one.extension}^^^&{one.root}&ISO^PI" for one in patient.ids if one.extension), ""),
        source_patient_info=_patient_info(patient),
        authors=tuple(_author(author) for author in document.authors),
        legal_authenticator=_person(document.legal_authenticator) if document.legal_authenticator else "",
        set_id=str(document.set_id) if document.set_id else "",
        version=document.version,
        replaces=next((str(one.id) for one in document.related if one.kind == "RPLC"), ""),
        missing=(),
    )
    return _with_missing(found)


def format_of(document: Document) -> Code:
    """By the kind of file for N1, by the model for N3; a document without known model is said to be out of the profiles."""
    if document.unstructured is not None:
        code = UNSTRUCTURED_FORMATS.get(document.unstructured.media_type, NO_MODEL)
    else:
        code = next((FORMATS[one.root] for one in document.template_ids if one.root in FORMATS), NO_MODEL)
    return Code(code, table("format")[code], "")


def _with_missing(found: XdsMetadata) -> XdsMetadata:
    names = (
        "class_code",
        "practice_setting",
        "facility_type",
        "creation_time",
        "service_start_time",
        "patient_id",
        "source_patient_id",
        "authors",
        "legal_authenticator",
    )
    return replace(found, missing=tuple(name for name in names if not getattr(found, name)))


def _coded(name: str, code: str, system: str) -> Code:
    return Code(code, table(name)[code], system)


def _utc(moment: Moment) -> str:
    """A day alone stays a day: no hour is invented. Without offset, nothing can be said in UTC: the day."""
    at = moment.at
    if at is not None and at.tzinfo is not None and 1 < at.year < 9999:
        return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return moment.day.strftime("%Y%m%d") if moment.day else ""


def _author(author: Participation) -> XdsAuthor:
    organisation = author.who.organisation
    return XdsAuthor(
        person=_person(author),
        institution=_institution(organisation) if organisation else "",
        specialty=_cne(author.who.specialty) if author.who.specialty else "",
        role=author.function.label if author.function else "",
    )


def _person(who: Participation) -> str:
    one = who.who.ids[0] if who.who.ids else Identifier("")
    if who.who.name is None:
        return f"{_escaped(one.extension)}^{_escaped(who.who.device)}^^^^^^^&{one.root}&ISO^U"
    name = who.who.name
    kind = "IDNPS" if one.root == oids.PROFESSIONAL else "EI"
    return f"{_escaped(one.extension)}^{_escaped(name.family)}^{_escaped(name.given)}^^^^^^&{one.root}&ISO^D^^^{kind}"


def _institution(organisation: Organisation) -> str:
    one = organisation.ids[0] if organisation.ids else Identifier("")
    kind = "IDNST" if one.root == oids.STRUCTURE else ""
    return f"{_escaped(organisation.name)}^^^^^&{one.root}&ISO^{kind}^^^{_escaped(one.extension)}"


def _patient_info(patient: Patient) -> tuple[str, ...]:
    """PID-5, PID-7, PID-8 of the source: birth name (L), then used name (D) when it differs."""
    names = [
        f"PID-5|{_escaped(patient.birth_family)}^{_escaped(patient.first_given)}^{_escaped(patient.birth_givens)}^^^^L"
    ]
    if patient.used_family and (patient.used_family, patient.used_given) != (patient.birth_family, patient.first_given):
        names.append(f"PID-5|{_escaped(patient.used_family)}^{_escaped(patient.used_given)}^^^^^D")
    born = (f"PID-7|{patient.born.day:%Y%m%d}",) if patient.born and patient.born.day else ()
    gender = (f"PID-8|{'U' if patient.gender == 'UN' else patient.gender}",) if patient.gender else ()
    return (*names, *born, *gender)


def _cne(code: Code) -> str:
    return f"{_escaped(code.code)}^{_escaped(code.display)}^{code.system}"


def _escaped(text: str) -> str:
    """HL7 v2 escapes."""
    for character, escape in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\")):
        text = text.replace(character, escape)
    return text
