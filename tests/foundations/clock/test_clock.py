import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from maison.foundations import clock
from maison.foundations.clock import declared
from maison.foundations.clock.models import DelaySetting, Timer
from maison.foundations.ids import uuid7
from tests.foundations.ledgers import DEADLINE

CODE = "test.unconfirmed"


@pytest.fixture
def fired():
    """The targets for which the delay ended, in order."""
    seen = []
    clock.declare(CODE, "Annonce de test non confirmée", seconds=120, owner="Urgences")
    clock.on(CODE)(seen.append)
    yield seen
    declared._delays.pop(CODE)
    declared._handlers.pop(CODE, None)


def due(target_id=None, ago=timedelta(seconds=1)):
    target_id = target_id or uuid7()
    clock.start(CODE, target_id, due_at=timezone.now() - ago)
    return target_id


@pytest.mark.django_db
def test_a_delay_fires_when_it_is_due_and_once(fired):
    late, later = due(ago=timedelta(minutes=2)), due()
    clock.start(CODE, uuid7())  # in two minutes
    assert clock.fire_due() == 2
    assert fired == [late, later]
    assert clock.fire_due() == 0


@pytest.mark.django_db
def test_starting_again_moves_the_delay_and_stopping_ends_it(fired):
    target = due()
    clock.start(CODE, target)
    assert Timer.objects.count() == 1
    assert clock.fire_due() == 0

    stopped = due()
    clock.stop(CODE, stopped)
    assert clock.fire_due() == 0
    assert fired == []


@pytest.mark.django_db
def test_a_delay_lasts_what_its_owner_decided(fired):
    assert clock.seconds_of(CODE) == 120
    DelaySetting.objects.create(code=CODE, seconds=30, changed_by="test")
    clock.start(CODE, uuid7())
    left = Timer.objects.get().due_at - timezone.now()
    assert timedelta(seconds=20) < left <= timedelta(seconds=30)


@pytest.mark.django_db
def test_rolled_back_there_is_no_delay(fired):
    with transaction.atomic():
        due()
        transaction.set_rollback(True)
    assert not Timer.objects.exists()


@pytest.mark.django_db
def test_a_failing_delay_is_tried_later_leaves_nothing_and_lets_the_others_fire(fired, caplog):
    def refuse(target_id):
        Timer.objects.create(code="test.trace", target_id=target_id, due_at=timezone.now() + timedelta(days=1))
        raise ConnectionError

    broken = due(ago=timedelta(minutes=2))
    clock.declare("test.well", "Délai de test", seconds=1, owner="Test")
    seen = []
    clock.on(CODE)(refuse)
    clock.on("test.well")(seen.append)
    well = uuid7()
    clock.start("test.well", well, due_at=timezone.now())

    clock.fire_due()

    timer = Timer.objects.get(target_id=broken)
    assert (timer.fired_at, timer.failures) == (None, 1)
    assert timer.due_at > timezone.now()
    assert seen == [well]
    assert not Timer.objects.filter(code="test.trace").exists()
    assert "clock.handler_failed test.unconfirmed" in caplog.text
    declared._delays.pop("test.well")
    declared._handlers.pop("test.well")


@pytest.mark.django_db
def test_a_handler_may_start_its_own_delay_again(fired):
    target = due()
    clock.on(CODE)(lambda target_id: clock.start(CODE, target_id))
    assert clock.fire_due() == 1
    assert Timer.objects.filter(target_id=target, fired_at=None).count() == 1
    assert Timer.objects.filter(target_id=target).count() == 2


@pytest.mark.django_db
def test_a_delay_nobody_answers_for_is_said(caplog):
    Timer.objects.create(code="test.orphan", target_id=uuid7(), due_at=timezone.now())
    clock.fire_due()
    assert "clock.no_handler test.orphan" in caplog.text


@pytest.mark.django_db
def test_a_batch_is_bounded(fired):
    for _ in range(5):
        due()
    assert clock.fire_due(limit=3) == 3
    assert clock.fire_due(limit=3) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_delays_and_never_fire_one_twice(fired):
    expected = {due() for _ in range(30)}
    start = threading.Barrier(3)

    def work():
        try:
            start.wait(DEADLINE)
            while clock.fire_due(limit=3):
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    start.wait(DEADLINE)
    for thread in threads:
        thread.join(DEADLINE)
    assert len(fired) == 30
    assert set(fired) == expected


def test_a_delay_declared_twice_with_other_words_is_refused(fired):
    with pytest.raises(ValueError, match=CODE):
        clock.declare(CODE, "Autre", seconds=1, owner="Autre")


def test_every_delay_of_the_house_has_an_owner_and_a_handler_unless_it_is_only_read():
    for delay in clock.delays().values():
        assert delay.owner, delay.code
        assert delay.seconds > 0, delay.code
        assert (declared.handler_of(delay.code) is not None) == delay.starts_timer, delay.code
