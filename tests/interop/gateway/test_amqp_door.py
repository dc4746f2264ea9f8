"""The AMQP door, on a real RabbitMQ, with the sandbox as the national hub."""

from __future__ import annotations

import pytest

from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante import outbound
from maison.interop.hub_sante.amqp import AmqpDoor
from maison_sandbox.hub import Hub
from tests.interop import wires
from tests.interop.conftest import until
from tests.interop.gateway.conftest import Samu

pytestmark = [pytest.mark.rabbitmq, pytest.mark.django_db(transaction=True)]


def received(**criteria):
    return Exchange.objects.filter(direction="in", **criteria)


def test_a_message_by_the_hub_is_held_integrated_and_acknowledged_by_the_hub(door, samu):
    message = wires.envelope(wires.headed(wires.case()))
    samu.publish(wires.dumps(message))
    until(lambda: received().count() == 1)
    assert journal.payload_of(received().get()) == wires.dumps(message)
    wires.integrate_all()
    told = samu.receive("ack", 2)
    assert [(answer.message.step, answer.message.distribution_id) for answer in told] == [
        ("RECU", message["distributionID"]), ("INTEGRE", message["distributionID"]),
    ]  # fmt: skip
    until(lambda: not Exchange.objects.filter(direction="out", state="to_send").exists())
    assert set(Exchange.objects.filter(direction="out").values_list("state", flat=True)) == {"sent"}


def test_a_wrong_message_is_refused_by_rs_error_and_kept(door, samu, background, broker):
    wires.agency()
    body = wires.dumps(wires.envelope({"technicalNoreq": {"inconnu": 1}}))
    # Past the dispatcher, as a hub more tolerant than ours would let it come.
    samu.publish(body, exchange="", key=f"{wires.HOUSE}.message")
    until(lambda: received(state="refused").count() == 1)
    (error,) = samu.receive("info")
    assert error.type.code == "RS-ERROR"
    assert "technicalNoreq.inconnu" in error.message.error_cause
    assert journal.payload_of(received().get()) == body


def test_what_is_no_message_at_all_is_kept_and_asked_to_a_person(door, samu):
    wires.agency()
    samu.publish(b"\xff\x00 pas un message", b"", exchange="", key=f"{wires.HOUSE}.message")
    until(lambda: received(state="refused", needs_mending=True).count() == 2)
    assert {journal.payload_of(row) for row in received()} == {b"\xff\x00 pas un message", b""}


def test_a_message_too_large_is_refused_by_its_size_alone(door, samu, settings):
    settings.EXCHANGE_MAX_BYTES = 1000
    samu.publish(b" " * 2000, exchange="", key=f"{wires.HOUSE}.message")
    until(lambda: received(fault_code="HUB-020", size=2000).count() == 1)


def test_the_same_message_twice_counts_once_and_is_answered_twice(door, samu):
    body = wires.dumps(wires.envelope(wires.technical()))
    samu.publish(body)
    samu.receive("ack")
    samu.publish(body)
    (again,) = samu.receive("ack")
    assert again.message.step == "RECU"
    assert sorted(received().values_list("state", flat=True)) == ["duplicate", "received"]


def test_a_message_of_someone_nobody_declared_is_refused_and_kept(door, samu, background, broker):
    wires.agency()
    Samu(background, broker.url, "fr.health.samu81").publish(
        wires.dumps(wires.envelope(wires.technical(), sender="fr.health.samu81"))
    )
    held = until(lambda: received(fault_code="HUB-013").first())
    assert held.relay_id is not None
    (error,) = Samu(background, broker.url, "fr.health.samu81").receive("info")
    assert error.message.error_code.status_string == "UNKNOWN_SENDER"


def test_the_hub_refuses_a_forged_sender_and_says_so(door, samu, hub):
    body = wires.dumps(wires.envelope(wires.technical(), sender="fr.health.samu81"))
    samu.publish(body)
    (error,) = samu.receive("info")
    assert error.message.error_code.status_string == "SENDER_INCONSISTENCY"
    assert not received().exists()


def test_an_error_of_the_hub_itself_makes_our_message_fail(door, samu):
    wires.agency()
    outbound.send(
        "TECHNICAL_NOREQ",
        {"optionalStringField": "essai"},
        recipient="fr.health.absent",
        case_ref="",
        cause=wires.agency().id,
    )
    until(lambda: received(message_type="RS-ERROR").exists())
    wires.integrate_all()
    sent = Exchange.objects.get(direction="out", message_type="TECHNICAL_NOREQ")
    assert (sent.state, sent.fault_code, sent.needs_mending) == ("failed", "HUB-040", True)


def test_our_messages_leave_in_the_order_of_each_recipient(door, samu):
    causes = [wires.agency().id for _ in range(12)]
    for rank, cause in enumerate(causes):
        outbound.send(
            "TECHNICAL_NOREQ", {"optionalStringField": str(rank)}, recipient=wires.SAMU, case_ref="", cause=cause
        )
        outbound.send(
            "TECHNICAL_NOREQ", {"optionalStringField": str(rank)}, recipient=wires.SAMU, case_ref="", cause=cause
        )
    got = samu.receive("message", 12)
    assert [message.message.optional_string_field for message in got] == [str(rank) for rank in range(12)]


def test_nothing_is_acknowledged_to_the_broker_while_the_database_is_away(door, samu, monkeypatch):
    from django.db import OperationalError

    from maison.interop.hub_sante import intake

    tries = []
    whole = intake.receive

    def away(arrivals):
        tries.append(len(arrivals))
        if len(tries) < 3:
            raise OperationalError("away")
        return whole(arrivals)

    monkeypatch.setattr(intake, "receive", away)
    samu.publish(wires.dumps(wires.envelope(wires.technical())))
    until(lambda: received().count() == 1)
    assert len(tries) == 3
    until(lambda: door.received == 1)


def test_a_message_the_database_will_not_take_is_held_by_its_bytes(door, samu, monkeypatch):
    from django.db import DataError

    from maison.interop.hub_sante import intake

    wires.agency()
    whole = intake._read

    def hostile(payload, found):
        whole(payload, found)
        if b"hostile" in payload:
            found.message_type = "x" * 100

    monkeypatch.setattr(intake, "_read", hostile)
    good, bad = (
        wires.dumps(wires.envelope(wires.technical())),
        wires.dumps(wires.envelope(wires.technical(optionalStringField="hostile"))),
    )
    with pytest.raises(DataError):
        intake.receive([intake.Arrival(door="amqp", payload=bad, client=None)])
    samu.publish(good, bad)
    until(lambda: received().count() == 2)
    held = received(fault_code="HUB-500").get()
    assert journal.payload_of(held) == bad
    assert held.needs_mending


def test_a_broker_that_falls_and_comes_back_loses_nothing(door, samu, broker, background, hub):
    before = [wires.envelope(wires.technical()) for _ in range(5)]
    samu.publish(*[wires.dumps(message) for message in before])
    until(lambda: received().count() == 5)
    background.stop(door.task)
    after = [wires.envelope(wires.technical()) for _ in range(5)]
    samu.publish(*[wires.dumps(message) for message in after])
    until(lambda: hub.counts["routed TECHNICAL_NOREQ"] == 10)
    running = AmqpDoor(broker.url, wires.HOUSE)
    background.listen(running)
    until(lambda: running.connected)
    broker.kill()
    until(lambda: not running.connected)
    broker.restart()
    until(lambda: running.connected, 120)
    until(lambda: received().exclude(state="duplicate").count() == 10)
    again = Hub(broker.url, hub.clients)
    background.start(again.run())
    expected = {message["distributionID"] for message in (*before, *after)}
    assert set(received().exclude(state="duplicate").values_list("distribution_id", flat=True)) == expected
    until(lambda: not Exchange.objects.filter(direction="out", state="to_send").exists(), 120)


def test_supervision_is_told_how_the_door_lives(door, samu):
    samu.publish(wires.dumps(wires.envelope(wires.technical())))
    until(lambda: door.received == 1)
    details = door.details()
    assert details["connected"] is True
    assert details["last_at"]
