"""A document as the house holds it. Everything is immutable and compared by value; what was absent is None or empty.

Header words follow CDA: `author` wrote, `legal_authenticator` answers for it, `custodian` keeps it, `informants` are the
people around the patient, `services` are the documented acts, `encounter` is the stay or the visit.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import Node


class Code(Struct, frozen=True):
    """`original` is the text of `originalText`; `null` the HL7 null flavour when there is no code."""

    code: str = ""
    display: str = ""
    system: str = ""
    system_name: str = ""
    original: str = ""
    null: str = ""
    translations: tuple[Code, ...] = ()

    @property
    def label(self) -> str:
        return self.display or self.original or next((t.display for t in self.translations if t.display), "")


class Identifier(Struct, frozen=True):
    """`root` is an OID (or a UUID alone); the pair is unique."""

    root: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.root}^{self.extension}" if self.extension else self.root


class Address(Struct, frozen=True):
    number: str = ""
    street: str = ""
    unit: str = ""
    lines: tuple[str, ...] = ()
    postal_code: str = ""
    city: str = ""
    county: str = ""
    state: str = ""
    country: str = ""
    use: str = ""

    def __str__(self) -> str:
        first = " ".join(part for part in (self.number, self.street) if part)
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (first, self.unit, *self.lines, town, self.country) if part)


class Telecom(Struct, frozen=True):
    """`value` is a URI: `tel:0561…`, `mailto:…`."""

    value: str
    use: str = ""

    def __str__(self) -> str:
        """`05 61 00 00 00` in one piece for a French number, the address alone otherwise."""
        words = self.value.partition(":")[2] or self.value
        return "\u00a0".join(re.findall("..", words)) if re.fullmatch("0[0-9]{9}", words) else words


class Name(Struct, frozen=True):
    """`prefix` is the civility (M, MME), `suffix` the professional title (DR, PR)."""

    family: str = ""
    given: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (_TITLES.get(self.suffix, self.suffix), self.given, self.family) if part)


_TITLES = {"DR": "Dr", "PR": "Pr"}


class Organisation(Struct, frozen=True):
    ids: tuple[Identifier, ...] = ()
    name: str = ""
    telecoms: tuple[Telecom, ...] = ()
    address: Address | None = None
    practice_setting: Code | None = None


class Professional(Struct, frozen=True):
    """Somebody who acts: author, authenticator, performer, participant, recipient. `device` replaces the name of a machine."""

    ids: tuple[Identifier, ...] = ()
    name: Name | None = None
    specialty: Code | None = None
    address: Address | None = None
    telecoms: tuple[Telecom, ...] = ()
    organisation: Organisation | None = None
    device: str = ""

    def __str__(self) -> str:
        return str(self.name) if self.name else self.device or (self.organisation.name if self.organisation else "")


class Participation(Struct, frozen=True):
    """A professional at a time, in a function. `kind` is the `typeCode` of a participant (INF, REF…), empty otherwise."""

    who: Professional
    at: Moment | None = None
    until: Moment | None = None
    function: Code | None = None
    kind: str = ""


class RelatedPerson(Struct, frozen=True):
    """`kind`: ECON to be told in an emergency, NOK person of trust, GUARD guardian, other classes as they came."""

    kind: str
    name: Name
    relation: Code | None = None
    address: Address | None = None
    telecoms: tuple[Telecom, ...] = ()


class Patient(Struct, frozen=True):
    """Traits of the header. `ins` is the matricule (15 characters) and `ins_oid` its domain: both or none (INS-02)."""

    birth_family: str
    birth_givens: str = ""
    first_given: str = ""
    used_family: str = ""
    used_given: str = ""
    gender: str = ""
    born: Moment | None = None
    birth_place: str = ""
    birth_place_name: str = ""
    ins: str = ""
    ins_oid: str = ""
    ids: tuple[Identifier, ...] = ()
    address: Address | None = None
    telecoms: tuple[Telecom, ...] = ()
    guardians: tuple[RelatedPerson, ...] = ()


class Service(Struct, frozen=True):
    """A documented act."""

    code: Code | None = None
    ids: tuple[Identifier, ...] = ()
    start: Moment | None = None
    end: Moment | None = None
    performers: tuple[Participation, ...] = ()


class Encounter(Struct, frozen=True):
    ids: tuple[Identifier, ...] = ()
    code: Code | None = None
    start: Moment | None = None
    end: Moment | None = None
    responsible: Professional | None = None
    facility_type: Code | None = None
    facility: Organisation | None = None


class RelatedDocument(Struct, frozen=True):
    """`kind`: RPLC replaces, APND adds to, XFRM is a transformation of."""

    kind: str
    id: Identifier
    set_id: Identifier | None = None
    version: int | None = None


class Order(Struct, frozen=True):
    """The request this document answers (`inFulfillmentOf`)."""

    ids: tuple[Identifier, ...]
    code: Code | None = None


class Entry(Struct, frozen=True):
    """A coded entry. `xml` is the whole element, canonical; the rest is what a simple one says, in words.

    `kind` is the act class (`observation`, `substanceAdministration`, `organizer`…); `value` is ready to read (`37 °C`).
    """

    xml: str
    kind: str = ""
    code: Code | None = None
    value: str = ""
    value_code: Code | None = None
    when: str = ""
    status: str = ""
    negated: bool = False
    parts: tuple[Entry, ...] = ()


class Section(Struct, frozen=True):
    title: str = ""
    code: Code | None = None
    narrative: tuple[Node | str, ...] = ()
    entries: tuple[Entry, ...] = ()
    sections: tuple[Section, ...] = ()
    template_ids: tuple[Identifier, ...] = ()
    id: Identifier | None = None


class Attachment(Struct, frozen=True):
    """Bytes carried inside a structured body. `id` is what the narrative refers to, empty when nothing does."""

    id: str
    media_type: str
    data: bytes


class Unstructured(Struct, frozen=True):
    """An N1 body: one file. `is_text` when it is written as text and not in base64."""

    media_type: str
    data: bytes
    is_text: bool = False


class Kept(Struct, frozen=True):
    """A part of the document the house does not read: where it stands, and the whole of it."""

    place: str
    xml: str


class Remark(Struct, frozen=True):
    """What the reader had to forgive, in French."""

    place: str
    message: str


Level = Literal["N1", "N3"]


class Document(Struct, frozen=True, kw_only=True):
    """A document read or to be written. `kept` is what was not understood: such a document is passed on, not rewritten."""

    id: Identifier
    code: Code
    title: str
    created: Moment
    patient: Patient
    set_id: Identifier | None = None
    version: int | None = None
    confidentiality: Code | None = None
    language: str = "fr-FR"
    template_ids: tuple[Identifier, ...] = ()
    authors: tuple[Participation, ...] = ()
    informants: tuple[RelatedPerson, ...] = ()
    custodian: Organisation | None = None
    recipients: tuple[Professional, ...] = ()
    legal_authenticator: Participation | None = None
    authenticators: tuple[Participation, ...] = ()
    participants: tuple[Participation, ...] = ()
    orders: tuple[Order, ...] = ()
    services: tuple[Service, ...] = ()
    related: tuple[RelatedDocument, ...] = ()
    encounter: Encounter | None = None
    unstructured: Unstructured | None = None
    sections: tuple[Section, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    kept: tuple[Kept, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def level(self) -> Level:
        return "N1" if self.unstructured is not None else "N3"
