"""The composite data types French messages use, read from a raw repetition and written back.

Components not sent are None; "" asks to erase. Places, units, authorities and professionals come back in every message of
a hospital: they are read once and remembered. What identifies a patient is never remembered.
Source: HL7 2.5.1, chapter 2.A, and the constraints of PAM France 2.11 on them.
"""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from maison.formats.hl7v2.escapes import text_of
from maison.formats.hl7v2.writer import Component, field_text

RPPS_SYSTEM = "1.2.250.1.71.4.2.1"
STRUCTURE_SYSTEM = "1.2.250.1.71.4.2.2"


class Authority(Struct, frozen=True, gc=False):
    """HD: who gives identifiers. `scheme` is ISO for an OID; hospitals also write N, M or L with a FINESS or a number."""

    namespace: str | None = None
    id: str | None = None
    scheme: str | None = None

    def components(self) -> tuple[str | None, ...]:
        return (self.namespace, self.id, self.scheme)

    def field(self) -> str:
        return field_text(self.components())


class Identifier(Struct, frozen=True, gc=False):
    """CX. `kind` is table 0203: PI (IPP), INS, AN (dossier), VN (venue), PPN, NH, ..."""

    value: str | None = None
    authority: Authority | None = None
    kind: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None

    def field(self) -> str:
        return field_text(
            (self.value, None, None, _sub(self.authority), self.kind, None, self.valid_from, self.valid_to)
        )


class PersonName(Struct, frozen=True, gc=False):
    """XPN. In France `given` is the first given name of birth and `givens` all of them; `kind` L birth, D used, S, U."""

    family: str | None = None
    given: str | None = None
    givens: str | None = None
    suffix: str | None = None
    prefix: str | None = None
    kind: str | None = None

    def field(self) -> str:
        return field_text((self.family, self.given, self.givens, self.suffix, self.prefix, None, self.kind))


class Address(Struct, frozen=True, gc=False):
    """XAD. `kind` H home, O office, BDL place of birth; `commune` is the INSEE code."""

    street: str | None = None
    complement: str | None = None
    city: str | None = None
    postcode: str | None = None
    country: str | None = None
    kind: str | None = None
    commune: str | None = None

    def field(self) -> str:
        return field_text(
            (
                self.street,
                self.complement,
                self.city,
                None,
                self.postcode,
                self.country,
                self.kind,
                None,
                self.commune,
            )
        )


class Telecom(Struct, frozen=True, gc=False):
    """XTN. `use` PRN, WPN, NET; `equipment` PH, CP, FX, Internet, X.400 (MSSanté)."""

    number: str | None = None
    use: str | None = None
    equipment: str | None = None
    email: str | None = None

    def field(self) -> str:
        return field_text((None, self.use, self.equipment, self.email, *(None,) * 7, self.number))


class Professional(Struct, frozen=True, gc=False):
    """XCN. `id_kind` IDNPS or RPPS (the number with or without its leading 8), ADELI, EI, RI."""

    id: str | None = None
    family: str | None = None
    given: str | None = None
    prefix: str | None = None
    authority: Authority | None = None
    name_kind: str | None = None
    id_kind: str | None = None

    @property
    def rpps(self) -> str | None:
        """Eleven digits, whether the sender wrote the RPPS or the national identifier (8 and the RPPS)."""
        if self.id is None or self.authority is None or self.authority.id != RPPS_SYSTEM:
            return None
        if len(self.id) == 12 and self.id[0] == "8":
            return self.id[1:]
        return self.id if len(self.id) == 11 else None

    def field(self) -> str:
        name = (self.id, self.family, self.given, None, None, self.prefix, None, None)
        return field_text((*name, _sub(self.authority), self.name_kind, None, None, self.id_kind))


class Location(Struct, frozen=True, gc=False):
    """PL: a place inside a hospital."""

    point_of_care: str | None = None
    room: str | None = None
    bed: str | None = None
    facility: Authority | None = None
    status: str | None = None
    kind: str | None = None
    building: str | None = None
    floor: str | None = None

    def field(self) -> str:
        return field_text(
            (
                self.point_of_care,
                self.room,
                self.bed,
                _sub(self.facility),
                self.status,
                self.kind,
                self.building,
                self.floor,
            )
        )


class Unit(Struct, frozen=True, gc=False):
    """XON: a functional unit (kind UF, `id` its code) or an organisation (kind FINEG, FINEJ, ...)."""

    name: str | None = None
    authority: Authority | None = None
    kind: str | None = None
    id: str | None = None

    def field(self) -> str:
        return field_text((self.name, *(None,) * 4, _sub(self.authority), self.kind, None, None, self.id))


class Coded(Struct, frozen=True, gc=False):
    """CE or CWE: a code, its label, its system; then another code for the same thing, as the sender likes."""

    code: str | None = None
    label: str | None = None
    system: str | None = None
    other_code: str | None = None
    other_label: str | None = None
    other_system: str | None = None

    def field(self) -> str:
        other = (self.other_code, self.other_label, self.other_system)
        return field_text((self.code, self.label, self.system, *other))


class Reference(Struct, frozen=True, gc=False):
    """EI: the identifier of a thing (movement, order, document) and who gave it."""

    id: str | None = None
    namespace: str | None = None
    authority: str | None = None
    scheme: str | None = None

    def field(self) -> str:
        return field_text((self.id, self.namespace, self.authority, self.scheme))


class Attachment(Struct, frozen=True, gc=False):
    """ED, still encoded: a document of fifty megabytes is copied once, when somebody decodes it."""

    data: str | None = None
    kind: str | None = None
    subkind: str | None = None
    encoding: str | None = None
    source: Authority | None = None

    def field(self) -> str:
        return field_text((_sub(self.source), self.kind, self.subkind, self.encoding, self.data))


def _sub(authority: Authority | None) -> Component:
    return authority.components() if authority is not None else None


def _texts(parts: list[str], charset: str) -> list[str | None]:
    """First subcomponent of each, unescaped: only when the composite holds escapes, erasures or subcomponents."""
    return [text_of(part.partition("&")[0], charset) for part in parts]


@lru_cache(maxsize=4096)
def authority(raw: str, charset: str) -> Authority:
    namespace, id_, scheme, *_ = (raw + "&&").split("&")
    return Authority(text_of(namespace, charset), text_of(id_, charset), text_of(scheme, charset))


def identifier(raw: str, charset: str) -> Identifier:
    parts = (raw + "^^^^^^^").split("^")
    giver = authority(parts[3], charset) if parts[3] else None
    if "\\" not in raw and '"' not in raw:
        return Identifier(parts[0] or None, giver, parts[4] or None, parts[6] or None, parts[7] or None)
    texts = _texts(parts, charset)
    return Identifier(texts[0], giver, texts[4], texts[6], texts[7])


def person_name(raw: str, charset: str) -> PersonName:
    parts = (raw + "^^^^^^").split("^")
    if "\\" not in raw and '"' not in raw and "&" not in raw:
        return PersonName(
            parts[0] or None, parts[1] or None, parts[2] or None, parts[3] or None, parts[4] or None, parts[6] or None
        )
    texts = _texts(parts, charset)
    return PersonName(texts[0], texts[1], texts[2], texts[3], texts[4], texts[6])


def address(raw: str, charset: str) -> Address:
    parts = (raw + "^^^^^^^^").split("^")
    if "\\" not in raw and '"' not in raw and "&" not in raw:
        return Address(
            parts[0] or None,
            parts[1] or None,
            parts[2] or None,
            parts[4] or None,
            parts[5] or None,
            parts[6] or None,
            parts[8] or None,
        )
    texts = _texts(parts, charset)
    return Address(texts[0], texts[1], texts[2], texts[4], texts[5], texts[6], texts[8])


def telecom(raw: str, charset: str) -> Telecom:
    """The unformatted number (12th component) or, failing that, the old first one."""
    parts = (raw + "^^^^^^^^^^^").split("^")
    if "\\" not in raw and '"' not in raw and "&" not in raw:
        return Telecom(parts[11] or parts[0] or None, parts[1] or None, parts[2] or None, parts[3] or None)
    texts = _texts(parts, charset)
    return Telecom(texts[11] if texts[11] is not None else texts[0], texts[1], texts[2], texts[3])


@lru_cache(maxsize=8192)
def professional(raw: str, charset: str) -> Professional:
    parts = (raw + "^" * 12).split("^")
    texts = _texts(parts, charset)
    giver = authority(parts[8], charset) if parts[8] else None
    return Professional(texts[0], texts[1], texts[2], texts[5], giver, texts[9], texts[12])


@lru_cache(maxsize=8192)
def location(raw: str, charset: str) -> Location:
    parts = (raw + "^" * 7).split("^")
    texts = _texts(parts, charset)
    facility = authority(parts[3], charset) if parts[3] else None
    return Location(texts[0], texts[1], texts[2], facility, *texts[4:8])


@lru_cache(maxsize=4096)
def unit(raw: str, charset: str) -> Unit:
    """The identifier is the tenth component, or the third in versions before 2.5."""
    parts = (raw + "^" * 9).split("^")
    texts = _texts(parts, charset)
    giver = authority(parts[5], charset) if parts[5] else None
    return Unit(texts[0], giver, texts[6], texts[9] if texts[9] is not None else texts[2])


@lru_cache(maxsize=4096)
def coded(raw: str, charset: str) -> Coded:
    return Coded(*_texts((raw + "^" * 5).split("^")[:6], charset))


def reference(raw: str, charset: str) -> Reference:
    parts = (raw + "^^^").split("^")
    if "\\" not in raw and '"' not in raw and "&" not in raw:
        return Reference(parts[0] or None, parts[1] or None, parts[2] or None, parts[3] or None)
    return Reference(*_texts(parts[:4], charset))


def attachment(raw: str, charset: str) -> Attachment:
    parts = (raw + "^" * 4).split("^", 4)
    data = parts[4].partition("^")[0]
    source = authority(parts[0], charset) if parts[0] else None
    kind, subkind, encoding = _texts(parts[1:4], charset)
    return Attachment(text_of(data, charset), kind, subkind, encoding, source)


CACHES: tuple[Callable[[str, str], object], ...] = (authority, professional, location, unit, coded)
"""What is remembered between messages, so that a bench can start cold."""
