import os
import signal
import subprocess
import sys
import time
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Seal
from maison.foundations.notifications.actions import notify
from maison.foundations.notifications.models import Notification
from maison.foundations.supervision.models import Heartbeat
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 60.0


def wait_until(condition, what: str) -> None:
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"never happened: {what}"
        time.sleep(0.05)


@pytest.fixture
def worker(tmp_path):
    """The real process, on this test's database."""
    database = connection.settings_dict
    place = f"host={quote(str(database['HOST']))}&user={database['USER']}&password={quote(database['PASSWORD'])}"
    port = f"&port={database['PORT']}" if database["PORT"] else ""
    environ = os.environ | {
        "DATABASE_URL": f"postgres:///{database['NAME']}?{place}{port}",
        "DJANGO_SETTINGS_MODULE": "maison.config.settings_test",
        "MAISON_DATA": str(tmp_path),
        "MAISON_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    log = (tmp_path / "worker.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "django", "worker"], env=environ, stdout=log, stderr=log)
    try:
        wait_until(
            lambda: process.poll() is not None or Heartbeat.objects.filter(process="worker").exists(), "a heartbeat"
        )
        assert process.poll() is None, (tmp_path / "worker.log").read_text()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def test_one_process_does_the_jobs_seals_the_traces_and_stops_when_asked(worker, tmp_path):
    audit.record(Actor.system("test"), "test.done")
    user = UserFactory(email="camille@exemple.test")
    notify([user.subject], kind="test", title="Un élément", mail=True)

    wait_until(lambda: ProcrastinateJob.objects.filter(status="succeeded").exists(), "the job done")
    wait_until(lambda: Seal.objects.exists(), "the trace sealed")
    assert Notification.objects.get().mailed_at is not None
    assert len(list((tmp_path / "courriels").glob("*.eml"))) == 1

    seen_at = Heartbeat.objects.get(process="worker").seen_at
    wait_until(lambda: Heartbeat.objects.get(process="worker").seen_at > seen_at, "a second beat")
    loops = Heartbeat.objects.get(process="worker").details["loops"]
    assert {"queue", "clock", "audit", "jobs", "calendar", "supervision"} <= set(loops)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(DEADLINE) == 0
    assert not Heartbeat.objects.filter(process="worker").exists()
    log = (tmp_path / "worker.log").read_text()
    assert "audit.sealed 1 " in log
    assert "exemple.test" not in log


def test_a_worker_survives_the_loss_of_its_connections(worker, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    lost_at = timezone.now()
    wait_until(lambda: Heartbeat.objects.filter(process="worker", seen_at__gt=lost_at).exists(), "beating again")

    user = UserFactory(email="camille@exemple.test")
    notify([user.subject], kind="test", title="Un élément", mail=True)
    wait_until(lambda: ProcrastinateJob.objects.filter(status="succeeded").exists(), "a job done after the loss")
    assert worker.poll() is None
