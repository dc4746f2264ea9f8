"""MLLP targets: one line to each, a message at a time, the next one after its answer (HUB-02, HUB-03).

Addresses are those declared for the house's own sendings (`hl7v2.Target`). AA and CA: taken. AE and CE: a person. AR and CR: this
message later. In enhanced mode the channel may also wait for the decision that follows the reception.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import override

from maison.formats.hl7v2.ack import Ack, read_ack
from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.mllp import Decoder, Frame, frame
from maison.formats.hl7v2.reader import read_message
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel
from maison.interop.hl7v2 import sender
from maison.interop.hl7v2.models import Target as Declared

from .base import Parcel, Receipt, Send, Target

WAITS = {
    "reception": "le premier accusé (AA, ou CA : message gardé par la cible)",
    "application": "la décision de l'application (après CA, attendre AA, AE ou AR)",
}


class Line:
    """One open connection."""

    def __init__(self, target: Declared) -> None:
        self._wire: socket.socket = socket.create_connection((target.host, target.port), timeout=sender.CONNECT_SECONDS)
        if target.secured:
            try:
                self._wire = sender.client_context().wrap_socket(self._wire, server_hostname=target.host)
            except BaseException:
                self._wire.close()
                raise
        self._decoder = Decoder(sender.LARGEST_ANSWER)
        self._frames: list[bytes] = []

    @property
    def is_over(self) -> bool:
        """Something to read when nothing was asked: the target hung up, or says what nobody expects."""
        return bool(self._frames or select.select([self._wire], [], [], 0)[0])

    def tell(self, payload: bytes) -> None:
        self._wire.settimeout(sender.ANSWER_SECONDS)
        self._wire.sendall(frame(payload))

    def hear(self, seconds: float) -> bytes:
        """The next frame. Raises TimeoutError, OSError; EOFError when the target hangs up."""
        until = time.monotonic() + seconds
        while not self._frames:
            self._wire.settimeout(max(0.01, until - time.monotonic()))
            data = self._wire.recv(65_536)
            if not data:
                raise EOFError
            self._frames += [item.data for item in self._decoder.feed(data) if isinstance(item, Frame)]
        return self._frames.pop(0)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._wire.close()


class MllpTarget(Target):
    shape = Shape(
        "mllp", "Application HL7v2 (MLLP)",
        [Field("cible", "Cible déclarée", "access", natures=("mllp",), help="le code d'une cible MLLP déclarée par l'exploitant"),
         Field("accuse", "Accusé attendu", "choice", default="reception", choices=WAITS),
         Field("attente_secondes", "Attendre la réponse", "number", default=20, low=1, high=30, help="secondes"),
         Field("idempotent", "La cible reconnaît un message déjà reçu à son identifiant (MSH-10)", "flag", default=False,
               help="sinon un envoi dont on ignore l'issue n'est jamais répété sans une personne")],
        "envoyer par MLLP à {cible}, en attendant {accuse}",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        code = item.text("cible")
        declared = Declared.objects.filter(code=code).first()
        if declared is None:
            return [f"Aucune cible MLLP n'est déclarée sous le code « {code} »."]
        return [] if declared.active else [f"La cible MLLP « {code} » est retirée par l'exploitant."]

    @override
    def misfits(self, config: Configuration, item: Item) -> list[str]:
        return [] if config.format == "hl7v2" else ["Une cible MLLP ne reçoit que des messages HL7v2."]

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        if Declared.objects.filter(
            code=item.text("cible"), structure__lineage__contains=[channel.structure_id]
        ).exists():
            return []
        return [f"La cible MLLP « {item.text('cible')} » n'est pas celle d'un logiciel de la structure de ce canal."]

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        declared = Declared.objects.filter(code=item.text("cible"), active=True).first()
        if declared is None:
            yield lambda parcel: Receipt("down", "La cible MLLP n'est plus déclarée.")
            return
        caller = Caller(declared, item)
        try:
            yield caller.send
        finally:
            caller.hang_up()


class Caller:
    """Lanes share the one line: an MLLP peer answers one message before it reads the next."""

    def __init__(self, declared: Declared, item: Item) -> None:
        self.declared, self.decides = declared, item.text("accuse") == "application"
        self.seconds = item.number("attente_secondes") or 20
        self.safe = bool(item.values.get("idempotent"))
        self._lock = Lock()
        self._line: Line | None = None

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def send(self, parcel: Parcel) -> Receipt:
        control_id = _control_id(parcel.payload)
        with self._lock:
            try:
                if self._line is not None and self._line.is_over:
                    self.hang_up()
                self._line = self._line or Line(self.declared)
            except (OSError, ssl.SSLError) as error:
                return Receipt("down", f"La cible ne répond pas ({type(error).__name__}).")
            try:
                self._line.tell(parcel.payload)
                return self._read(self._line, control_id)
            except (OSError, EOFError, Garbled) as error:
                self.hang_up()
                words = f"La ligne s'est rompue avant l'accusé ({type(error).__name__})"
                if self.safe:
                    return Receipt("down", f"{words}.")
                return Receipt("unknown", f"{words} : la cible a peut-être reçu le message.")

    def _read(self, line: Line, control_id: str) -> Receipt:
        data, ack = _answer(line, control_id, self.seconds)
        if ack.is_of_reception and ack.is_accepted and self.decides:
            data, ack = _answer(line, control_id, self.seconds)
        places = ", ".join(dict.fromkeys(one.place for one in ack.errors if one.place))[:120]
        said = f"{ack.code}{f', endroit : {places}' if places else ''}"
        if ack.is_accepted:
            return Receipt("delivered", f"Acquitté par la cible ({said})", data, "application/hl7-v2+er7")
        result = "later" if ack.code in ("AR", "CR") else "rejected"
        words = "refuse pour l'instant" if result == "later" else "refuse ce message"
        return Receipt(result, f"La cible {words} ({said}).", data, "application/hl7-v2+er7")  # type: ignore[arg-type]


class Garbled(Exception):
    """What came back is no answer to this message: nothing may be concluded from it."""


def _answer(line: Line, control_id: str, seconds: float) -> tuple[bytes, Ack]:
    data = line.hear(seconds)
    try:
        ack = read_ack(read_message(data))
    except (UnreadableMessage, InvalidMessage) as error:
        raise Garbled from error
    if ack.control_id != control_id:
        raise Garbled
    return data, ack


def _control_id(payload: bytes) -> str:
    try:
        return read_message(payload).control_id or ""
    except UnreadableMessage:
        return ""
