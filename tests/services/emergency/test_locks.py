"""A regulator's act and a batch of messages take their locks in one order: they wait, and never for one another (URG-01)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils import timezone

from maison.foundations import gathering
from maison.foundations.access import Actor
from maison.services.emergency import foreseen, locks, regulation
from maison.services.emergency.foreseen import Coming
from maison.services.emergency.models import Case
from maison.services.emergency.permissions import P
from tests.services.emergency.factories import Told, chain

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for_a_waiter() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return


def beside(act: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 -- told by the test
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


@pytest.fixture
def regulated():
    """Two cases of a SAMU, and its regulator."""
    places = chain()
    cases = []
    for _ in range(2):
        told = Told()
        cases.append(told.say("RS-EDA", told.creation(), 0))
    grants = {right.code: frozenset([places.samu.id]) for right in (P.VIEW_CASES, P.MANAGE_CASES)}
    return cases, Actor(subject="899700000001", name="Alix", auth="psc", structure_id=places.samu.id, grants=grants)


@pytest.mark.parametrize("closing", [False, True], ids=["note", "closing"])
def test_an_act_on_a_case_waits_for_its_name_before_it_holds_its_row(regulated, closing):
    """The batch has the name and goes for the row; had the act the row and gone for the name, one of them would fall."""
    (case, _), regulator = regulated
    act = (
        (lambda: regulation.close_validated_case(case.id))
        if closing
        else (lambda: regulation.add_note(actor=regulator, case_id=case.id, text="Rappel"))
    )
    with transaction.atomic():
        gathering.tell((locks.NAMES, locks.names([case.case_ref])))
        thread, failed = beside(act)
        wait_for_a_waiter()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
        Case.objects.filter(id=case.id).update(last_received_at=timezone.now())
    thread.join()
    assert failed == []


def test_a_batch_holds_the_rows_of_its_cases_whatever_the_order_of_its_messages(regulated):
    cases, regulator = regulated
    coming = [Coming(case.case_ref, "samu", f"D{rank}", {}) for rank, case in enumerate(reversed(cases))]
    with transaction.atomic():
        foreseen.foresee(coming)
        thread, failed = beside(lambda: regulation.add_note(actor=regulator, case_id=cases[0].id, text="Rappel"))
        wait_for_a_waiter()
        with transaction.atomic():
            foreseen.foresee(list(reversed(coming)))
    thread.join()
    assert failed == []
    cases[0].refresh_from_db()
    assert cases[0].messages.filter(kind="RS-EDA-MAJ").count() == 1
