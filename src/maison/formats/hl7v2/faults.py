"""What may be wrong with a message: each fault has its place, its severity, a stable code and a sentence in French."""

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning"]

CONDITIONS = {
    0: "Message accepted",
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    104: "Value too long",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}
"""Table HL7 0357, message error condition codes (2.5 and later)."""

_CONDITION_OF = {
    "required": 101,
    "segment-missing": 100,
    "segment-unexpected": 100,
    "segment-name": 100,
    "segment-order": 100,
    "type": 102,
    "charset": 102,
    "framing": 102,
    "delimiters": 102,
    "identifier": 102,
    "table": 103,
    "length": 104,
    "message-type": 200,
    "event": 201,
    "processing": 202,
    "version": 203,
    "unknown-key": 204,
    "duplicate": 205,
    "locked": 206,
}


class Fault(Struct, frozen=True):
    """`place` is an HL7 path, `PID-3[2].4.2`, repetitions counted from 1; empty when the whole message is meant.

    `code` names the rule; `message` is for people and quotes no value of the message, which may name a person.
    """

    place: str
    code: str
    message: str
    severity: Severity = "error"

    @property
    def condition(self) -> int:
        """The code of table HL7 0357 that an acknowledgement gives for it."""
        return _CONDITION_OF.get(self.code, 207)

    def __str__(self) -> str:
        return f"{self.place} : {self.message}" if self.place else self.message


class UnreadableMessage(ValueError):
    """Not an HL7 v2 message at all, or too big to be opened. `message` is French and quotes nothing."""

    code = "HL7-001"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidMessage(ValueError):
    """Readable, but not what its profile allows. `faults` lists everything that is wrong, never empty."""

    code = "HL7-002"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("the message is not what its profile allows")
        self.faults = faults


class UnwritableMessage(ValueError):
    """What was asked to be written is not a message: our own mistake, never the partner's."""

    code = "HL7-003"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
