"""The AMQP 0-9-1 door: `{client}.message`, `.ack` and `.info` in, exchange `hubsante` out.

In: what waits on the channel is judged and held in one transaction, then acknowledged to the broker; a message whose
transaction failed is not acknowledged and comes back. Out: the journal is the queue; a message is *sent* once the
broker confirmed it. Both sides are at least once: identities make it once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError
from django.conf import settings
from django.db import DatabaseError

from maison.interop.exchanges.models import Door
from maison.interop.gateway.process import House

from . import intake, outbound, refusals
from .refusals import Refusal

log = logging.getLogger(__name__)

EXCHANGE = "hubsante"
QUEUES = ("message", "ack", "info")
PREFETCH = 128
BATCH = 64
SEND_POLL_SECONDS = 0.25
CONNECT_SECONDS = 10.0
CONFIRM_SECONDS = 15.0
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)


class AmqpDoor:
    """One connection at a time; lost, it is made again for as long as the process lives."""

    name = "hub-sante-amqp"

    def __init__(self, url: str, client_id: str) -> None:
        self.url, self.client_id = url, client_id
        self.connected = False
        self.connections = self.received = self.sent = 0
        self.last_error = ""
        self.last_at: datetime | None = None

    def details(self) -> dict[str, object]:
        return {
            "connected": self.connected,
            "connections": self.connections,
            "received": self.received,
            "sent": self.sent,
            "last_at": self.last_at and self.last_at.isoformat(timespec="seconds"),
            "error": self.last_error,
        }

    async def run(self, house: House) -> None:
        falls = 0
        while True:
            before = self.received + self.sent
            try:
                await self._session(house)
            except (aiormq.exceptions.AMQPError, OSError, TimeoutError) as error:
                self.last_error = type(error).__name__
                log.warning("hub_sante.broker_lost %s", self.last_error)
            falls = 0 if self.received + self.sent > before else falls + 1
            await asyncio.sleep(BACKOFF_SECONDS[min(falls, len(BACKOFF_SECONDS) - 1)])

    async def _session(self, house: House) -> None:
        """From a connection made to a connection lost."""
        connection = await aio_pika.connect(
            self.url, timeout=CONNECT_SECONDS, client_properties={"connection_name": f"maison {self.client_id}"}
        )
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        try:
            incoming: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
            receiving = await connection.channel(publisher_confirms=False)
            receiving.close_callbacks.add(lambda *_: lost.set())
            await receiving.set_qos(prefetch_count=PREFETCH)
            for suffix in QUEUES:
                # The hub owns its queues: a client consumes them, and declares nothing.
                queue = await receiving.get_queue(f"{self.client_id}.{suffix}", ensure=False)
                await queue.consume(incoming.put)
            sending = await connection.channel(publisher_confirms=True, on_return_raises=True)
            sending.close_callbacks.add(lambda *_: lost.set())
            self.connected, self.last_error = True, ""
            self.connections += 1
            log.info("hub_sante.broker_connected")
            await _first(lost.wait(), self._receive(house, incoming), self._send(house, sending))
        finally:
            self.connected = False
            with contextlib.suppress(aiormq.exceptions.AMQPError, OSError, TimeoutError, RuntimeError):
                await asyncio.wait_for(connection.close(), 3)

    # -- in

    async def _receive(self, house: House, incoming: asyncio.Queue[AbstractIncomingMessage]) -> None:
        while True:
            messages = [await incoming.get()]
            while len(messages) < BATCH and not incoming.empty():
                messages.append(incoming.get_nowait())
            await self._hold(house, messages)
            for message in messages:
                await message.ack()
            self.received += len(messages)
            self.last_at = datetime.now(UTC)

    async def _hold(self, house: House, messages: Sequence[AbstractIncomingMessage]) -> None:
        """Returns once they are on disk, however long the database stays away: nothing is acknowledged meanwhile."""
        arrivals = [_arrival(message) for message in messages]
        falls = 0
        while True:
            try:
                await house.do(intake.receive_all, arrivals)
            except DatabaseError as error:
                log.warning("hub_sante.journal_unavailable %s", type(error).__name__)
                await asyncio.sleep(BACKOFF_SECONDS[min(falls, len(BACKOFF_SECONDS) - 1)])
                falls += 1
            else:
                return

    # -- out

    async def _send(self, house: House, channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        while True:
            parcels = await house.do(outbound.claim_for_broker)
            if not parcels:
                await asyncio.sleep(SEND_POLL_SECONDS)
                continue
            confirmed: list[outbound.Parcel] = []
            stuck: set[str] = set()
            failed: list[outbound.Parcel] = []
            try:
                for parcel in parcels:
                    if parcel.recipient in stuck:
                        continue
                    try:
                        await exchange.publish(_message(parcel), routing_key=self.client_id, timeout=CONFIRM_SECONDS)
                        confirmed.append(parcel)
                    except DeliveryError:  # returned or refused by the broker: this recipient waits, in its order
                        stuck.add(parcel.recipient)
                        failed.append(parcel)
            finally:
                # Also when the connection breaks in the middle: what was confirmed is told, the rest comes again.
                rest = [parcel for parcel in parcels if parcel not in confirmed and parcel not in failed]
                await asyncio.shield(house.do(outbound.settle, confirmed, failed, rest))
            self.sent += len(confirmed)


async def _first(*works: object) -> None:
    """Until the first of them ends or fails; the others are cancelled, and their end is awaited."""
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _arrival(message: AbstractIncomingMessage) -> intake.Arrival:
    size = len(message.body)
    too_large = size > settings.EXCHANGE_MAX_BYTES
    return intake.Arrival(
        door=Door.AMQP,
        payload=b"" if too_large else message.body,
        client=None,
        content_type=(message.content_type or "").partition(";")[0],
        size=size,
        refusal=Refusal(refusals.TOO_LARGE) if too_large else None,
        redelivered=bool(message.redelivered),
    )


def _message(parcel: outbound.Parcel) -> aio_pika.Message:
    return aio_pika.Message(
        parcel.payload,
        content_type=parcel.content_type,
        content_encoding="utf-8",
        message_id=parcel.distribution_id[:255],
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
