"""What the house sends: kept in order while the target is away, delivered once it is back, lost by no restart (F12.1)."""

from __future__ import annotations

import signal
import socket
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from maison.formats.hl7v2.ack import acknowledge
from maison.formats.hl7v2.mllp import Decoder, Frame, frame
from maison.formats.hl7v2.wire import read_message, write
from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import actions, attempts
from maison.interop.exchanges.models import Exchange
from maison.interop.exchanges.permissions import P
from maison.interop.hl7v2 import outbound, sender
from maison.interop.hl7v2.errors import InsNotQualified, UnknownTarget
from maison.interop.hl7v2.sender import MllpSender
from maison.interop.hl7v2.targets import register_target
from tests.factories import StructureFactory, actor_with
from tests.interop import mllp, processes, wires
from tests.interop.conftest import until

PATIENTS = ("A", "B", "C")


class Application:
    """Software of a hospital that receives; it can be away, refuse, or be busy."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.received = []
        self.codes = {}
        self.server = None
        self.lines = []

    def open(self):
        self.server = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self.thread = threading.Thread(target=self._listen, args=(self.server,), daemon=True)
        self.thread.start()
        return self

    def close(self):
        if self.server is None:
            return
        server, self.server = self.server, None
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for line in self.lines:
            line.close()
        self.thread.join(10)
        self.lines = []

    def _listen(self, server):
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            self.lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        decoder = Decoder()
        try:
            while data := line.recv(65536):
                for item in decoder.feed(data):
                    if isinstance(item, Frame):
                        self._answer(line, read_message(item.data))
        except OSError:
            return
        finally:
            line.close()

    def _answer(self, line, message):
        codes = self.codes.get(message.control_id, [])
        code = codes.pop(0) if codes else "AA"
        self.received.append((message.control_id, code))
        if code == "hang-up":
            line.close()
            return
        line.sendall(frame(write(acknowledge(message, code))))


@pytest.fixture
def application(monkeypatch):
    monkeypatch.setattr(sender, "CALL_AGAIN_SECONDS", (0.05,))
    monkeypatch.setattr(sender, "POLL_SECONDS", 0.02)
    running = Application()
    yield running
    running.close()


@pytest.fixture
def target(application, transactional_db):
    return declare(application.port)


def declare(port, code="dpi-fictif"):
    return register_target(
        actor=Actor.system("tests"), code=code, name="DPI fictif", structure_id=StructureFactory().id, host="127.0.0.1", port=port
    )  # fmt: skip


def put(*controls, target="dpi-fictif"):
    """`A-1`: the first message of the patient A."""
    for control in controls:
        outbound.queue(mllp.adt("A31", control=control, ipp=control[0]), target=target)


def states():
    return Counter(Exchange.objects.filter(direction="out").values_list("state", flat=True))


def of(control):
    return Exchange.objects.get(direction="out", distribution_id=control)


def due_now():
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchanges_exchange SET next_attempt_at = now() - interval '1 second' WHERE state = 'to_send'"
        )


def test_a_target_away_keeps_its_messages_in_order_and_gets_them_once_back(background, application, target):
    """F12.1"""
    controls = [f"{ipp}-{turn}" for turn in range(10) for ipp in PATIENTS]
    put(*controls)
    running = MllpSender()
    background.listen(running)
    until(lambda: running.down.get("dpi-fictif"))
    assert states() == {"to_send": 30}
    application.open()
    until(lambda: states() == {"acknowledged": 30})
    assert [control for control, _ in application.received] == controls
    assert running.down == {}


@pytest.mark.django_db(transaction=True)
def test_a_gateway_killed_while_it_sends_loses_nothing_and_keeps_the_order(application):
    declare(application.port)
    application.open()
    controls = [f"{ipp}-{turn:02d}" for turn in range(20) for ipp in PATIENTS]
    put(*controls)
    with processes.running(processes.GATEWAY) as process:
        until(lambda: len(application.received) >= 15)
        process.send_signal(signal.SIGKILL)
        process.wait()
    due_now()  # what was lent is given back after three minutes: here they have passed
    with processes.running(processes.GATEWAY):
        until(lambda: states() == {"acknowledged": len(controls)})
    first_time = list(dict.fromkeys(control for control, _ in application.received))
    for ipp in PATIENTS:
        assert [one for one in first_time if one[0] == ipp] == [one for one in controls if one[0] == ipp]


def test_a_busy_target_holds_its_patient_only(background, application, target):
    application.codes = {"A-1": ["AR"]}
    application.open()
    put("A-1", "A-2", "B-1")
    background.listen(MllpSender())
    until(lambda: of("B-1").state == "acknowledged")
    held = of("A-1")
    assert (held.state, held.attempts, of("A-2").attempts) == ("to_send", 1, 0)
    assert held.next_attempt_at > timezone.now() + timedelta(seconds=3)
    due_now()
    until(lambda: states() == {"acknowledged": 3})
    assert [control for control, _ in application.received if control[0] == "A"] == ["A-1", "A-1", "A-2"]
    assert [(one.outcome, one.code) for one in attempts.of(held.id)] == [("later", "AR"), ("done", "AA")]


def test_a_message_refused_for_its_content_is_for_a_person_and_the_next_one_goes(background, application, target):
    wires.agency()
    application.codes = {"A-1": ["AE"]}
    application.open()
    put("A-1", "A-2")
    background.listen(MllpSender())
    until(lambda: of("A-2").state == "acknowledged")
    refused = of("A-1")
    assert (refused.state, refused.fault_code, refused.needs_mending) == ("failed", "MLLP-040", True)
    assert Relay.objects.get().kind_code == "interop.mend"
    actions.replay(actor=actor_with(P.VIEW, P.MEND, structure=wires.agency()), exchange_id=refused.id)
    until(lambda: of("A-1").state == "acknowledged")


def test_a_message_that_makes_the_target_hang_up_does_not_bar_the_road_to_others(background, application, target):
    application.codes = {"A-1": ["hang-up"] * 50}
    application.open()
    put("A-1", "A-2", "B-1")
    background.listen(MllpSender())
    until(lambda: of("B-1").state == "acknowledged")
    assert (of("A-1").state, of("A-2").attempts) == ("to_send", 0)
    assert attempts.of(of("A-1").id)[0].outcome == "lost"


@pytest.mark.django_db
def test_what_nobody_took_in_a_day_is_a_task_and_replaying_gives_it_another_day():
    agency = wires.agency()
    declare(1)
    put("A-1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchanges_exchange SET state_at = now() - interval '25 hours'")
    assert outbound.expire() == 1
    dead = of("A-1")
    assert (dead.state, dead.fault_code) == ("failed", "MLLP-042")
    assert Relay.objects.count() == 1
    actions.replay(actor=actor_with(P.VIEW, P.MEND, structure=agency), exchange_id=dead.id)
    assert outbound.expire() == 0
    assert of("A-1").state == "to_send"


@pytest.mark.django_db
def test_two_gateways_never_hold_the_same_message_nor_two_of_one_patient_out_of_order():
    declare(1)
    put("A-1", "A-2", "B-1")
    first = outbound.claim("dpi-fictif", limit=1)
    second = outbound.claim("dpi-fictif", limit=5)
    assert ([one.control_id for one in first], [one.control_id for one in second]) == (["A-1"], ["B-1"])
    outbound.settle("dpi-fictif", [], first)
    assert [one.control_id for one in outbound.claim("dpi-fictif")] == ["A-1", "A-2"]


@pytest.mark.django_db
def test_an_ins_leaves_under_a_qualified_identity_only():
    declare(1)
    with pytest.raises(InsNotQualified):
        outbound.queue(mllp.adt("A31", ins="279035121518989", status="PROV"), target="dpi-fictif")
    outbound.queue(mllp.adt("A31", ins="279035121518989", status="VALI"), target="dpi-fictif")
    with pytest.raises(UnknownTarget):
        outbound.queue(mllp.adt("A31"), target="inconnue")
    assert Exchange.objects.count() == 1


@pytest.mark.django_db
def test_only_who_may_declares_a_target():
    structure = wires.agency()
    with pytest.raises(Forbidden):
        register_target(
            actor=actor_with(P.VIEW, structure=structure),
            code="x",
            name="X",
            structure_id=structure.id,
            host="h",
            port=1,
        )
    declare(2575)
    assert Entry.objects.filter(code="hl7v2.target_registered").count() == 1
