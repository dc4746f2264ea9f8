"""A worker killed at its work, or two at once: every message leaves, in the order of its patient, under one key (F12.1)."""

from __future__ import annotations

import signal

import pytest
from django.utils import timezone

from maison.interop.channels.language import formats
from maison.interop.channels.models import Delivery, Passage, TargetState
from maison.interop.exchanges.models import Exchange
from tests.interop import processes
from tests.interop.channels.fictional import adt
from tests.interop.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES, PATIENTS = 30, 4
WORKER = """
import django
django.setup()
from maison.interop.channels import delivery, execution
while True:
    execution.turn(5)
    delivery.turn()
"""


def files(workshop) -> None:
    workshop.live()
    for number in range(MESSAGES):
        workshop.drop(
            "copie/entree", f"{number:04d}.hl7", adt(f"M{number:04d}", ipp=str(number % PATIENTS)), age=1000 - number
        )


def delivered() -> int:
    return Delivery.objects.filter(state="delivered").count()


def all_in_order(workshop) -> bool:
    names = [formats.read("hl7v2", payload).values("MSH-10")[0] for payload in workshop.out("copie/sortie")]
    lines = [[name for name in names if int(name[1:]) % PATIENTS == patient] for patient in range(PATIENTS)]
    return len(names) == MESSAGES and all(line == sorted(line) for line in lines)


def test_a_worker_killed_at_its_work_loses_nothing_and_keeps_the_order(workshop):
    files(workshop)
    where = {"MAISON_CHANNEL_FOLDERS": str(workshop.root)}
    with processes.running(WORKER, **where) as process:
        until(lambda: delivered() >= MESSAGES // 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    TargetState.objects.update(lent_until=timezone.now())  # the loan of the one that fell runs out
    with processes.running(WORKER, **where):
        until(lambda: delivered() == MESSAGES)
    assert all_in_order(workshop)
    assert Passage.objects.filter(state="done").count() == MESSAGES
    assert Exchange.objects.filter(direction="out").count() == MESSAGES
    assert not [path for path in workshop.folder("copie/entree").iterdir() if path.is_file()]


def test_two_workers_share_the_work_and_never_do_it_twice(workshop):
    files(workshop)
    where = {"MAISON_CHANNEL_FOLDERS": str(workshop.root)}
    with processes.running(WORKER, **where), processes.running(WORKER, **where):
        until(lambda: delivered() == MESSAGES)
    assert all_in_order(workshop)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
    assert set(Passage.objects.values_list("attempts", flat=True)) == {1}
    assert Exchange.objects.filter(direction="in").exclude(state="duplicate").count() == MESSAGES
