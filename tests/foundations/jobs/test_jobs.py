from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from maison.foundations.jobs import house_loops, job, probes

pytestmark = pytest.mark.django_db


class ServerBusy(Exception):
    """A failure worth trying again."""


@pytest.fixture
def task():
    name = "test.noted"
    yield job(name, retry_on=(ServerBusy,))(lambda thing_id: None)
    app.tasks.pop(name)


def set_state(job_id: int, status: str, *, ago: timedelta = timedelta(0)) -> None:
    """As procrastinate would have left it: the triggers write the events, whose age the test then changes."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE id = %s", [job_id])
        if status != "doing":
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s", [status, job_id]
            )
        cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [timezone.now() - ago, job_id])


def test_a_job_is_part_of_the_act_that_asks_for_it(task):
    with transaction.atomic():
        task.defer(thing_id="1")
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()

    with transaction.atomic():
        task.defer(thing_id="1")
    assert ProcrastinateJob.objects.get().args == {"thing_id": "1"}


def test_only_the_errors_that_are_named_are_tried_again(task):
    strategy = app.tasks["test.noted"].retry_strategy
    waiting = app.job_manager
    assert waiting is not None
    from procrastinate.jobs import Job

    def decision(error, attempts=0):
        row = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="test.noted", attempts=attempts)
        return strategy.get_retry_decision(exception=error, job=row)

    assert decision(ServerBusy()) is not None
    assert decision(ValueError()) is None
    assert decision(ServerBusy(), attempts=8) is None


def test_jobs_of_a_dead_worker_go_back_to_the_queue(task):
    job_id = task.defer(thing_id="1")
    set_state(job_id, "doing")

    assert house_loops.retry_stalled() == 1
    assert house_loops.retry_stalled() == 0
    again = ProcrastinateJob.objects.get(id=job_id)
    assert (again.status, again.attempts) == ("todo", 1)


def test_jobs_of_a_living_worker_are_left_alone(task):
    job_id = task.defer(thing_id="1")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        worker_id = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker_id, job_id]
        )
    assert house_loops.retry_stalled() == 0


def test_finished_jobs_go_after_a_week_and_failed_ones_after_three_months(task):
    kept, done, failed, old_failed = (task.defer(thing_id=str(number)) for number in range(4))
    set_state(kept, "succeeded", ago=timedelta(days=6))
    set_state(done, "succeeded", ago=timedelta(days=8))
    set_state(failed, "failed", ago=timedelta(days=30))
    set_state(old_failed, "failed", ago=timedelta(days=91))

    assert house_loops.purge() == 2
    assert set(ProcrastinateJob.objects.values_list("id", flat=True)) == {kept, failed}


def test_supervision_reads_the_age_of_the_queue_and_the_failures(task):
    assert probes.queue().state == "ok"
    waiting = task.defer(thing_id="1")
    failed = task.defer(thing_id="2")
    set_state(failed, "failed")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '20 minutes' WHERE job_id = %s", [waiting]
        )

    queue, failures = probes.queue(), probes.failed()
    assert (queue.value, queue.state) == ("1", "failed")
    assert (failures.value, failures.state) == ("1", "late")


def test_a_job_planned_for_later_does_not_make_the_queue_late(task):
    task.configure(schedule_in={"hours": 3}).defer(thing_id="1")
    assert (probes.queue().value, probes.queue().state) == ("0", "ok")


def test_every_job_of_the_house_has_a_stable_name_and_a_reason_to_be_tried_again():
    for name, task in app.tasks.items():
        if name.startswith(("builtin:", "procrastinate.")):
            continue
        assert "." in name, f"{name}: write it `room.act`"
        assert not name.startswith("maison."), f"{name}: a name of a module changes when the code moves"
        if task.retry_strategy:
            assert task.retry_strategy.retry_exceptions, f"{name}: name the errors worth retrying"
