"""What a place of a message says: clinical, identity of a person, or administrative.

What is not known to be administrative is clinical: a channel never changes it but through an approved table (HUB-07).
Sources: HL7 v2.5 and IHE PAM FR 2.11 (segments), FHIR R4 (elements), CDA R2 (header), DOMAIN §12.
"""

from __future__ import annotations

import re

CLINICAL, IDENTITY, ADMINISTRATIVE = "clinique", "identité", "administratif"

HL7_ADMINISTRATIVE = frozenset(
    [
        "MSH",
        "SFT",
        "UAC",
        "EVN",
        "PD1",
        "NK1",
        "PV1",
        "PV2",
        "ZBE",
        "ZFA",
        "ZFD",
        "ZFM",
        "ZFP",
        "ZFS",
        "ZFV",
        "ACC",
        "GT1",
        "IN1",
        "IN2",
        "IN3",
        "MSA",
        "ERR",
        "ROL",
        "PRT",
        "ORC",
        "TXA",
        "MFI",
        "MFE",
    ]
)
HL7_CLINICAL_FIELDS = frozenset({("PV2", 3), ("ACC", 3), ("ORC", 16), ("TXA", 16)})
HL7_IDENTITY = frozenset({"PID", "MRG"})

FHIR_ADMINISTRATIVE = frozenset(
    [
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "identifier",
        "active",
        "telecom",
        "address",
        "managingOrganization",
        "type",
        "timestamp",
        "total",
        "entry",
        "resource",
        "fullUrl",
        "request",
        "method",
        "url",
        "link",
        "relation",
        "source",
        "destination",
        "endpoint",
        "sender",
        "responsible",
        "author",
        "custodian",
        "recipient",
        "subject",
        "patient",
        "encounter",
        "serviceProvider",
        "location",
        "organization",
        "practitioner",
        "participant",
        "individual",
        "period",
        "start",
        "end",
        "issued",
        "created",
        "lastUpdated",
        "profile",
        "system",
        "use",
        "display",
        "reference",
        "version",
        "masterIdentifier",
        "eventCoding",
        "focus",
        "response",
        "status",
        "statusHistory",
        "class",
        "hospitalization",
        "period",
        "partOf",
        "basedOn",
        "requester",
        "performer",
    ]
)
FHIR_IDENTITY = frozenset(
    {"name", "family", "given", "prefix", "suffix", "birthDate", "gender", "deceasedDateTime", "maritalStatus"}
)
FHIR_PARTS = frozenset({"value", "code", "coding", "text", "line", "city", "postalCode", "country"})
FHIR_HOLDERS = frozenset({"identifier", "telecom", "address", "name", "meta", "type", "class"})
JSON_HUB_ADMINISTRATIVE = frozenset(
    [
        "distributionID",
        "senderID",
        "dateTimeSent",
        "dateTimeExpires",
        "distributionStatus",
        "distributionKind",
        "descriptor",
        "language",
        "explicitAddress",
        "explicitAddressScheme",
        "explicitAddressValue",
        "messageId",
        "sender",
        "recipient",
        "sentAt",
        "kind",
        "status",
        "URI",
        "caseId",
        "senderCaseId",
        "owner",
        "referenceVersion",
        "creation",
        "updatedAt",
    ]
)
CDA_CLINICAL = frozenset(
    {"component", "structuredBody", "nonXMLBody", "section", "entry", "documentationOf", "observation"}
)
CDA_ADMINISTRATIVE_ROOTS = frozenset({"ClinicalDocument"})
CDA_ADMINISTRATIVE = frozenset(
    [
        "realmCode",
        "typeId",
        "templateId",
        "id",
        "code",
        "title",
        "effectiveTime",
        "confidentialityCode",
        "languageCode",
        "setId",
        "versionNumber",
        "author",
        "custodian",
        "informationRecipient",
        "legalAuthenticator",
        "authenticator",
        "recordTarget",
        "dataEnterer",
        "relatedDocument",
        "componentOf",
    ]
)
CDA_IDENTITY = frozenset({"patient", "patientRole"})
WRAPPERS = frozenset({"content", "jsonContent", "embeddedJsonContent", "message"})


def kind_of(format: str, path: str) -> str:  # noqa: A002
    if format == "hl7v2":
        return _hl7(path)
    return _json(path) if format == "json" else _xml(path)


def _hl7(path: str) -> str:
    found = re.match(r"([A-Z0-9]{3})(?:\[[^\]]*\])?-(\d+)", path)
    if found is None:
        return CLINICAL
    segment, number = found[1], int(found[2])
    if segment in HL7_IDENTITY:
        return IDENTITY
    return (
        ADMINISTRATIVE if segment in HL7_ADMINISTRATIVE and (segment, number) not in HL7_CLINICAL_FIELDS else CLINICAL
    )


def _json(path: str) -> str:
    from .json_tree import read_path

    names = [step.name for step in read_path(path) if step.name]
    inside = [name for name in names if name not in WRAPPERS]
    if not inside:
        return CLINICAL
    known = FHIR_ADMINISTRATIVE | FHIR_IDENTITY | JSON_HUB_ADMINISTRATIVE
    known = FHIR_ADMINISTRATIVE | FHIR_IDENTITY | JSON_HUB_ADMINISTRATIVE
    for rank, name in enumerate(inside):
        # The last name of a coded or quantified value says nothing by itself: what holds it does.
        if name not in known and not (name in FHIR_PARTS and FHIR_HOLDERS.intersection(inside[:rank])):
            return CLINICAL
    return IDENTITY if any(name in FHIR_IDENTITY for name in inside) else ADMINISTRATIVE


def _xml(path: str) -> str:
    from .xml_tree import read_path

    names = [step.name for step in read_path(path) if not step.attribute]
    if not names or names[0] not in CDA_ADMINISTRATIVE_ROOTS or len(names) < 2:
        return CLINICAL
    if names[1] not in CDA_ADMINISTRATIVE or any(name in CDA_CLINICAL for name in names[1:]):
        return CLINICAL
    return IDENTITY if any(name in CDA_IDENTITY for name in names) else ADMINISTRATIVE
