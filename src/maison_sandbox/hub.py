"""Plays the dispatcher of the national Hub Santé over a real broker, for the demonstration and the tests.

    hub = Hub("amqp://…", ["fr.health.samu31", "fr.health.grades-occitanie"])
    await hub.run()

Clients publish to the exchange `hubsante` with their own id as routing key. The dispatcher checks that the sender is
the one it says, that the message is valid and not expired, and hands it to `{recipient}.message`, `.ack` or `.info`
according to its kind; otherwise it tells the sender by RS-ERROR on its `.info` queue. What nobody consumes in time goes
to the dead letters and is told too. Numbers other than 100 are the sandbox's own: the Hub does not publish its list.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError

from maison.formats.hub_sante import wire

log = logging.getLogger(__name__)

HUB = "fr.health.hub"
EXCHANGE, DISPATCH, DEAD = "hubsante", "hubsante.dispatch", "hubsante.dead"
ROUTES = {"Report": "message", "Update": "message", "Cancel": "message", "Ack": "ack", "Error": "info"}

DELIVERY_MODE = (100, "DELIVERY_MODE_INCONSISTENCY")
SENDER = (101, "SENDER_INCONSISTENCY")
UNROUTABLE = (102, "UNROUTABLE_MESSAGE")
UNREADABLE = (300, "UNRECOGNIZED_MESSAGE_FORMAT")
INVALID = (301, "INVALID_MESSAGE")
EXPIRED = (400, "EXPIRED_MESSAGE_BEFORE_ROUTING")
DEAD_LETTER = (500, "DEAD_LETTER_QUEUED")


class Hub:
    """`counts` tells what was routed and refused, for those who watch."""

    def __init__(self, url: str, clients: Sequence[str]) -> None:
        self.url, self.clients = url, list(clients)
        self.counts: Counter[str] = Counter()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled, or until the broker leaves."""
        connection = await aio_pika.connect(self.url, timeout=10)
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        async with connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.set_qos(prefetch_count=32)
            self.exchange = await self._declare(channel)
            self.direct = channel.default_exchange
            dispatch = await channel.get_queue(DISPATCH, ensure=False)
            dead = await channel.get_queue(DEAD, ensure=False)
            await dispatch.consume(self._dispatch)
            await dead.consume(self._bury)
            self.ready.set()
            await lost.wait()

    async def _declare(self, channel: AbstractChannel) -> AbstractExchange:
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        letters = await channel.declare_exchange(f"{EXCHANGE}.dlx", aio_pika.ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(DISPATCH, durable=True)
        await queue.bind(exchange, routing_key="#")
        await (await channel.declare_queue(DEAD, durable=True)).bind(letters)
        for client in self.clients:
            for suffix in ("message", "ack", "info"):
                await channel.declare_queue(
                    f"{client}.{suffix}", durable=True, arguments={"x-dead-letter-exchange": f"{EXCHANGE}.dlx"}
                )
        return exchange

    async def _dispatch(self, message: AbstractIncomingMessage) -> None:
        sender = message.routing_key or ""
        async with message.process(requeue=True):
            if message.delivery_mode != aio_pika.DeliveryMode.PERSISTENT:
                await self._tell(sender, "", DELIVERY_MODE, "Le message n'est pas persistant.")
                return
            try:
                envelope = wire.read_envelope(message.body)
            except wire.UnreadableMessage as error:
                await self._tell(sender, "", UNREADABLE, error.message)
                return
            except wire.InvalidMessage as error:
                lines = "\n".join(f"{fault.place}: {fault.official}" for fault in error.faults)
                await self._tell(sender, _identity(message.body), INVALID, lines)
                return
            if envelope.sender_id != sender or not envelope.distribution_id.startswith(f"{sender}_"):
                await self._tell(
                    sender, envelope.distribution_id, SENDER, "senderID, distributionID et clé de routage diffèrent."
                )
                return
            await self._route(message, envelope)

    async def _route(self, message: AbstractIncomingMessage, envelope: wire.Envelope) -> None:
        expires = wire.moment(envelope.expires_at)
        seconds = (expires - datetime.now(UTC)).total_seconds() if expires else 0.0
        if seconds <= 0:
            await self._tell(
                envelope.sender_id, envelope.distribution_id, EXPIRED, "Le message a expiré avant d'être remis."
            )
            return
        queue = f"{envelope.recipient_id}.{ROUTES[envelope.kind]}"
        copy = aio_pika.Message(
            message.body, content_type=message.content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.message_id, expiration=min(seconds, 86_400),
        )  # fmt: skip
        try:
            await self.direct.publish(copy, routing_key=queue, mandatory=True)
        except DeliveryError:
            await self._tell(
                envelope.sender_id,
                envelope.distribution_id,
                UNROUTABLE,
                f"Destinataire inconnu : {envelope.recipient_id}.",
            )
            return
        self.counts[f"routed {envelope.type.code}"] += 1

    async def _bury(self, message: AbstractIncomingMessage) -> None:
        async with message.process(requeue=True):
            self.counts["dead"] += 1
            try:
                envelope = wire.read_envelope(message.body)
            except (wire.UnreadableMessage, wire.InvalidMessage):
                return
            if envelope.kind != "Error":
                await self._tell(
                    envelope.sender_id,
                    envelope.distribution_id,
                    DEAD_LETTER,
                    "Le destinataire n'a pas relevé le message à temps.",
                )

    async def _tell(self, client: str, referenced: str, code: tuple[int, str], cause: str) -> None:
        """RS-ERROR on the `.info` queue of whoever published."""
        self.counts[code[1]] += 1
        report = wire.error_report(
            sender=HUB, recipient=client, referenced=referenced or "inconnu", code=code[0], title=code[1], cause=cause
        )
        answer = aio_pika.Message(
            wire.write(report), content_type="application/json", delivery_mode=aio_pika.DeliveryMode.PERSISTENT
        )
        try:
            await self.direct.publish(answer, routing_key=f"{client}.info", mandatory=True)
        except DeliveryError:
            log.warning("sandbox.hub_nobody_to_tell %s", client)


def _identity(body: bytes) -> str:
    """The distributionID of a wrong message, when it can be told."""
    try:
        document = wire.parse(wire.checked_text(body))
    except wire.UnreadableMessage:
        return ""
    name = document.get("distributionID") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""


async def _main(url: str, clients: Sequence[str]) -> None:
    running = asyncio.create_task(Hub(url, clients).run())
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m maison_sandbox.hub", description="Joue le Hub Santé sur un courtier AMQP."
    )
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1:5672/", help="adresse du courtier")
    parser.add_argument("clients", nargs="+", help="identifiants des logiciels, par exemple fr.health.samu31")
    options = parser.parse_args(arguments)
    asyncio.run(_main(options.url, options.clients))
    return 0


if __name__ == "__main__":
    sys.exit(main())
