"""HL7 v2 on the wire: from bytes to checked, typed messages and back.

if recognise(data):
    message = read_message(data)      # UnreadableMessage
    faults = validate(message)        # errors and warnings, with their places
    admission = typed(message)        # Adt, DocumentMessage, ImagingMessage, Query, Answer, Ack; InvalidMessage
    answer = acknowledge(message, code_for(faults), faults)
    write(answer)
"""

from collections.abc import Callable

from maison.formats.hl7v2.ack import Ack, acknowledge, code_for, read_ack, refuse_unreadable
from maison.formats.hl7v2.documents import DocumentMessage, read_document
from maison.formats.hl7v2.faults import Fault, InvalidMessage, UnreadableMessage, UnwritableMessage
from maison.formats.hl7v2.header import MSH, check_header
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.pam import Adt, read_adt
from maison.formats.hl7v2.queries import Answer, Query, read_answer, read_query
from maison.formats.hl7v2.reader import MAX_BYTES, read_message, recognise
from maison.formats.hl7v2.teleradiology import ImagingMessage, is_teleradiology, read_imaging
from maison.formats.hl7v2.writer import Header, Party, write

__all__ = [
    "MAX_BYTES",
    "Ack",
    "Adt",
    "Answer",
    "DocumentMessage",
    "Fault",
    "Header",
    "ImagingMessage",
    "InvalidMessage",
    "Message",
    "Party",
    "Query",
    "Typed",
    "UnreadableMessage",
    "UnwritableMessage",
    "acknowledge",
    "code_for",
    "read_message",
    "recognise",
    "refuse_unreadable",
    "typed",
    "validate",
    "write",
]

type Typed = Adt | DocumentMessage | ImagingMessage | Query | Answer | Ack

_READERS: dict[str, Callable[[Message, list[Fault]], Typed]] = {
    "ADT": read_adt,
    "MDM": read_document,
    "OUL": read_document,
    "ORM": read_imaging,
    "OMI": read_imaging,
    "QBP": read_query,
    "RSP": read_answer,
}


def validate(message: Message) -> list[Fault]:
    """Everything that is wrong or odd, reading notes included. Without error, the message may be used."""
    return read_checked(message)[1]


def typed(message: Message) -> Typed:
    """The message in the words of its trade. Raises InvalidMessage, with every fault, when one of them is an error."""
    found, faults = read_checked(message)
    if found is None or any(fault.severity == "error" for fault in faults):
        raise InvalidMessage(faults)
    return found


def read_checked(message: Message) -> tuple[Typed | None, list[Fault]]:
    """Both at once, whatever is wrong. None when the type of message is not one the house reads."""
    faults = list(message.notes)
    kind = message.kind
    read = _READERS.get(kind)
    if read is not None:
        return read(message, faults), faults
    if kind == "ORU":
        return (read_imaging if is_teleradiology(message) else read_document)(message, faults), faults
    check_header(MSH.read(message.rows[0], 1, message.charset, faults), faults)
    if kind == "ACK":
        try:
            return read_ack(message), faults
        except InvalidMessage as refusal:
            return None, [*faults, *refusal.faults]
    if kind:
        faults.append(Fault("MSH-9.1", "message-type", "Ce type de message n’est pas de ceux que la maison comprend."))
    return None, faults
