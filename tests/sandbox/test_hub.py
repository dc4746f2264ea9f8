"""The sandbox dispatcher, over the wire: what a client of the national hub would see."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest

from maison.formats.hub_sante import wire
from maison_sandbox.hub import Hub
from tests.interop import wires
from tests.interop.conftest import Background, broker, until  # noqa: F401 -- the broker is shared with the doors

pytestmark = pytest.mark.rabbitmq
A, B = "fr.health.samuA", "fr.health.samuB"


@pytest.fixture
def loop():
    running = Background()
    yield running
    running.close()


@pytest.fixture
def hub(loop, broker):  # noqa: F811
    running = Hub(broker.url, [A, B])
    loop.start(running.run())
    until(running.ready.is_set)
    return running


@pytest.fixture
def talk(loop, broker, hub):  # noqa: F811
    """Publish as A, then read the first message of a queue."""

    def play(body, *, queue, key=A, persistent=True):
        async def exchange():
            async with await aio_pika.connect(broker.url) as connection:
                channel = await connection.channel()
                reading = await channel.get_queue(queue, ensure=False)
                await reading.purge()
                target = await channel.get_exchange("hubsante", ensure=False)
                mode = aio_pika.DeliveryMode.PERSISTENT if persistent else aio_pika.DeliveryMode.NOT_PERSISTENT
                await target.publish(
                    aio_pika.Message(body, content_type="application/json", delivery_mode=mode), routing_key=key
                )
                async with reading.iterator(timeout=60) as messages:
                    async for message in messages:
                        await message.ack()
                        return message
                return None

        return loop.run(asyncio.wait_for(exchange(), 60))

    return play


def message(**members):
    document = wires.envelope(wires.technical(), sender=A)
    document["descriptor"]["explicitAddress"]["explicitAddressValue"] = B
    return wires.dumps(document | members)


@pytest.mark.parametrize(("kind", "suffix"), [("Report", "message"), ("Ack", "ack"), ("Error", "info")])
def test_a_message_goes_to_the_queue_of_its_kind_to_the_byte(talk, kind, suffix):
    body = message(distributionKind=kind)
    assert talk(body, queue=f"{B}.{suffix}").body == body


@pytest.mark.parametrize(
    ("body", "key", "title"),
    [
        (message(senderID=B), A, "SENDER_INCONSISTENCY"),
        (message(distributionID="sans-prefixe"), A, "SENDER_INCONSISTENCY"),
        (message(), B, "SENDER_INCONSISTENCY"),
        (message(content=[]), A, "INVALID_MESSAGE"),
        (b"rien", A, "UNRECOGNIZED_MESSAGE_FORMAT"),
        (message(descriptor={"language": "fr-FR", "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": "fr.health.absent"}}), A, "UNROUTABLE_MESSAGE"),
        (message(dateTimeExpires="2020-01-01T00:00:00+01:00"), A, "EXPIRED_MESSAGE_BEFORE_ROUTING"),
    ],
    ids=["other-sender", "no-prefix", "other-key", "empty", "unreadable", "nobody-there", "expired"],
)  # fmt: skip
def test_what_cannot_be_routed_is_told_to_whoever_published_it(talk, body, key, title):
    error = wire.read_envelope(talk(body, queue=f"{key}.info", key=key).body)
    assert error.type.code == "RS-ERROR"
    assert error.message.error_code.status_string == title


def test_a_message_that_a_restart_would_lose_is_refused(talk):
    error = wire.read_envelope(talk(message(), queue=f"{A}.info", persistent=False).body)
    assert (error.message.error_code.status_code, error.message.error_code.status_string) == (
        100,
        "DELIVERY_MODE_INCONSISTENCY",
    )


def test_a_message_nobody_collects_before_it_expires_is_told_to_its_sender(talk):
    soon = wire.stamp(datetime.now(UTC) + timedelta(seconds=2))
    error = wire.read_envelope(talk(message(dateTimeExpires=soon), queue=f"{A}.info").body)
    assert error.message.error_code.status_string == "DEAD_LETTER_QUEUED"
