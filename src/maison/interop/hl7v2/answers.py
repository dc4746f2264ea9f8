"""Acknowledgements of the MLLP door, always the same for one exchange: its control id and its time are the exchange's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from maison.formats.hl7v2.ack import (
    acknowledge,
    awaits_application_ack,
    awaits_reception_ack,
    is_enhanced,
    refuse_unreadable,
)
from maison.formats.hl7v2.faults import Fault, UnreadableMessage
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.mllp import frame
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.times import stamp
from maison.formats.hl7v2.writer import write

CONTROL, SENT, ASKED = "0CONTROL0", datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC), "0ASKED0"


def control_id(exchange_id: UUID) -> str:
    """MSH-10 of our answer: twenty characters that every version admits, drawn from the exchange."""
    return exchange_id.hex[:12].upper() + exchange_id.hex[-8:].upper()


def answer(message: Message, code: str, exchange_id: UUID, at: datetime, faults: Sequence[Fault] = (), *, replies_apart: bool = False) -> bytes:  # fmt: skip
    """Framed; empty when the sender asked for no answer of reception (MSH-15).

    In enhanced mode the reception is what is acknowledged here, and the application answers apart, once the trade has decided,
    when the sender has an address for it (`replies_apart`). A sender who only asks for the latter (MSH-16) and has no such
    address is answered on its line, as in original mode: an answer there is better than none anywhere.
    """
    header = message.header
    is_error = code != "AA"
    if awaits_reception_ack(message, is_error=is_error):
        code = f"C{code[1]}"
    elif message.kind == "ACK" or (
        is_enhanced(message) and (replies_apart or not awaits_application_ack(message, is_error=is_error))
    ):
        return b""
    asked = header.raw(10)
    if faults or not asked.isascii():
        built = acknowledge(message, code, faults, now=at, control_id=control_id(exchange_id))  # type: ignore[arg-type]
        return frame(write(built))
    known = _accepting(
        header.raw(3), header.raw(4), header.raw(5), header.raw(6), message.event, header.raw(11), header.raw(12),
        message.charset, header.raw(18), code,
    )  # fmt: skip
    sent, control, quoted = (part.encode() for part in (stamp(at), control_id(exchange_id), asked))
    return known[0] + sent + known[1] + control + known[2] + quoted + known[3]


@lru_cache(maxsize=1024)
def _accepting(application: str, facility: str, to: str, to_facility: str, event: str, processing: str, version: str, charset: str, declared: str, code: str) -> tuple[bytes, ...]:  # fmt: skip
    """The four pieces around the time, the control id and the quoted id: a sender's answers differ by these only."""
    kind = f"ADT^{event}" if event else "ADT"
    row = ["MSH", "^~\\&", application, facility, to, to_facility, "", "", kind, ASKED, processing, version, "", "", "", "", "", declared]  # fmt: skip
    question = read_message(("|".join(row) + "\r").encode(charset))
    built = frame(write(acknowledge(question, code, now=SENT, control_id=CONTROL)))  # type: ignore[arg-type]
    marks = [stamp(SENT).encode(), CONTROL.encode(), ASKED.encode()]
    pieces = []
    for mark in marks:
        before, _, built = built.partition(mark)
        pieces.append(before)
    return (*pieces, built)


def unreadable(data: bytes, words: str, exchange_id: UUID, at: datetime) -> bytes:
    return frame(write(refuse_unreadable(data, UnreadableMessage(words), now=at, control_id=control_id(exchange_id))))
