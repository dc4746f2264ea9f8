"""Order by patient, barriers, errors that hold their lane only; killed at any moment, each message whole and once."""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from maison.foundations.errors import BusinessError
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import attempts, rehearsals
from maison.interop.exchanges.models import Exchange
from maison.interop.hl7v2 import intake, integration, rooms
from maison.interop.hl7v2.senders import Peer
from maison.registries.stays import selectors
from tests.factories import actor_as
from tests.interop import mllp, processes, wires
from tests.interop.conftest import until

KIND = "ZZT"


@dataclass
class Done:
    status: str = "integrated"
    note: str = ""


class Room:
    """Writes down what it is given, in the transaction of its lane; fails as it is told to."""

    def __init__(self):
        self.seen = []
        self.failing = {}

    def __call__(self, actor, message):
        control = message.control_id
        if (error := self.failing.get(control)) is not None:
            raise error
        self.seen.append(control)
        return Done()


@pytest.fixture
def room(db):
    playing = Room()
    rooms.register(KIND, playing)
    yield playing
    rooms.withdraw(KIND)


def message(control, ipp="000001", event="O01", other=""):
    text = mllp.adt(
        "A28", control=control, ipp=ipp, extra=(f"MRG|{other}^^^CHU-X&{mllp.DOMAIN}&ISO^PI",) if other else ()
    )
    return text.replace(b"ADT^A28^ADT_A28", f"{KIND}^{event}".encode())


def come(*messages):
    answers = intake.receive([intake.Arrival(Peer("127.0.0.1", 2575), one) for one in messages])
    assert [mllp.code(one[1:-2].decode()) for one in answers] == ["AA"] * len(messages)


def work():
    total = 0
    while done := integration.lanes.work():
        total += done
    return total


def state(control):
    return Exchange.objects.get(distribution_id=control, direction="in").state


def due_now():
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchanges_exchange SET next_attempt_at = now() - interval '1 second' WHERE state = 'received'"
        )


@pytest.mark.django_db
class TestOrder:
    def test_each_patient_keeps_his_order_and_all_go_in_one_commit(self, room):
        mllp.declare()
        come(*[message(f"{ipp}-{turn}", ipp) for turn in range(4) for ipp in ("A", "B", "C")])
        assert integration.lanes.work() == 12
        for ipp in "ABC":
            assert [one for one in room.seen if one[0] == ipp] == [f"{ipp}-{turn}" for turn in range(4)]
        assert set(Exchange.objects.values_list("state", flat=True)) == {"integrated"}

    def test_an_error_holds_its_own_lane_only_then_comes_again(self, room):
        mllp.declare()
        come(message("A-1", "A"), message("A-2", "A"), message("B-1", "B"))
        room.failing = {"A-1": ZeroDivisionError()}
        work()
        assert [state(one) for one in ("A-1", "A-2", "B-1")] == ["received", "received", "integrated"]
        held = Exchange.objects.get(distribution_id="A-1")
        assert (held.attempts, held.fault_code) == (1, "MLLP-500")
        assert held.next_attempt_at > timezone.now() + timedelta(seconds=3)
        assert [(one.outcome, one.code) for one in attempts.of(held.id)] == [("later", "ZeroDivisionError")]
        room.failing, room.seen = {}, []
        due_now()
        work()
        assert room.seen == ["A-1", "A-2"]

    def test_after_the_last_attempt_a_person_looks_and_the_lane_goes_on(self, room):
        wires.agency()
        mllp.declare()
        come(message("A-1", "A"), message("A-2", "A"))
        room.failing = {"A-1": ZeroDivisionError()}
        for _ in range(8):
            due_now()
            work()
        assert [state(one) for one in ("A-1", "A-2")] == ["waiting", "integrated"]
        assert Relay.objects.get().kind_code == "interop.mend"

    def test_a_refusal_of_the_room_is_kept_with_its_words_and_holds_nothing(self, room):
        mllp.declare()
        come(message("A-1", "A"), message("A-2", "A"))
        room.failing = {"A-1": BusinessError("venue inconnue")}
        work()
        refused = Exchange.objects.get(distribution_id="A-1")
        assert (refused.state, refused.fault_code, refused.needs_mending) == ("refused", "MLLP-030", True)
        assert "venue inconnue" in refused.note
        assert state("A-2") == "integrated"

    def test_a_type_nobody_takes_is_kept(self, room):
        mllp.declare()
        come(mllp.adt("A28", control="K").replace(b"ADT^A28^ADT_A28", b"SIU^S12"))
        work()
        assert state("K") == "kept"

    def test_a_dry_run_of_the_lane_changes_nothing(self, room):
        mllp.declare()
        come(message("A-1", "A"))
        room.failing = {"A-1": BusinessError("venue inconnue")}
        work()
        refused = Exchange.objects.get()
        assert rehearsals.rehearse(refused).changes_nothing
        room.failing = {}
        told = rehearsals.rehearse(refused)
        assert (told.state, told.changes_nothing) == ("integrated", False)
        assert Exchange.objects.get().state == "refused"


@pytest.mark.django_db
class TestBarriers:
    def merge(self, control, kept, gone):
        return message(control, kept, event="A40", other=gone)

    def test_a_merge_waits_for_both_patients_and_both_wait_for_it(self, room):
        mllp.declare()
        come(
            message("A-1", "A"), message("B-1", "B"), self.merge("M", "A", "B"), message("B-2", "B"), message("A-2", "A"),
        )  # fmt: skip
        room.failing = {"B-1": ZeroDivisionError()}
        work()
        assert room.seen.count("A-1") >= 1
        assert [state(one) for one in ("A-1", "B-1", "M", "B-2", "A-2")] == ["integrated", *["received"] * 4]
        room.failing, room.seen = {}, []
        due_now()
        work()
        assert room.seen[:2] == ["B-1", "M"]
        assert sorted(room.seen[2:]) == ["A-2", "B-2"]

    @pytest.mark.parametrize(
        "barrier",
        [
            mllp.link(one="A", other="B", control="M"),
            mllp.link(one="A", other="B", event="A37", control="M"),
            mllp.file_move(kept="A", gone="B", file="D-1", control="M"),
        ],
        ids=["A24", "A37", "A44"],
    )
    def test_links_and_file_moves_wait_for_both_patients_too(self, room, barrier):
        mllp.declare()
        come(
            message("A-1", "A"),
            message("B-1", "B"),
            barrier.replace(b"ADT^", f"{KIND}^".encode(), 1),
            message("B-2", "B"),
        )
        room.failing = {"B-1": ZeroDivisionError()}
        work()
        assert [state(one) for one in ("A-1", "B-1", "M", "B-2")] == ["integrated", *["received"] * 3]
        room.failing, room.seen = {}, []
        due_now()
        work()
        assert room.seen == ["B-1", "M", "B-2"]

    @pytest.mark.parametrize("seed", range(4))
    def test_chains_of_merges_end_in_the_order_they_came_whatever_the_batch(self, room, seed):
        mllp.declare()
        chance = random.Random(seed)
        messages, lanes = [], {}
        for rank in range(40):
            first, second = chance.sample("ABCDE", 2)
            control = f"M{rank:02d}"
            touched = {first, second} if chance.random() < 0.4 else {first}
            messages.append(self.merge(control, first, second) if len(touched) == 2 else message(control, first))
            for patient in touched:
                lanes.setdefault(patient, []).append(control)
        come(*messages)
        while integration.lanes.work(chance.randint(1, 9)):
            pass
        assert sorted(room.seen) == [f"M{rank:02d}" for rank in range(40)]
        for order in lanes.values():
            assert [one for one in room.seen if one in order] == order


@pytest.mark.django_db
def test_an_admission_by_the_door_is_counted_in_its_unit():
    client = mllp.declare()
    come(mllp.adt("A01", ipp="P1", visit="V-1", control="ADM"), mllp.adt("A01", ipp="P2", visit="V-2"))
    assert work() == 2
    (found,) = selectors.census(actor_as("gestionnaire_lits", client.structure))
    assert (found.present, found.units[0].freshness.state()) == (2, "fresh")
    assert state("ADM") == "integrated"


INTEGRATOR = """
import django
django.setup()
from django.db import connection
from maison.interop.hl7v2 import integration, rooms
class Done:
    status, note = "integrated", ""
def room(actor, message):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO lanes_seen (control, lane) VALUES (%s, %s)", [message.control_id, message.control_id[0]])
    return Done()
rooms.register("ZZT", room)
while True:
    if not integration.lanes.work(10):
        integration.loop.wait()
"""


@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_two_workers_leave_each_message_once_and_in_order():
    mllp.declare()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE lanes_seen (rank bigserial, control text, lane text)")
    messages = [message(f"{ipp}-{turn:02d}", ipp) for turn in range(25) for ipp in "ABCDEFGH"]
    come(*messages)

    def integrated():
        return Exchange.objects.filter(state="integrated").count()

    for goal in (60,):
        with processes.running(INTEGRATOR) as first, processes.running(INTEGRATOR) as second:
            until(lambda goal=goal: integrated() >= goal)
            for process in (first, second):
                process.send_signal(signal.SIGKILL)
                process.wait()
    with processes.running(INTEGRATOR), processes.running(INTEGRATOR):
        until(lambda: integrated() == len(messages))
    with connection.cursor() as cursor:
        cursor.execute("SELECT control FROM lanes_seen ORDER BY rank")
        seen = [row[0] for row in cursor.fetchall()]
        cursor.execute("DROP TABLE lanes_seen")
    assert len(seen) == len(set(seen)) == len(messages)
    for ipp in "ABCDEFGH":
        assert [one for one in seen if one[0] == ipp] == [f"{ipp}-{turn:02d}" for turn in range(25)]
