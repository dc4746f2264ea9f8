"""A submission of documents in ebRIM: written from the metadata of CDA documents, read back by those who receive one.

element = ebrim.write(Submission(entries=(Entry(metadata, id=…),), …))
found = ebrim.read(element)
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from lxml import etree
from msgspec import Struct

from maison.formats.cda.model import Code
from maison.formats.cda.xds import XdsAuthor, XdsMetadata
from maison.formats.xds import names
from maison.formats.xds.names import ENTRY_SCHEMES, LCM, RIM, SET_SCHEMES

_RIM = f"{{{RIM}}}"
NAMESPACE = UUID("8f0f2c7e-52f8-5a0e-9f61-2f9f5d8f3b10")
"""Names of our submissions are drawn from what they submit: the same document always has the same entry."""


def entry_id(unique_id: str) -> str:
    """`root^extension` and `root.extension` are one name."""
    return f"urn:uuid:{uuid5(NAMESPACE, 'entry ' + unique_id.replace('^', '.').strip('.'))}"


def oid_of(*parts: str) -> str:
    """An OID of our own for these words, under the arc of UUIDs (2.25)."""
    return f"2.25.{uuid5(NAMESPACE, ' '.join(parts)).int}"


class Entry(Struct, frozen=True, kw_only=True):
    """A document as submitted. `uri` is its place in an archive (XDM), empty for the DMP; `replaces` the entry of the former one."""

    metadata: XdsMetadata
    uri: str = ""
    replaces: str = ""

    @property
    def id(self) -> str:
        return entry_id(self.metadata.unique_id)


class Submission(Struct, frozen=True, kw_only=True):
    """`source_id` is the OID of the house, `at` UTC `AAAAMMJJhhmmss`. `patient_id` is HL7 CX."""

    unique_id: str
    source_id: str
    at: str
    patient_id: str
    entries: tuple[Entry, ...]
    authors: tuple[XdsAuthor, ...] = ()


class FoundEntry(Struct, frozen=True, kw_only=True):
    """What a receiver reads of an entry. `codes` by the names of `ENTRY_SCHEMES`."""

    id: str
    unique_id: str
    patient_id: str
    title: str
    mime_type: str
    hash: str
    size: int
    uri: str
    source_patient_id: str
    codes: dict[str, tuple[str, ...]]


class FoundSubmission(Struct, frozen=True, kw_only=True):
    """`replaced`: entry → entry it replaces. `statuses`: entry → new status asked for (ITI-57)."""

    unique_id: str
    source_id: str
    patient_id: str
    entries: tuple[FoundEntry, ...]
    replaced: dict[str, str]
    statuses: dict[str, str]


# -- writing


def write(submission: Submission) -> etree._Element:
    """`lcm:SubmitObjectsRequest` with its entries, its set and what ties them."""
    root, objects = _request()
    set_id = _set(objects, submission)
    for rank, entry in enumerate(submission.entries, 1):
        _entry(objects, entry)
        member = _association(objects, f"member-{rank}", names.HAS_MEMBER, set_id, entry.id)
        _slot(member, "SubmissionSetStatus", "Original")
        if entry.replaces:
            _association(objects, f"replaces-{rank}", names.REPLACES, entry.id, entry.replaces)
    return root


def write_status(submission: Submission, entry: str, status: str) -> etree._Element:
    """Ask that an entry already there changes its status (ITI-57): `submission` has no entry of its own."""
    root, objects = _request()
    set_id = _set(objects, submission)
    change = _association(objects, "status-1", names.UPDATES_STATUS, set_id, entry)
    _slot(change, "OriginalStatus", names.APPROVED)
    _slot(change, "NewStatus", status)
    return root


def _request() -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{LCM}}}SubmitObjectsRequest", nsmap={"lcm": LCM, "rim": RIM})
    return root, etree.SubElement(root, f"{_RIM}RegistryObjectList")


def _set(objects: etree._Element, submission: Submission) -> str:
    set_id = f"urn:uuid:{uuid5(NAMESPACE, f'set {submission.unique_id}')}"
    package = etree.SubElement(objects, f"{_RIM}RegistryPackage", id=set_id)
    _slot(package, "submissionTime", submission.at)
    for author in submission.authors[:1]:
        _author(package, author, SET_SCHEMES["author"])
    code, system, label = names.CONTENT_TYPE
    _classification(package, SET_SCHEMES["content"], Code(code, label, system))
    _identifier(package, SET_SCHEMES["unique"], submission.unique_id, "XDSSubmissionSet.uniqueId")
    _identifier(package, SET_SCHEMES["source"], submission.source_id, "XDSSubmissionSet.sourceId")
    _identifier(package, SET_SCHEMES["patient"], submission.patient_id, "XDSSubmissionSet.patientId")
    etree.SubElement(
        objects,
        f"{_RIM}Classification",
        id="node-set",
        classifiedObject=set_id,
        classificationNode=names.SUBMISSION_SET,
    )
    return set_id


def _entry(objects: etree._Element, entry: Entry) -> None:
    said = entry.metadata
    node = etree.SubElement(
        objects, f"{_RIM}ExtrinsicObject", id=entry.id, mimeType=said.mime_type, objectType=names.DOCUMENT_ENTRY,
        status=names.APPROVED,
    )  # fmt: skip
    for name, values in (
        ("creationTime", [said.creation_time]), ("hash", [said.hash]), ("languageCode", [said.language]),
        ("legalAuthenticator", [said.legal_authenticator]), ("serviceStartTime", [said.service_start_time]),
        ("serviceStopTime", [said.service_stop_time]), ("size", [str(said.size)]),
        ("sourcePatientId", [said.source_patient_id]), ("sourcePatientInfo", list(said.source_patient_info)),
        ("URI", [entry.uri]),
    ):  # fmt: skip
        _slot(node, name, *values)
    _name(node, said.title)
    for author in said.authors:
        _author(node, author, ENTRY_SCHEMES["author"])
    for name, codes in (
        ("class", [said.class_code]), ("confidentiality", said.confidentiality), ("event", said.event_codes),
        ("format", [said.format_code]), ("facility", [said.facility_type]), ("practice", [said.practice_setting]),
        ("type", [said.type_code]),
    ):  # fmt: skip
        for code in codes:
            if code is not None and code.code:
                _classification(node, ENTRY_SCHEMES[name], code)
    _identifier(node, ENTRY_SCHEMES["patient"], said.patient_id, "XDSDocumentEntry.patientId")
    _identifier(node, ENTRY_SCHEMES["unique"], said.unique_id, "XDSDocumentEntry.uniqueId")


def _slot(parent: etree._Element, name: str, *values: str) -> None:
    kept = [value for value in values if value]
    if kept:
        held = etree.SubElement(etree.SubElement(parent, f"{_RIM}Slot", name=name), f"{_RIM}ValueList")
        for value in kept:
            etree.SubElement(held, f"{_RIM}Value").text = value


def _name(parent: etree._Element, words: str) -> None:
    if words:
        text = etree.SubElement(etree.SubElement(parent, f"{_RIM}Name"), f"{_RIM}LocalizedString")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "fr-FR")
        text.set("charset", "UTF-8")
        text.set("value", words)


def _author(parent: etree._Element, author: XdsAuthor, scheme: str) -> None:
    node = etree.SubElement(
        parent, f"{_RIM}Classification", id=_child_id(parent, "author"), classificationScheme=scheme,
        classifiedObject=str(parent.get("id")), nodeRepresentation="",
    )  # fmt: skip
    for name, value in (
        ("authorPerson", author.person), ("authorInstitution", author.institution),
        ("authorSpecialty", author.specialty), ("authorRole", author.role),
    ):  # fmt: skip
        _slot(node, name, value)


def _classification(parent: etree._Element, scheme: str, code: Code) -> None:
    node = etree.SubElement(
        parent, f"{_RIM}Classification", id=_child_id(parent, "code"), classificationScheme=scheme,
        classifiedObject=str(parent.get("id")), nodeRepresentation=code.code,
    )  # fmt: skip
    _slot(node, "codingScheme", code.system or names.FORMAT_SYSTEM)
    _name(node, code.label)


def _identifier(parent: etree._Element, scheme: str, value: str, name: str) -> None:
    node = etree.SubElement(
        parent, f"{_RIM}ExternalIdentifier", id=_child_id(parent, "id"), registryObject=str(parent.get("id")),
        identificationScheme=scheme, value=value,
    )  # fmt: skip
    _name(node, name)


def _association(objects: etree._Element, mark: str, kind: str, source: str, target: str) -> etree._Element:
    return etree.SubElement(
        objects, f"{_RIM}Association", id=mark, associationType=kind, sourceObject=source, targetObject=target
    )


def _child_id(parent: etree._Element, kind: str) -> str:
    return f"{kind}-{str(parent.get('id'))[-12:]}-{len(parent)}"


# -- reading


def read(root: etree._Element) -> FoundSubmission:
    """`root` was parsed without entities. Raises ValueError for what is no submission."""
    packages = root.findall(f".//{_RIM}RegistryPackage")
    if root.tag != f"{{{LCM}}}SubmitObjectsRequest" or len(packages) != 1:
        raise ValueError("not a submission of documents")
    links = root.findall(f".//{_RIM}Association")
    ids = {
        node.get("identificationScheme"): str(node.get("value"))
        for node in packages[0].iter(f"{_RIM}ExternalIdentifier")
    }
    return FoundSubmission(
        unique_id=ids.get(SET_SCHEMES["unique"], ""),
        source_id=ids.get(SET_SCHEMES["source"], ""),
        patient_id=ids.get(SET_SCHEMES["patient"], ""),
        entries=tuple(_found(node) for node in root.iter(f"{_RIM}ExtrinsicObject")),
        replaced={
            str(link.get("sourceObject")): str(link.get("targetObject"))
            for link in links
            if link.get("associationType") == names.REPLACES
        },
        statuses={
            str(link.get("targetObject")): next(iter(_slots(link).get("NewStatus", ())), "")
            for link in links
            if link.get("associationType") == names.UPDATES_STATUS
        },
    )


def _found(node: etree._Element) -> FoundEntry:
    slots = _slots(node)
    ids = {one.get("identificationScheme"): str(one.get("value")) for one in node.findall(f"{_RIM}ExternalIdentifier")}
    codes = {
        name: tuple(
            str(one.get("nodeRepresentation"))
            for one in node.findall(f"{_RIM}Classification")
            if one.get("classificationScheme") == scheme
        )
        for name, scheme in ENTRY_SCHEMES.items()
    }
    title = node.find(f"{_RIM}Name/{_RIM}LocalizedString")
    size = _first(slots, "size")
    return FoundEntry(
        id=str(node.get("id")),
        unique_id=ids.get(ENTRY_SCHEMES["unique"], ""),
        patient_id=ids.get(ENTRY_SCHEMES["patient"], ""),
        title=str(title.get("value")) if title is not None else "",
        mime_type=str(node.get("mimeType")),
        hash=_first(slots, "hash"),
        size=int(size) if size.isascii() and size.isdigit() else -1,
        uri=_first(slots, "URI"),
        source_patient_id=_first(slots, "sourcePatientId"),
        codes=codes,
    )


def _slots(node: etree._Element) -> dict[str, tuple[str, ...]]:
    return {
        str(slot.get("name")): tuple(value.text or "" for value in slot.iter(f"{_RIM}Value"))
        for slot in node.findall(f"{_RIM}Slot")
    }


def _first(slots: dict[str, tuple[str, ...]], name: str) -> str:
    values: Sequence[str] = slots.get(name, ())
    return values[0] if values else ""
