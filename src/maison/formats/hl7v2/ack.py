"""Acknowledgements: built for a message that was read, or for bytes that could not be, and read from a partner.

Original mode: one answer, AA (accepted), AE (refused for its content) or AR (rejected, may be sent again). Enhanced mode
(MSH-15 and MSH-16): CA, CE or CR at reception, then AA, AE or AR as a message of its own once the trade has decided.
Source: HL7 2.5.1, chapter 2, sections 2.9, 2.15.5 (ERR) and 2.15.8 (MSA); tables 0008, 0155, 0357, 0516.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from maison.formats.hl7v2.charsets import CODECS, NAMES
from maison.formats.hl7v2.faults import CONDITIONS, Fault, InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.message import Message, Row, Segment
from maison.formats.hl7v2.writer import Field, Header, Party, build, new_control_id, segment

AckCode = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

ACCEPTED = ("AA", "CA")
MOST_ERRORS = 50
"""No more ERR segments than this in one answer."""

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?")
_CONTROLS = re.compile(r"[\x00-\x1f]")
_SEVERITIES = {"error": "E", "warning": "W"}


class AckError(Struct, frozen=True):
    """An ERR segment. `place` as in a fault; `condition` of table HL7 0357; `severity` E, W or I (table 0516)."""

    condition: int
    label: str
    place: str = ""
    severity: str = "E"
    application_code: str | None = None
    user_message: str | None = None
    diagnostic: str | None = None


class Ack(Struct, frozen=True):
    """An acknowledgement as read. `control_id` is MSH-10 of the message it answers; `text` is MSA-3, old style."""

    code: AckCode
    control_id: str
    text: str | None = None
    errors: tuple[AckError, ...] = ()

    @property
    def is_accepted(self) -> bool:
        return self.code in ACCEPTED

    @property
    def is_of_reception(self) -> bool:
        """Enhanced mode, first answer: the message was kept, nothing is said of its content yet."""
        return self.code[0] == "C"


def acknowledge(
    message: Message,
    code: AckCode = "AA",
    faults: Iterable[Fault] = (),
    *,
    now: datetime | None = None,
    control_id: str | None = None,
    accept_ack: str | None = None,
) -> Message:
    """The answer to `message`: sender and receiver change places, version and character set are its own.

    `faults` become ERR segments, the gravest first. `accept_ack`: MSH-15 of the answer, when its own reception is to be answered.
    """
    header = message.header
    errors = sorted(faults, key=lambda fault: fault.severity != "error")[:MOST_ERRORS]
    charset = message.charset if message.charset in NAMES and message.charset != "ascii" else "utf-8"

    def said(field: int) -> str:
        return _CONTROLS.sub("", header.raw(field))

    answer = Header(
        sender=Party(said(5) or "MAISON-ESANTE", said(6)),
        receiver=Party(said(3), said(4)),
        kind=("ACK", message.event, "ACK") if message.event else ("ACK",),
        sent_at=now or datetime.now(UTC),
        control_id=control_id or new_control_id(),
        version=said(12) or "2.5",
        processing=said(11) or "P",
        charset=charset,
        accept_ack=accept_ack,
        application_ack="NE" if accept_ack else None,
    )
    is_old = _version(message.version) < (2, 5)
    rows: list[Row] = [segment("MSA", {1: code, 2: message.control_id or None})]
    rows += [_old_error(errors)] if is_old and errors else [_error(fault, charset) for fault in errors]
    return build(answer, rows)


def refuse_unreadable(
    data: bytes, error: UnreadableMessage, *, now: datetime | None = None, control_id: str | None = None
) -> Message:
    """AE for bytes that are no message: MSH-10 is quoted when it can be found all the same, so that the sender knows."""
    fields = data[:4096].partition(b"MSH|")[2].partition(b"\r")[0].decode("latin-1").split("|")
    found = fields[8] if len(fields) > 8 else ""
    plain = re.fullmatch(r"[A-Za-z0-9_.:/-]{1,50}", found)
    answer = Header(
        sender=Party("MAISON-ESANTE"),
        receiver=Party(""),
        kind=("ACK",),
        sent_at=now or datetime.now(UTC),
        control_id=control_id or new_control_id(),
    )
    return build(
        answer,
        [segment("MSA", {1: "AE", 2: found if plain else None}), _error(Fault("", "type", error.message))],
    )


def code_for(faults: Sequence[Fault]) -> AckCode:
    """AE when a fault is an error, AA otherwise. AR is for circumstances (table locked, internal error), not content."""
    return "AE" if any(fault.severity == "error" for fault in faults) else "AA"


def awaits_reception_ack(message: Message, *, is_error: bool = False) -> bool:
    """MSH-15 (table 0155): AL always, NE never, ER on error, SU on success. Empty: original mode, no such answer."""
    return _wanted(message.header.raw(15), is_error, default=False)


def awaits_application_ack(message: Message, *, is_error: bool = False) -> bool:
    """MSH-16. Empty with MSH-15 empty is the original mode: always answered."""
    original = not message.header.raw(15)
    return _wanted(message.header.raw(16), is_error, default=original)


def is_enhanced(message: Message) -> bool:
    """Whether MSH-15 or MSH-16 is said: reception and application are then answered apart."""
    return bool(message.header.raw(15) or message.header.raw(16))


def read_ack(message: Message) -> Ack:
    """The acknowledgement in this message. Raises InvalidMessage when it has no MSA or says no known code."""
    answer = message.segment("MSA")
    if answer is None:
        raise InvalidMessage([Fault("MSA", "segment-missing", "L’acquittement n’a pas de segment MSA.")])
    faults = []
    code = answer.raw(1)
    if code not in ("AA", "AE", "AR", "CA", "CE", "CR"):
        faults.append(Fault("MSA-1", "table", "Le code d’acquittement n’est pas AA, AE, AR, CA, CE ou CR."))
    if not answer.value(2):
        faults.append(Fault("MSA-2", "required", "L’acquittement ne dit pas à quel message il répond."))
    if faults:
        raise InvalidMessage(faults)
    errors = [error for found in message.segments("ERR") for error in _errors_of(found)]
    return Ack(code, answer.value(2) or "", answer.value(3), tuple(errors))  # type: ignore[arg-type]


def _error(fault: Fault, charset: str = "utf-8") -> Row:
    condition = fault.condition
    fields: dict[int, Field] = {
        2: _location(fault.place),
        3: (str(condition), CONDITIONS[condition], "HL70357"),
        4: _SEVERITIES[fault.severity],
        5: fault.code,
        8: fault.message.replace("’", "'").encode(charset, "replace").decode(charset),
    }
    return segment("ERR", fields)


def _old_error(faults: Sequence[Fault]) -> Row:
    """ERR-1 of versions before 2.5: segment, sequence, field, then the code."""
    repetitions: list[str | tuple[str | tuple[str | None, ...] | None, ...] | None] = []
    for fault in faults:
        name, number, field, *_ = _location(fault.place) or (None, None, None)
        condition = fault.condition
        repetitions.append((name, number, field, (str(condition), CONDITIONS[condition], "HL70357")))
    return segment("ERR", {1: repetitions})


def _location(place: str) -> tuple[str | None, ...] | None:
    """ERL: segment, its rank, field, repetition, component, subcomponent."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    name, number, field, repetition, component, subcomponent = found.groups()
    return (name, number or "1", field, repetition or ("1" if field else None), component, subcomponent)


def _errors_of(found: Segment) -> list[AckError]:
    if found.raw(3):
        text = found.value(3)
        return [
            AckError(
                condition=int(text) if text and text.isascii() and text.isdecimal() else 207,
                label=found.value(3, 2) or "",
                place=_place(*(found.value(2, rank) for rank in range(1, 7))),
                severity=found.value(4) or "E",
                application_code=found.value(5),
                diagnostic=found.value(7),
                user_message=found.value(8),
            )
        ]
    errors = []
    for rank in range(1, len(found.repetitions(1)) + 1):
        text = found.value(1, 4, 1, rank)
        name, number, field = (found.value(1, component, 1, rank) for component in (1, 2, 3))
        errors.append(
            AckError(
                condition=int(text) if text and text.isascii() and text.isdecimal() else 207,
                label=found.value(1, 4, 2, rank) or "",
                place=_place(name, number, field, None, None, None),
            )
        )
    return errors


def _place(
    name: str | None,
    number: str | None,
    field: str | None,
    repetition: str | None,
    component: str | None,
    subcomponent: str | None,
) -> str:
    if not name:
        return ""
    place = name + (f"[{number}]" if number and number != "1" else "")
    if field:
        place += f"-{field}" + (f"[{repetition}]" if repetition and repetition != "1" else "")
        if component:
            place += f".{component}" + (f".{subcomponent}" if subcomponent else "")
    return place


def _wanted(condition: str, is_error: bool, *, default: bool) -> bool:
    match condition:
        case "":
            return default
        case "NE":
            return False
        case "ER":
            return is_error
        case "SU":
            return not is_error
    return True


def _version(text: str) -> tuple[int, ...]:
    found = re.match(r"(\d)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (2, 5)


def charset_named(name: str) -> str | None:
    """The codec of a name of table HL7 0211, for those who configure a partner."""
    return CODECS.get(name.strip().upper())
