"""A real broker with the sandbox as the national hub: the house at one end, the software of a SAMU at the other."""

from __future__ import annotations

import aio_pika
import pytest

from maison.formats.hub_sante import wire
from maison.interop.hub_sante.amqp import AmqpDoor
from maison_sandbox.hub import Hub
from tests.interop import wires
from tests.interop.conftest import until


class Samu:
    """A regulation software on the broker."""

    def __init__(self, background, url, client_id=wires.SAMU):
        self.background, self.url, self.client_id = background, url, client_id

    def publish(
        self, *bodies: bytes, content_type: str = "application/json", key: str = "", exchange: str = "hubsante"
    ):
        async def send():
            async with await aio_pika.connect(self.url) as connection:
                channel = await connection.channel()
                target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
                for body in bodies:
                    message = aio_pika.Message(
                        body, content_type=content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT
                    )
                    await target.publish(message, routing_key=key or self.client_id)

        self.background.run(send())

    def receive(self, suffix: str, count: int = 1) -> list[wire.Envelope]:
        async def take():
            found = []
            async with await aio_pika.connect(self.url) as connection:
                channel = await connection.channel()
                queue = await channel.get_queue(f"{self.client_id}.{suffix}", ensure=False)
                async with queue.iterator(timeout=60) as messages:
                    async for message in messages:
                        await message.ack()
                        found.append(wire.read_envelope(message.body))
                        if len(found) == count:
                            break
            return found

        return self.background.run(take())


@pytest.fixture
def hub(background, broker):
    """The dispatcher runs; its queues are emptied of what another test left."""
    running = Hub(broker.url, [wires.SAMU, "fr.health.samu81", wires.HOUSE])
    background.start(running.run())
    until(running.ready.is_set)

    async def purge():
        async with await aio_pika.connect(broker.url) as connection:
            channel = await connection.channel()
            for client in running.clients:
                for suffix in ("message", "ack", "info"):
                    queue = await channel.get_queue(f"{client}.{suffix}", ensure=False)
                    await queue.purge()

    background.run(purge())
    return running


@pytest.fixture
def door(background, broker, hub):
    running = AmqpDoor(broker.url, wires.HOUSE)
    running.task = background.listen(running)
    until(lambda: running.connected)
    return running


@pytest.fixture
def samu(background, broker, hub):
    wires.declare(doors=("amqp",))
    return Samu(background, broker.url)
