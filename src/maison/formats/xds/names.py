"""Fixed names of XDS: namespaces, classification schemes, statuses and kinds of association. Source: IHE ITI TF-3, 4.2."""

from __future__ import annotations

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
XDSB = "urn:ihe:iti:xds-b:2007"

DOCUMENT_ENTRY = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"

ENTRY_SCHEMES = {
    "author": "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
    "class": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "event": "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
    "format": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "facility": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practice": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "type": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "patient": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "unique": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
SET_SCHEMES = {
    "author": "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
    "content": "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
    "patient": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "source": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    "unique": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
}

APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted"
"""CI-SIS: a document taken back by its author. To confirm against the DMP guide, as the transaction that says it."""
HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"
UPDATES_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"

SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
ERROR = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"

PROVIDE_AND_REGISTER = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
PROVIDE_AND_REGISTER_ANSWER = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse"
UPDATE = "urn:ihe:iti:2010:UpdateDocumentSet"
UPDATE_ANSWER = "urn:ihe:iti:2010:UpdateDocumentSetResponse"

FORMAT_SYSTEM = "1.2.250.1.213.1.1.4.2.282"
CONTENT_TYPE = ("04", "1.2.250.1.213.2.2", "Hospitalisation")
"""contentTypeCode of a submission that comes from a hospital's stay. To confirm, as the system of formatCode."""
