"""Killed between the hop and its acknowledgement: the letter is neither lost nor sent twice."""

from __future__ import annotations

import signal

import pytest
from django.utils import timezone

from maison.interop.channels.models import Delivery, TargetState
from maison.interop.hl7v2 import intake
from maison.interop.letters.models import Leg, Sending
from maison_region.letters import message_of
from tests.interop import processes
from tests.interop.conftest import until
from tests.interop.letters.conftest import mllp_arrival
from tests.interop.letters.outside import GP, letter

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import django
django.setup()
import time
from maison.interop.channels import delivery, execution
from maison.interop.hl7v2 import integration
from maison.interop.letters import receipts
while True:
    done = integration.lanes.work() + execution.turn() + delivery.turn() + receipts.turn()
    if not done:
        time.sleep(0.05)
"""


def arrived():
    """What waits is due at once: the test does not wait for the pauses between tries."""
    Delivery.objects.filter(state="pending").update(due_at=timezone.now())
    TargetState.objects.update(paused_until=timezone.now())
    return set(Leg.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_worker_killed_while_the_operator_and_the_dmp_answer_loses_nothing_and_sends_nothing_twice(hospital, outside):
    where = outside.environment() | {"MAISON_INDEX_KEY": hospital.index_key}
    outside.mail.faults.add("attend")
    outside.registry.faults.add("attend")
    intake.receive([mllp_arrival(message_of(letter()))])
    with processes.running(WORKER, **where) as process:
        until(lambda: outside.boxes.of(GP) and outside.registry.records)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert set(Sending.objects.values_list("state", flat=True)) == {"leaving"}
    for player in (outside.mail, outside.registry):
        player.faults.clear()
        player.answers.set()
    TargetState.objects.update(lent_until=timezone.now())  # the loan of the one that fell runs out
    with processes.running(WORKER, **where):
        until(arrived)
        until(lambda: set(Delivery.objects.values_list("state", flat=True)) == {"delivered"})
    assert len(outside.boxes.of(GP)) == 1
    assert len(outside.registry.records) == 1
