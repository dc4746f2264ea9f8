r"""The strict writer: standard delimiters, escaped values, one \r after each segment, a header that holds what it must.

A field is a text (one component), a tuple (its components, each a text or a tuple of subcomponents) or a list
(repetitions). None is "not said" and "" is "erase", as when reading.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import uuid4

from msgspec import Struct

from maison.formats.hl7v2.charsets import NAMES
from maison.formats.hl7v2.escapes import DELETE, escape
from maison.formats.hl7v2.faults import UnwritableMessage
from maison.formats.hl7v2.message import STANDARD, Message, Row
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.times import stamp

type Component = str | tuple[str | None, ...] | None
type Repetition = str | tuple[Component, ...] | None
type Field = Repetition | list[Repetition]


class Party(Struct, frozen=True):
    """An application and the facility it runs for: MSH-3 and MSH-4, or MSH-5 and MSH-6. Raw HD values."""

    application: str
    facility: str | None = None


class Header(Struct, frozen=True, kw_only=True):
    """What MSH says. `kind`: ("ADT", "A01", "ADT_A01"); `profile`: the raw MSH-21, such as `2.1^CISIS_CDA_HL7_V2`."""

    sender: Party
    receiver: Party
    kind: tuple[str, ...]
    sent_at: datetime
    control_id: str
    version: str = "2.5"
    processing: str = "P"
    country: str = "FRA"
    charset: str = "utf-8"
    language: str | None = None
    profile: str | None = None
    accept_ack: str | None = None
    application_ack: str | None = None


def new_control_id() -> str:
    """Twenty characters: what MSH-10 may hold in every version."""
    return uuid4().hex[:20].upper()


def write(message: Message) -> bytes:
    """What was read, with one carriage return after each segment: the very same bytes when they were well formed."""
    return message.text.encode(message.charset)


def build(header: Header, segments: Iterable[Row]) -> Message:
    """A message of our own, checked by reading it. Raises UnwritableMessage."""
    rows = [header_row(header), *segments]
    lines = [line_of(row) for row in rows]
    try:
        data = ("\r".join(lines) + "\r").encode(header.charset)
    except UnicodeEncodeError as error:
        raise UnwritableMessage(f"Un caractère n’existe pas en {NAMES[header.charset]}.") from error
    return read_message(data)


def header_row(header: Header) -> Row:
    if header.charset not in NAMES:
        raise UnwritableMessage("Ce jeu de caractères ne s’écrit pas.")
    if not (header.sender.application and header.control_id and header.processing and all(header.kind)):
        raise UnwritableMessage("Émetteur, type, identifiant et mode du message sont obligatoires.")
    if len(header.control_id) > 50:
        raise UnwritableMessage("L’identifiant du message dépasse 50 caractères.")
    row = segment(
        "MSH",
        {
            7: stamp(header.sent_at),
            9: header.kind,
            10: header.control_id,
            15: header.accept_ack,
            16: header.application_ack,
            17: header.country,
            18: NAMES[header.charset],
            19: header.language,
        },
    )
    raw = {
        1: "|",
        2: "".join(STANDARD[1:]),
        3: header.sender.application,
        4: header.sender.facility,
        5: header.receiver.application,
        6: header.receiver.facility,
        11: header.processing,
        12: header.version,
        21: header.profile,
    }
    return with_raw(row, raw)


def segment(name: str, fields: Mapping[int, Field]) -> Row:
    """A row from values; empty fields at the end are left out."""
    last = max((number for number, value in fields.items() if field_text(value)), default=0)
    return [name, *(field_text(fields.get(number)) for number in range(1, last + 1))]


def with_raw(row: Row, raw: Mapping[int, str | None]) -> Row:
    """The row with fields that are already in their HL7 form."""
    last = max((number for number, value in raw.items() if value), default=0)
    longer = [*row, *[""] * (last + 1 - len(row))]
    for number, value in raw.items():
        if value:
            longer[number] = value
    return longer


def field_text(value: Field) -> str:
    if isinstance(value, list):
        return _joined("~", [_repetition(item) for item in value])
    return _repetition(value)


def line_of(row: Row) -> str:
    """A segment as it travels. Raises UnwritableMessage for what would break the message apart."""
    name, *fields = row
    if not (len(name) == 3 and name.isascii() and name.isalnum() and name.isupper()):
        raise UnwritableMessage("Un nom de segment a trois lettres majuscules ou chiffres.")
    line = "|".join([name, *fields[1:]] if name == "MSH" else row)
    if any(character in line for character in "\r\n\x0b\x1c"):
        raise UnwritableMessage("Une valeur non échappée couperait le message.")
    return line


def _repetition(value: Repetition) -> str:
    if isinstance(value, tuple):
        return _joined("^", [_component(item) for item in value])
    return _text(value)


def _component(value: Component) -> str:
    return _joined("&", [_text(item) for item in value]) if isinstance(value, tuple) else _text(value)


def _text(value: str | None) -> str:
    if value is None:
        return ""
    return escape(value) if value else DELETE


def _joined(separator: str, parts: list[str]) -> str:
    while parts and not parts[-1]:
        parts.pop()
    return separator.join(parts)
