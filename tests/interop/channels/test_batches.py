"""Messages dealt with together: few statements, what fails fails alone, and what comes too late is kept, not sent (HUB-03)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maison.interop.channels import alerts, delivery, desks, execution, live, receipts, writing
from maison.interop.channels.models import Delivery, LaneTime, Passage, TargetState
from maison.interop.channels.ports.base import Receipt
from maison.interop.exchanges.models import Exchange
from tests.interop.channels.fictional import adt
from tests.interop.channels.test_execution import controls, send
from tests.interop.channels.workshop import COPY

pytestmark = pytest.mark.django_db


def collected(workshop, channel) -> None:
    version = live.live_version(channel.id)
    while execution.collect(channel, version):
        pass


def statements(act) -> int:
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def test_thirty_messages_cost_the_statements_of_three(workshop):
    channel = workshop.live()
    version = live.live_version(channel.id)
    counts = []
    for first, many in ((1, 3), (101, 30)):
        for number in range(first, first + many):
            send(workshop, number, ipp=str(number))
        collected(workshop, channel)
        counts.append((statements(lambda: execution.process(channel, version)), statements(delivery.turn)))
    assert counts[0] == counts[1]
    assert sum(counts[0]) < 50
    assert Passage.objects.filter(state="done").count() == 33


def test_a_message_that_cannot_be_written_fails_alone_and_holds_only_its_patient(workshop, monkeypatch):
    workshop.live()
    for number in range(1, 13):
        send(workshop, number, ipp=str(number % 4))

    owed = writing._owed

    def poisoned(channel, config, work, name):
        if work.identity == "M0005":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return owed(channel, config, work, name)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_owed", poisoned)
        workshop.turn()
    assert controls(workshop.out("copie/sortie")) == [f"M{n:04d}" for n in (1, 2, 3, 4, 6, 7, 8, 10, 11, 12)]
    held, behind = Passage.objects.filter(state="received").order_by("seq")
    assert (held.reason, held.attempts, behind.attempts) == (desks.HOUSE, 1, 0)
    workshop.later(minutes=1)
    workshop.turn()
    assert controls(workshop.out("copie/sortie"))[-2:] == ["M0005", "M0009"]


def test_contents_too_heavy_to_be_read_together_go_one_turn_after_the_other(workshop, monkeypatch):
    channel = workshop.live()
    for number in range(1, 7):
        send(workshop, number, ipp=str(number))
    collected(workshop, channel)
    for room in (execution, delivery):
        monkeypatch.setattr(room, "BATCH_BYTES", 2 * Exchange.objects.order_by("seq")[0].size)
    version = live.live_version(channel.id)
    assert [execution.process(channel, version) for _ in range(4)] == [2, 2, 2, 0]
    assert [delivery.turn() for _ in range(4)] == [2, 2, 2, 0]


def said(control: str, at: str, trigger: str = "A08", sender: str = "GAM", **options) -> bytes:
    return (
        adt(control, trigger=trigger, **options)
        .replace(b"|20261121230600+0100||ADT", f"|{at}||ADT".encode())
        .replace(b"|GAM|", f"|{sender}|".encode())
    )


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        # A movement said at noon; an update said before it comes after it.
        ([("A", "20250601120000", "A02"), ("B", "20250601115959", "A08")], ["A"]),
        # The same second, the same minute: nothing says which is the older.
        ([("A", "20250601120000", "A02"), ("B", "20250601120000", "A08")], ["A", "B"]),
        ([("A", "20250601120030", "A02"), ("B", "202506011200", "A08")], ["A", "B"]),
        # Only updates are pictures: a movement that comes late is a movement.
        ([("A", "20250601120000", "A02"), ("B", "20250601110000", "A03")], ["A", "B"]),
        # Offsets are instants.
        ([("A", "20250601120000+0200", "A02"), ("B", "20250601110000+0100", "A08")], ["A", "B"]),
        # The hour that comes twice, in October.
        ([("A", "20251026025000", "A02"), ("B", "20251026021000", "A08")], ["A", "B"]),
        # Nothing that can be compared.
        ([("A", "20250601120000", "A02"), ("B", "hier", "A08")], ["A", "B"]),
    ],
    ids=["older", "same-second", "same-minute", "movement", "offset", "october", "no-time"],
)  # fmt: skip
def test_an_update_older_than_what_was_sent_is_kept_and_not_sent(workshop, messages, sent):
    workshop.live()
    for rank, (control, at, trigger) in enumerate(messages):
        workshop.drop("copie/entree", f"{rank}.hl7", said(control, at, trigger), age=100 - rank)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == sent
    late = Passage.objects.filter(state="filtered")
    assert [row.reason for row in late] == ["mise-a-jour-ancienne"] * (len(messages) - len(sent))
    for row in late:
        exchange = Exchange.objects.get(id=row.exchange_id)
        assert (exchange.state, "ancienne" in exchange.note) == ("integrated", True)


def test_a_late_update_is_known_from_one_batch_to_the_next_and_a_merge_speaks_for_both_patients(workshop):
    workshop.live()
    workshop.drop("copie/entree", "1.hl7", said("A", "20250601120000", "A40", ipp="2", extra="MRG|1^^^CHU"))
    workshop.turn()
    for rank, (control, ipp) in enumerate([("B", "1"), ("C", "2"), ("D", "3")]):
        workshop.drop("copie/entree", f"{control}.hl7", said(control, "20250601110000", ipp=ipp), age=100 - rank)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["A", "D"]


def test_clocks_of_two_senders_are_not_compared_and_one_that_runs_ahead_silences_nobody(workshop):
    workshop.live()
    ahead = f"{timezone.localtime() + timedelta(days=3):%Y%m%d%H%M%S}"
    now = f"{timezone.localtime() + timedelta(minutes=1):%Y%m%d%H%M%S}"
    for rank, message in enumerate(
        [
            said("A", ahead),
            said("B", now),
            said("C", "20250601110000", sender="LABO"),
            said("D", "20250601100000"),
        ]
    ):
        workshop.drop("copie/entree", f"{rank}.hl7", message, age=100 - rank)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["A", "B", "C"]


def test_the_times_of_calm_patients_are_forgotten_with_their_passages(workshop):
    workshop.live()
    send(workshop, 1)
    workshop.turn()
    assert LaneTime.objects.count() == 1
    LaneTime.objects.update(moved_at=timezone.now() - timedelta(days=91))
    alerts.forget()
    assert not LaneTime.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_targets_that_end_at_the_same_instant_leave_no_passage_unfinished(workshop):
    said_twice = COPY.replace('cibles = ["sortie"]', 'cibles = ["sortie", "copie"]') + (
        '\n[[cibles]]\nnom = "copie"\ntype = "dossier"\nchemin = "{code}/copie"\n'
    )
    channel = workshop.live(said_twice)
    send(workshop, 1)
    execution.turn()
    loans = [delivery._claim(state.pk, None) for state in TargetState.objects.filter(channel=channel).order_by("id")]
    taken = [[(parcel, Receipt("delivered")) for group in loan.groups for parcel in group] for loan in loans]

    def other() -> None:
        receipts.settle(loans[1].state, loans[1].rows, taken[1])
        connection.close()

    with transaction.atomic():
        receipts.settle(loans[0].state, loans[0].rows, taken[0])
        thread = threading.Thread(target=other)
        thread.start()
        _wait_for_a_waiter()
    thread.join()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert Passage.objects.get().state == "done"


def _wait_for_a_waiter() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
