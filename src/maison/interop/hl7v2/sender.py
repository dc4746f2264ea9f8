"""The MLLP client of the gateway: one line to each target, a message at a time, the next one after its answer.

The journal is the queue and the order; here nothing is remembered but open lines and, for a target that does not answer, when to
call again (5 s, 10 s … one minute: one call costs nothing, and a target that comes back should not wait an hour).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError

from maison.formats.hl7v2.ack import read_ack
from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.mllp import Decoder, Frame, frame
from maison.formats.hl7v2.reader import read_message
from maison.interop.gateway.process import House

from . import outbound
from .models import Target
from .outbound import Parcel, Reply

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
EXPIRE_SECONDS = 600.0
CONNECT_SECONDS, ANSWER_SECONDS, IDLE_SECONDS = 10.0, 30.0, 60.0
CALL_AGAIN_SECONDS = (5.0, 10.0, 20.0, 40.0, 60.0)
LARGEST_ANSWER = 1 << 20


class LineDown(Exception):
    """The target cannot be reached, or left without answering. Its text is a code, never an address."""


@dataclass
class Line:
    """An open connection to a target."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    decoder: Decoder = field(default_factory=lambda: Decoder(LARGEST_ANSWER))
    used_at: float = field(default_factory=time.monotonic)

    @classmethod
    async def to(cls, target: Target) -> Line:
        context = client_context() if target.secured else None
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(target.host, target.port, ssl=context), CONNECT_SECONDS
        )
        if context is not None and target.certificate_fingerprint:
            tls = writer.get_extra_info("ssl_object")
            certificate = tls.getpeercert(binary_form=True) or b""
            if hashlib.sha256(certificate).hexdigest() != target.certificate_fingerprint:
                writer.transport.abort()
                raise ssl.SSLCertVerificationError("not the declared certificate")
        return cls(reader, writer)

    async def ask(self, payload: bytes) -> bytes:
        """The answer to this message: the next frame that comes."""
        self.used_at = time.monotonic()
        self.writer.write(frame(payload))
        await self.writer.drain()
        while True:
            data = await self.reader.read(65_536)
            if not data:
                raise LineDown("closed")
            for item in self.decoder.feed(data):
                if isinstance(item, Frame):
                    return item.data

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
            await asyncio.wait_for(self.writer.wait_closed(), 2)


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.MLLP_AUTHORITY or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.MLLP_CERTIFICATE:
        context.load_cert_chain(settings.MLLP_CERTIFICATE, settings.MLLP_KEY)
    return context


@dataclass
class MllpSender:
    name: str = "mllp-out"
    sent: int = 0
    refused: int = 0
    last_at: datetime | None = None
    down: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._working: dict[str, asyncio.Task[None]] = {}
        self._falls: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    def details(self) -> dict[str, object]:
        return {
            "lines": len(self._lines),
            "sent": self.sent,
            "refused": self.refused,
            "down": dict(self.down),
            "last_at": self.last_at and self.last_at.isoformat(timespec="seconds"),
        }

    async def run(self, house: House) -> None:
        expire_at = 0.0
        try:
            while True:
                try:
                    if time.monotonic() >= expire_at:
                        await house.do(outbound.expire)
                        expire_at = time.monotonic() + EXPIRE_SECONDS
                    targets = await house.do(outbound.due_targets)
                except DatabaseError as error:
                    log.warning("hl7v2.queue_unavailable %s", type(error).__name__)
                    targets = []
                for target in targets:
                    if target.code not in self._working and time.monotonic() >= self._not_before.get(target.code, 0):
                        self._working[target.code] = asyncio.create_task(self._serve(house, target), name=target.code)
                await self._close_idle()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            tasks = list(self._working.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for line in self._lines.values():
                await line.close()
            self._lines.clear()

    async def _serve(self, house: House, target: Target) -> None:
        """Until nothing waits for this target, or it does not answer."""
        try:
            while parcels := await house.do(outbound.claim, target.code):
                if not await self._deliver(house, target, parcels):
                    self._call_later(target.code)
                    return
                self._falls.pop(target.code, None)
                self.down.pop(target.code, None)
        except DatabaseError as error:
            # What the target took is told again when the loan ends: it knows the message by its control id.
            log.warning("hl7v2.settle_failed %s", type(error).__name__)
        finally:
            self._working.pop(target.code, None)

    async def _deliver(self, house: House, target: Target, parcels: Sequence[Parcel]) -> bool:
        """False: the target is away, and what was not tried is given back at once."""
        replies: list[Reply] = []
        stuck: set[str] = set()
        reached = True
        try:
            for parcel in parcels:
                if parcel.lane in stuck:
                    continue
                began = time.monotonic()
                try:
                    line = self._lines.get(target.code) or await Line.to(target)
                except (OSError, TimeoutError, ssl.SSLError) as error:
                    if not self._falls.get(target.code):  # said once an outage, not once a call
                        replies.append(
                            Reply(parcel, "", error=type(error).__name__, milliseconds=_since(began), was_sent=False)
                        )
                    self.down[target.code] = type(error).__name__
                    reached = False
                    break
                self._lines[target.code] = line
                try:
                    reply = await self._ask(line, parcel)
                except (OSError, TimeoutError, LineDown, ssl.SSLError) as error:
                    code = str(error) if isinstance(error, LineDown) else type(error).__name__
                    replies.append(Reply(parcel, "", error=code, milliseconds=_since(began)))
                    self.down[target.code] = code
                    reached = False
                    await self._hang_up(target.code)
                    break
                replies.append(replace(reply, milliseconds=_since(began)))
                if reply.code not in ("AA", "CA"):
                    self.refused += 1
                if reply.code in ("AR", "CR"):
                    stuck.add(parcel.lane)
        finally:
            # Also when the gateway is asked to stop in the middle: what was answered is told, the rest comes again.
            told = {reply.parcel.exchange_id for reply in replies}
            rest = [parcel for parcel in parcels if parcel.exchange_id not in told]
            await asyncio.shield(house.do(outbound.settle, target.code, replies, rest))
        self.sent += sum(reply.code in ("AA", "CA") for reply in replies)
        self.last_at = datetime.now(UTC)
        return reached

    async def _ask(self, line: Line, parcel: Parcel) -> Reply:
        data = await asyncio.wait_for(line.ask(parcel.payload), ANSWER_SECONDS)
        try:
            ack = read_ack(read_message(data))
        except (UnreadableMessage, InvalidMessage) as error:
            raise LineDown("unreadable answer") from error
        if ack.control_id != parcel.control_id:
            raise LineDown("answer to another message")
        return Reply(parcel, ack.code, faults=outbound.faults_of(ack))

    def _call_later(self, code: str) -> None:
        falls = self._falls.get(code, 0)
        self._falls[code] = falls + 1
        self._not_before[code] = time.monotonic() + CALL_AGAIN_SECONDS[min(falls, len(CALL_AGAIN_SECONDS) - 1)]

    async def _hang_up(self, code: str) -> None:
        if (line := self._lines.pop(code, None)) is not None:
            await line.close()

    async def _close_idle(self) -> None:
        late = time.monotonic() - IDLE_SECONDS
        for code in [code for code, line in self._lines.items() if line.used_at < late and code not in self._working]:
            await self._hang_up(code)


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
