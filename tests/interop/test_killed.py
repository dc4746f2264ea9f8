"""Killed at any moment, the house loses no message and counts none twice."""

from __future__ import annotations

import json
import random
import signal

import aio_pika
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante import intake
from maison.services.emergency.models import Case, CaseMessage
from maison_sandbox.hub import Hub
from tests.interop import processes, wires
from tests.interop.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)
CASES = 15


def arrivals(number):
    """A case and two updates, one of which left before it."""
    for use_case in (
        wires.update(number, freetext="avant"),
        wires.case(number),
        wires.update(number, freetext="après"),
    ):
        yield wires.dumps(wires.envelope(wires.headed(use_case)))


def integrated():
    return Exchange.objects.filter(direction="in", state="integrated").count()


def test_an_integrator_killed_again_and_again_leaves_each_message_whole_and_once():
    client = wires.declare()
    bodies = [body for n in range(CASES) for body in arrivals(f"{n:05}")]
    intake.receive([intake.Arrival(door="http", payload=body, client=client) for body in bodies])
    total = len(bodies)
    for goal in (1, total // 2):
        with processes.running(processes.INTEGRATOR) as process:
            until(lambda goal=goal: integrated() >= goal)
            process.send_signal(signal.SIGKILL)
            process.wait()
    with processes.running(processes.INTEGRATOR):
        until(lambda: integrated() == total)
    assert Case.objects.filter(known=True).count() == CASES
    assert CaseMessage.objects.count() == total
    told = list(Exchange.objects.filter(direction="out", step="INTEGRE").values_list("answers", flat=True))
    assert len(told) == len(set(told)) == total


def test_two_integrators_share_the_work_and_never_do_it_twice():
    client = wires.declare()
    bodies = [body for n in range(CASES) for body in arrivals(f"{n:05}")]
    intake.receive([intake.Arrival(door="http", payload=body, client=client) for body in bodies])
    with processes.running(processes.INTEGRATOR), processes.running(processes.INTEGRATOR):
        until(lambda: integrated() == len(bodies))
    assert set(Exchange.objects.filter(direction="in").values_list("attempts", flat=True)) == {1}
    assert CaseMessage.objects.count() == len(bodies)
    told = list(Exchange.objects.filter(direction="out", step="INTEGRE").values_list("answers", flat=True))
    assert len(told) == len(set(told)) == len(bodies)


@pytest.mark.rabbitmq
def test_a_gateway_killed_while_it_listens_loses_nothing_of_the_broker(background, broker):
    wires.declare(doors=("amqp",))
    hub = Hub(broker.url, [wires.SAMU, wires.HOUSE])
    background.start(hub.run())
    until(hub.ready.is_set)
    messages = [wires.envelope(wires.technical()) for _ in range(300)]

    async def publish():
        async with await aio_pika.connect(broker.url) as connection:
            channel = await connection.channel()
            for name in ("message", "ack", "info"):
                for client in hub.clients:
                    await (await channel.get_queue(f"{client}.{name}", ensure=False)).purge()
            for message in messages:
                await channel.default_exchange.publish(
                    aio_pika.Message(wires.dumps(message), content_type="application/json", delivery_mode=2),
                    routing_key=f"{wires.HOUSE}.message",
                )

    background.run(publish())

    def held():
        return Exchange.objects.filter(direction="in").exclude(state="duplicate").count()

    for goal in (1, 150):
        with processes.running(processes.GATEWAY, MAISON_HUB_AMQP_URL=broker.url) as process:
            until(lambda goal=goal: held() >= goal)
            process.send_signal(signal.SIGKILL)
            process.wait()
    with processes.running(processes.GATEWAY, MAISON_HUB_AMQP_URL=broker.url) as process:
        until(lambda: held() == len(messages))
        until(lambda: not Exchange.objects.filter(direction="out", state="to_send").exists())
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, "a gateway asked to stop stops cleanly"
    wanted = {message["distributionID"] for message in messages}
    assert set(Exchange.objects.filter(direction="in").values_list("distribution_id", flat=True)) == wanted
    first_time = [row for row in Exchange.objects.filter(direction="out") if "note" not in row.history[0]]
    told = [row.answers for row in first_time]
    assert len(told) == len(set(told)) == len(messages), "one acknowledgement each"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_duplicates_and_disorder_end_in_the_same_state(data):
    """Whatever the order, the repetitions and the batches, each message counts once and the case is the same."""
    seed = data.draw(st.integers(0, 2**32))
    chance = random.Random(seed)
    number = f"{chance.randrange(10**12):012}"
    client = wires.Client.objects.filter(client_id=wires.SAMU).first() or wires.declare()
    bodies = list(arrivals(number))
    played = bodies + chance.choices(bodies, k=4)
    chance.shuffle(played)
    while played:
        size = chance.randint(1, 4)
        batch, played = played[:size], played[size:]
        intake.receive([intake.Arrival(door="http", payload=body, client=client) for body in batch])
        if chance.random() < 0.5:
            wires.integrate_all()
    wires.integrate_all()
    case = Case.objects.get(case_ref=f"fr.health.samu31.DRFR15DDXAAJJJ{number}")
    assert case.known
    assert sorted(json.dumps(message.body, sort_keys=True) for message in case.messages.all()) == sorted(
        json.dumps(_use_case(body), sort_keys=True) for body in bodies
    )
    mine = Exchange.objects.filter(direction="in", case_ref=case.case_ref)
    assert mine.filter(state="integrated").count() == 3
    assert mine.filter(state="duplicate").count() == 4
    assert Exchange.objects.filter(direction="out", step="INTEGRE", case_ref=case.case_ref).count() == 3


def _use_case(body):
    message = json.loads(body)["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return message.get("createCaseHealth") or message["createCaseHealthUpdate"]
