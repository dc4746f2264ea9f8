"""The Hub Santé on the wire: from bytes to typed messages and back, in JSON or XML, in the EDXL-DE envelope or bare.

    envelope = read_envelope(data)        # UnreadableMessage, InvalidMessage(faults)
    envelope.type.code                    # "RS-EDA"
    envelope.message.case_id              # the typed use case
    write(acknowledgement(envelope, "RECU"), "xml")

Sources: EDXL-DE 2.0 (OASIS), SAMU-Hub-Modeles 26.07.29 (ANS).
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec

from maison.formats.hub_sante import faults, xml
from maison.formats.hub_sante.envelope import Content, Envelope, Format, Kind, Status
from maison.formats.hub_sante.faults import Fault, InvalidMessage, UnreadableMessage
from maison.formats.hub_sante.message_types import BY_CODE, BY_KEY, MESSAGE_TYPES, MessageType
from maison.formats.hub_sante.protocol import ErrorCode, Header, HubError, Party, Reference
from maison.formats.hub_sante.reading import MAX_BYTES, checked_text, parse, read_bare_text, read_envelope_text
from maison.formats.hub_sante.xml import UnwritableMessage

__all__ = [
    "BY_CODE",
    "BY_KEY",
    "MAX_BYTES",
    "MESSAGE_TYPES",
    "Content",
    "Envelope",
    "Fault",
    "InvalidMessage",
    "MessageType",
    "UnreadableMessage",
    "UnwritableMessage",
    "acknowledgement",
    "envelope_for",
    "error_report",
    "is_envelope",
    "moment",
    "read_envelope",
    "read_message",
    "recognise",
    "stamp",
    "unknown_codes",
    "write",
    "write_message",
]

LIFETIME = timedelta(days=1)


def recognise(data: bytes) -> Format:
    """JSON or XML, by the first character. Raises UnreadableMessage when it is neither."""
    start = data[:1]
    if start not in (b"{", b"<"):
        start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"{":
        return "json"
    if start == b"<":
        return "xml"
    raise UnreadableMessage("Le message n’est ni du JSON ni du XML.")


def read_envelope(data: bytes) -> Envelope:
    """An EDXL-DE envelope, checked whole: envelope, header, use case.

    Raises UnreadableMessage when it is no message at all, InvalidMessage with all the faults when it is a wrong one.
    """
    source = recognise(data)
    text = checked_text(data) if source == "json" else msgspec.json.encode(xml.document_from_xml(data))
    return read_envelope_text(text, raw=data, source=source)


def read_message(data: bytes, expected: MessageType | None = None) -> Content:
    """A use case without its envelope; `expected` allows its body alone, without the member that names it."""
    if recognise(data) == "xml":
        data = msgspec.json.encode(xml.document_from_xml(data))
    return read_bare_text(data, expected)


def unknown_codes(content: Content) -> list[Fault]:
    """Codes a valid message carries that their nomenclature does not know (facts, motives, places, risks).

    A reason to warn, never to refuse: codes retired from the lists still travel (the published examples use some), and
    the label that comes with each is there to be shown instead.
    """
    return list(faults.unknown_codes(msgspec.to_builtins(content.message), content.type.shape, content.type.key))


def is_envelope(data: bytes) -> bool:
    """Whether to call `read_envelope` rather than `read_message`. Raises UnreadableMessage."""
    if recognise(data) == "xml":
        return "content" in xml.document_from_xml(data)
    document = parse(checked_text(data))
    return isinstance(document, dict) and not (document.keys() & BY_KEY.keys())


def write(envelope: Envelope, form: Format = "json") -> bytes:
    """What was built, or what was read with all it held. The XML validates with the official XSD."""
    if form == "xml":
        return xml.write_distribution(envelope.document)
    return envelope.json or msgspec.json.encode(envelope.document)


def write_message(content: Content, form: Format = "json") -> bytes:
    """The bare use case, as partners exchange samples."""
    if form == "xml":
        return xml.write_use_case(content.type, msgspec.to_builtins(content.message))
    return msgspec.json.encode({content.type.key: content.message})


def envelope_for(
    message: Any,
    *,
    sender: str,
    recipient: str,
    kind: Kind = "Report",
    status: Status = "Actual",
    sent_at: datetime | None = None,
    lifetime: timedelta = LIFETIME,
    distribution_id: str | None = None,
) -> Envelope:
    """Put a typed use case in a new envelope. `sender` and `recipient` are client ids such as `fr.health.samu310`."""
    at = sent_at or datetime.now(UTC)
    identity = distribution_id or f"{sender}_{uuid4()}"
    content = Content.of(message)
    if content.type.has_header:
        content.header = Header(
            message_id=identity,
            sender=_party(sender),
            sent_at=stamp(at),
            kind=kind,
            status=status,
            recipient=[_party(recipient)],
        )
    return Envelope(
        distribution_id=identity,
        sender_id=sender,
        sent_at=stamp(at),
        expires_at=stamp(at + lifetime),
        kind=kind,
        status=status,
        recipient_id=recipient,
        contents=[content],
    )


def acknowledgement(
    envelope: Envelope,
    step: str,
    *,
    refused: bool | None = None,
    error_distribution_id: str | None = None,
    sender: str | None = None,
    sent_at: datetime | None = None,
) -> Envelope:
    """RC-REF for a message received. `step`: RECU, INTEGRE, CONSULTE, ERREUR or SUPPRIME."""
    reference = Reference(
        distribution_id=envelope.distribution_id,
        step=step,
        refused=refused,
        error_distribution_id=error_distribution_id,
    )
    return envelope_for(
        reference,
        sender=sender or envelope.recipient_id,
        recipient=envelope.sender_id,
        kind="Ack",
        status=envelope.status,
        sent_at=sent_at,
    )


def error_report(
    *,
    sender: str,
    recipient: str,
    referenced: str,
    code: int,
    title: str,
    cause: str,
    source: dict[str, Any] | None = None,
    status: Status = "Actual",
    sent_at: datetime | None = None,
) -> Envelope:
    """RS-ERROR: `referenced` is the distributionID of the message at fault, `source` its document when readable."""
    error = HubError(
        error_code=ErrorCode(status_code=code, status_string=title),
        error_cause=cause,
        source_message=source,
        referenced_distribution_id=referenced,
    )
    return envelope_for(error, sender=sender, recipient=recipient, kind="Error", status=status, sent_at=sent_at)


def _party(client: str) -> Party:
    return Party(name=client.rpartition(".")[2], uri=f"hubex:{client}")


def stamp(at: datetime) -> str:
    """`AAAA-MM-JJThh:mm:ss±hh:mm`, the only form the Hub takes: no milliseconds, no Z. `at` must be aware."""
    if at.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    return at.isoformat(timespec="seconds")


def moment(text: str) -> datetime | None:
    """The aware datetime of a stamp; None when the calendar has no such moment (the schemas only check the form)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
