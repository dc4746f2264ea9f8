"""The MLLP listener: many connections, one writer. Frames of all of them go to the journal together, and are answered after
its commit.

While a batch is being committed the next one gathers, so that a lone sender never waits for others and a crowd shares its
commits. Nothing is unbounded: a connection that sends faster than the journal writes, or whose answers are not read, is no
longer read; a large message needs one of a few places.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError

from maison.formats.hl7v2.mllp import Decoder, Frame, Noise
from maison.interop.gateway.process import House

from . import intake
from .intake import Arrival
from .senders import Peer

log = logging.getLogger(__name__)

BATCH = 256
BATCH_BYTES = 16 << 20
CONNECTIONS = 512
QUEUED_FRAMES, QUEUED_BYTES = 4_096, 64 << 20
"""What all connections may have waiting for the journal."""
OWN_FRAMES = 64
"""What one connection may have waiting: a sender that awaits each answer never has more than one."""
LARGE_BYTES, LARGE_PLACES = 1 << 20, 8
NOISE_BYTES = 1 << 20
"""Beyond so many bytes that are no message, a connection is closed."""
HANDSHAKE_SECONDS, UNFINISHED_SECONDS, SWEEP_SECONDS = 10.0, 60.0, 5.0
BACKOFF_SECONDS = (0.05, 0.2, 0.5, 1, 2)

type Keeper = Callable[[Sequence[Arrival]], list[bytes]]


@dataclass(slots=True)
class Address:
    host: str
    port: int
    context: ssl.SSLContext | None = None


@dataclass(slots=True)
class _Waiting:
    link: Link
    arrival: Arrival


class Link(asyncio.Protocol):
    """One connection. It only cuts frames and passes them on; the writer answers."""

    def __init__(self, door: MllpDoor, port: int, origin: str) -> None:
        self.door = door
        self.peer = Peer(origin, port)
        self.decoder = Decoder(settings.MLLP_MAX_BYTES)
        self.transport: asyncio.Transport | None = None
        self.waiting = 0
        self.pending = 0
        self.pending_since = 0.0
        self.noise = 0
        self.has_place = False
        self.holds: set[str] = set()

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            certificate = tls.getpeercert(binary_form=True) or b""
            self.peer = Peer(self.peer.origin, self.peer.port, hashlib.sha256(certificate).hexdigest())
        self.door.links.add(self)

    def data_received(self, data: bytes) -> None:
        for item in self.decoder.feed(data):
            if isinstance(item, Frame):
                self._arrived(Arrival(self.peer, item.data))
            else:
                self._noise(item)
        if self.decoder.is_pending:
            if not self.pending:
                self.pending_since = time.monotonic()
            self.pending += len(data)
            if self.pending > LARGE_BYTES and not self.has_place:
                self.door.ask_place(self)
        elif self.pending:
            self._finished()

    def connection_lost(self, error: Exception | None) -> None:
        for item in self.decoder.close():
            self._noise(item)
        self._finished()
        self.door.links.discard(self)
        self.transport = None

    def pause_writing(self) -> None:
        self.hold("answers")

    def resume_writing(self) -> None:
        self.release("answers")

    # -- flow

    def hold(self, reason: str) -> None:
        """Stop reading for this reason; reading goes on when none is left."""
        if not self.holds and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self.holds.add(reason)

    def release(self, reason: str) -> None:
        if reason in self.holds:
            self.holds.discard(reason)
            if not self.holds and self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()

    def answer(self, answer: bytes) -> None:
        self.waiting -= 1
        if self.waiting < OWN_FRAMES // 2:
            self.release("own")
        if answer and self.transport is not None and not self.transport.is_closing():
            self.transport.write(answer)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def _arrived(self, arrival: Arrival) -> None:
        self._finished()
        self.waiting += 1
        if self.waiting >= OWN_FRAMES:
            self.hold("own")
        self.door.gather(self, arrival)

    def _noise(self, item: Noise) -> None:
        """Said once a connection and reason, or a scanner would fill the journal; too much of it ends the connection."""
        first = self.noise == 0
        self.noise += item.size
        too_large = item.reason == "too-large"
        if first or too_large:
            self._arrived(Arrival(self.peer, item.start, item.french, item.size, too_large))
        if self.noise > NOISE_BYTES and not too_large:
            self.close()

    def _finished(self) -> None:
        self.pending = 0
        if self.has_place:
            self.has_place = False
            self.door.give_place()
        self.release("place")


@dataclass
class MllpDoor:
    addresses: list[Address]
    keeper: Keeper = intake.receive
    batch: int = BATCH
    name: str = "mllp"
    received: int = 0
    batches: int = 0
    largest_batch: int = 0
    refused: int = 0
    last_at: datetime | None = None
    links: set[Link] = field(default_factory=set)
    listening: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._full = False
        self._something = asyncio.Event()
        self._places = LARGE_PLACES
        self._asking: deque[Link] = deque()

    def details(self) -> dict[str, object]:
        return {
            "connections": len(self.links),
            "received": self.received,
            "batches": self.batches,
            "largest_batch": self.largest_batch,
            "waiting": len(self._queue),
            "refused": self.refused,
            "last_at": self.last_at and self.last_at.isoformat(timespec="seconds"),
        }

    # -- connections

    async def run(self, house: House) -> None:
        servers = []
        try:
            for address in self.addresses:
                family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
                server = socket.create_server((address.host, address.port), family=family, backlog=256)
                server.setblocking(False)
                address.port = server.getsockname()[1]
                servers.append(server)
            self.listening.set()
            async with asyncio.TaskGroup() as group:
                for address, server in zip(self.addresses, servers, strict=True):
                    group.create_task(self._accept(group, house, address, server))
                group.create_task(self._write(house))
                group.create_task(self._sweep())
        finally:
            self.listening.clear()
            for server in servers:
                server.close()
            for link in list(self.links):
                link.close()

    async def _accept(self, group: asyncio.TaskGroup, house: House, address: Address, server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, where = await loop.sock_accept(server)
            if len(self.links) >= CONNECTIONS:
                log.warning("hl7v2.too_many_connections")
                accepted.close()
                continue
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            group.create_task(self._open(house, address, accepted, str(where[0])))

    async def _open(self, house: House, address: Address, accepted: socket.socket, origin: str) -> None:
        loop = asyncio.get_running_loop()
        link = Link(self, address.port, origin)
        secured = {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": 2.0} if address.context else {}
        try:
            await loop.connect_accepted_socket(lambda: link, accepted, ssl=address.context, **secured)
        except (ssl.SSLError, OSError, TimeoutError) as error:
            accepted.close()
            self.refused += 1
            reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or ""
            if isinstance(error, ssl.SSLError) and reason:
                words = str(reason).lower().replace("_", " ")[:120]
                stranger = Arrival(Peer(origin, address.port, "?"), b"", f"Négociation TLS refusée : {words}")
                with contextlib.suppress(DatabaseError):  # the connection is refused all the same
                    await house.do(self.keeper, [stranger])

    async def _sweep(self) -> None:
        """A message begun and never ended does not hold its place for ever."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            late = time.monotonic() - UNFINISHED_SECONDS
            for link in list(self.links):
                if link.pending and not link.holds and link.pending_since < late:
                    link.close()

    # -- large messages

    def ask_place(self, link: Link) -> None:
        if self._places > 0:
            self._places -= 1
            link.has_place = True
        elif "place" not in link.holds:
            link.hold("place")
            self._asking.append(link)

    def give_place(self) -> None:
        self._places += 1
        while self._asking and self._places > 0:
            link = self._asking.popleft()
            if link.transport is not None and "place" in link.holds:
                self._places -= 1
                link.has_place = True
                link.pending_since = time.monotonic()
                link.release("place")

    # -- to the journal

    def gather(self, link: Link, arrival: Arrival) -> None:
        self._queue.append(_Waiting(link, arrival))
        self._queued_bytes += len(arrival.data)
        self._something.set()
        if not self._full and (len(self._queue) >= QUEUED_FRAMES or self._queued_bytes >= QUEUED_BYTES):
            self._full = True
            for other in self.links:
                other.hold("full")

    def _taken(self) -> list[_Waiting]:
        """The next batch, in the order it came."""
        taken: list[_Waiting] = []
        size = 0
        while self._queue and len(taken) < self.batch and size < BATCH_BYTES:
            taken.append(self._queue.popleft())
            size += len(taken[-1].arrival.data)
        self._queued_bytes -= size
        if not self._queue:
            self._something.clear()
        if self._full and len(self._queue) < QUEUED_FRAMES // 2 and self._queued_bytes < QUEUED_BYTES // 2:
            self._full = False
            for link in self.links:
                link.release("full")
        return taken

    async def _write(self, house: House) -> None:
        while True:
            await self._something.wait()
            batch = self._taken()
            answers = await self._kept(house, [waiting.arrival for waiting in batch])
            self.batches += 1
            self.received += len(batch)
            self.largest_batch = max(self.largest_batch, len(batch))
            self.last_at = datetime.now(UTC)
            for waiting, answer in zip(batch, answers, strict=True):
                waiting.link.answer(answer)

    async def _kept(self, house: House, arrivals: list[Arrival]) -> list[bytes]:
        """The answers once all of it is on disk. The journal away: tried again a few seconds, then said (AR), nothing kept."""
        for wait in (*BACKOFF_SECONDS, None):
            try:
                return await house.do(self.keeper, arrivals)
            except DatabaseError as error:
                log.warning("hl7v2.journal_unavailable %s", type(error).__name__)
                if wait is not None:
                    await asyncio.sleep(wait)
        return [intake.unavailable(arrival) for arrival in arrivals]
