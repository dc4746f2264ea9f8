"""The HL7v2 side of `./maison send`: one message to the byte through the MLLP door, and what its acknowledgement says."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from maison.cli.house import mllp_port
from maison.formats.hl7v2.ack import ACCEPTED, Ack, read_ack
from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage, UnwritableMessage
from maison.formats.hl7v2.mllp import Decoder, Frame, frame
from maison.formats.hl7v2.wire import read_message

WAIT_SECONDS = 30


class NoAnswer(OSError):
    """Nobody listens, or the line was closed without a word."""


def door_of(url: str) -> tuple[str, int]:
    """`mllp://host:port`, or the port a house opens beside its pages."""
    parts = urlsplit(url)
    host = parts.hostname or "127.0.0.1"
    if parts.scheme == "mllp":
        return host, parts.port or 2575
    return host, mllp_port(parts.port or (443 if parts.scheme == "https" else 80))


def send_hl7v2(content: bytes, url: str) -> tuple[bool, str, list[str]]:
    """Whether it was accepted, the code of the answer, and the reasons. Raises NoAnswer."""
    answer = _ask(content.strip(b"\x0b\x1c"), *door_of(url))
    try:
        ack: Ack = read_ack(read_message(answer))
    except (UnreadableMessage, InvalidMessage) as error:
        raise NoAnswer("réponse illisible") from error
    reasons = [f"{one.place or 'message'} : {one.user_message or one.label}" for one in ack.errors]
    return ack.code in ACCEPTED, ack.code, reasons


def _ask(content: bytes, host: str, port: int) -> bytes:
    try:
        framed = frame(content)
    except UnwritableMessage:  # several messages, or framing inside: as it is, for the house to say
        framed = b"\x0b" + content + b"\x1c\r"
    decoder = Decoder()
    with socket.create_connection((host, port), timeout=WAIT_SECONDS) as line:
        line.sendall(framed)
        while data := line.recv(65_536):
            for item in decoder.feed(data):
                if isinstance(item, Frame):
                    return item.data
    raise NoAnswer("la ligne a été fermée sans réponse")
