"""Every official example goes in through both doors: valid ones reach a room or are kept, wrong ones are refused with their reasons."""

from __future__ import annotations

import asyncio

import aio_pika
import pytest

from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante.amqp import AmqpDoor
from maison.services.emergency.models import Case
from maison_sandbox.hub import Hub
from tests.interop import official, wires
from tests.interop.conftest import until

WELCOME = {"integrated", "kept", "waiting"}


def verdicts(examples):
    """What is wrong with what became of each example; nothing, when all is as its authors expect."""
    held = {row.sha256: row for row in Exchange.objects.filter(direction="in")}
    bodies = {journal.payload_of(row): row for row in held.values()}
    wrong = {}
    for example in examples:
        row = bodies.get(example.body)
        if row is None:
            wrong[example.name] = "lost"
        elif example.valid and row.state not in WELCOME:
            wrong[example.name] = (row.state, row.note, row.faults)
        elif not example.valid:
            told = {(fault["place"], fault["official"]) for fault in row.faults}
            missing = {
                (place, text)
                for place, text in example.faults
                if not any(where.endswith(place) and what == text for where, what in told)
            }
            if row.state != "refused" or missing:
                wrong[example.name] = (row.state, missing, told)
    return wrong


@pytest.mark.django_db
def test_by_https(client, shared):
    keys = {sender: f"cle-de-demonstration-pour-{sender}-fictive" for sender in official.SENDERS}
    for sender, key in keys.items():
        wires.declare(sender, key=key)
    examples = official.examples(shared)
    assert len(examples) > 130
    answers = {}
    for example in examples:
        answer = wires.post(client, example.body, key=keys[example.sender], content_type=example.content_type)
        if (answer.status_code == 202) is not example.valid:
            answers[example.name] = answer.status_code, answer.content.decode()
    assert answers == {}, answers
    wires.integrate_all()
    wrong = verdicts(examples)
    assert wrong == {}, wrong
    assert Case.objects.filter(known=True).exists()
    for row in Exchange.objects.filter(direction="in", state="waiting"):
        assert not Case.objects.filter(case_ref=row.case_ref, known=True).exists()


@pytest.mark.rabbitmq
@pytest.mark.django_db(transaction=True)
def test_by_the_broker(background, broker, shared):
    for sender in official.SENDERS:
        wires.declare(sender, key="", doors=("amqp",))
    hub = Hub(broker.url, [*official.SENDERS, wires.HOUSE])
    background.start(hub.run())
    until(hub.ready.is_set)
    door = AmqpDoor(broker.url, wires.HOUSE)
    background.listen(door)
    examples = official.examples(shared)

    async def publish():
        async with await aio_pika.connect(broker.url) as connection:
            channel = await connection.channel()
            sending = [
                channel.default_exchange.publish(
                    aio_pika.Message(example.body, content_type=example.content_type, delivery_mode=2),
                    routing_key=f"{wires.HOUSE}.message",
                )
                for example in examples
            ]
            await asyncio.gather(*sending)

    background.run(publish())
    until(lambda: Exchange.objects.filter(direction="in").count() >= len(examples))
    wires.integrate_all()
    wrong = verdicts(examples)
    assert wrong == {}, wrong
