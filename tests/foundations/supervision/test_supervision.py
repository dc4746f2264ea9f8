import json
import logging
import os
import socket
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.clock.models import Timer
from maison.foundations.errors import NotFound
from maison.foundations.events.models import Cursor
from maison.foundations.ids import uuid7
from maison.foundations.notifications.models import Notification
from maison.foundations.supervision import Beating, Reading, beats, farewell, health, heartbeat, house_probes, probes
from maison.foundations.supervision.alerts import open_alerts, watch
from maison.foundations.supervision.beats import is_alive
from maison.foundations.supervision.logs import Discreet
from maison.foundations.supervision.models import Heartbeat
from maison.foundations.supervision.probes import read_probes
from tests.factories import HabilitationFactory
from tests.foundations.ledgers import wait_until


@pytest.fixture
def probe(monkeypatch):
    """Replaces every probe of the house by one whose answer the test chooses."""
    answer = {"reading": Reading("Porte de test", "ouverte", group="Portes")}
    monkeypatch.setattr(probes, "_probes", {"test.door": lambda: answer["reading"]})
    return answer


def failed(value="fermée"):
    return Reading("Porte de test", value, state="failed", group="Portes")


def test_the_process_says_it_is_alive_without_the_database(client):
    answer = client.get("/sante/vie")
    assert (answer.status_code, answer.json()) == (200, {"etat": "vivante"})


@pytest.mark.django_db
def test_the_house_is_ready_when_its_worker_beats(client):
    heartbeat("worker")
    answer = client.get("/sante/prete")
    assert (answer.status_code, answer.json()) == (200, {"etat": "prete", "raisons": []})


@pytest.mark.django_db
def test_without_a_recent_beat_the_house_is_not_ready_and_says_why(client):
    heartbeat("worker")
    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    answer = client.get("/sante/prete")
    assert answer.status_code == 503
    assert [reason["code"] for reason in answer.json()["raisons"]] == ["worker"]


@pytest.mark.django_db
def test_late_sealing_makes_the_house_not_ready(client):
    heartbeat("worker")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (id, at, subject, auth, code, outcome) VALUES (%s, %s, 's', 'psc', 'x.y', 'success')",
            [uuid7(), timezone.now() - timedelta(hours=1)],
        )
    assert [reason["code"] for reason in client.get("/sante/prete").json()["raisons"]] == ["audit"]


@pytest.mark.django_db
def test_missing_migrations_make_the_house_not_ready(client, monkeypatch):
    monkeypatch.setattr(health, "migrations_applied", lambda: False)
    assert [reason["code"] for reason in client.get("/sante/prete").json()["raisons"]] == ["migrations"]


def test_a_lost_database_is_a_reason_not_a_crash(client, monkeypatch):
    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    answer = client.get("/sante/prete")
    assert answer.status_code == 503
    assert [reason["code"] for reason in answer.json()["raisons"]] == ["database"]


@pytest.mark.django_db
def test_a_process_beats_on_one_row_and_leaves_none_when_it_stops():
    heartbeat("gateway", {"doors": 2})
    heartbeat("gateway", {"doors": 3})
    assert Heartbeat.objects.get().details == {"doors": 3}
    assert is_alive("gateway")
    farewell("gateway")
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db
def test_a_fallen_loop_and_a_silent_process_are_read():
    heartbeat("worker", {"loops": {"clock": {"turned_at": "2026-01-01T00:00:00", "failed_at": "2026-01-01T00:00:05"}}})
    [reading] = house_probes.processes()
    assert (reading.state, reading.value) == ("late", "boucle en panne : clock")

    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    states = [reading.state for reading in house_probes.processes()]
    assert states == ["failed", "failed"]  # the silent one, and no worker left


@pytest.mark.django_db
def test_one_silent_process_among_living_ones_is_watched_without_alarm():
    heartbeat("worker")
    Heartbeat.objects.create(
        process="worker", instance="autre-machine:12", seen_at=timezone.now() - timedelta(minutes=1)
    )
    assert sorted(reading.state for reading in house_probes.processes()) == ["late", "ok"]


@pytest.mark.django_db
def test_a_process_that_replaces_a_fallen_one_of_its_machine_takes_its_place(monkeypatch):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    machine = socket.gethostname()
    for instance in (f"{machine}:{ended.pid}", "autre-machine:12"):
        Heartbeat.objects.create(process="gateway", instance=instance)
    monkeypatch.setattr(beats, "_first_beat_done", set())

    heartbeat("gateway")

    expected = {f"{machine}:{os.getpid()}", "autre-machine:12"}
    assert set(Heartbeat.objects.values_list("instance", flat=True)) == expected


@pytest.mark.django_db(transaction=True)
def test_a_process_beats_from_a_thread_and_says_goodbye():
    beating = Beating("web", lambda: {"streams": 3})
    beating.start()
    wait_until(lambda: Heartbeat.objects.filter(process="web", details={"streams": 3}).exists(), "a beat")
    beating.stop()
    assert not Heartbeat.objects.exists()


@pytest.mark.django_db
def test_overdue_and_failing_delays_are_read():
    now = timezone.now()
    Timer.objects.create(code="x", target_id=uuid7(), due_at=now - timedelta(minutes=10))
    Timer.objects.create(code="x", target_id=uuid7(), due_at=now + timedelta(minutes=10), failures=2)
    overdue, failing = house_probes.delays()
    assert (overdue.state, failing.value, failing.state) == ("failed", "1", "failed")


@pytest.mark.django_db
def test_a_reader_that_lags_is_read_with_what_it_has_left():
    from maison.foundations.events import Event, publish

    class Said(Event):
        name = "test.said"

    publish(Said(), Said())
    Cursor.objects.create(reader="test.late")
    [reading] = [one for one in house_probes.readers() if "test.late" in one.label]
    assert reading.value == "2"
    assert reading.state == "ok"  # just published


@pytest.mark.django_db
def test_a_probe_that_cannot_read_says_so_and_lets_the_others_speak(monkeypatch):
    def broken():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM absent")

    monkeypatch.setattr(probes, "_probes", {"test.broken": broken, "test.well": lambda: Reading("Bien", "oui")})
    states = {code: reading.state for code, reading in read_probes()}
    assert states == {"test.broken": "unknown", "test.well": "ok"}


@pytest.mark.django_db
def test_a_failure_alerts_its_readers_once_until_it_recovers(probe):
    holder = HabilitationFactory(role="support")
    HabilitationFactory(role="ioa")
    probe["reading"] = failed()
    watch()
    watch()
    assert open_alerts().count() == 1
    assert list(Notification.objects.values_list("subject", flat=True)) == [holder.subject]

    probe["reading"] = Reading("Porte de test", "lente", state="late", group="Portes")
    watch()
    assert open_alerts().count() == 1  # better is not well

    probe["reading"] = Reading("Porte de test", "ouverte", group="Portes")
    watch()
    assert open_alerts().count() == 0

    probe["reading"] = failed()
    watch()
    assert Notification.objects.count() == 2  # a new failure is said again


@pytest.mark.django_db
def test_the_page_shows_processes_doors_queues_and_alerts_with_their_ages(signed_in_client, probe):
    watched = signed_in_client("support")
    probe["reading"] = Reading(
        "Dernier message Hub Santé", "RS-EDA", at=timezone.now() - timedelta(minutes=4), group="Portes"
    )
    text = watched.get(reverse("supervision:board")).content.decode()
    assert "Dernier message Hub Santé" in text
    assert "il y a 4" in text

    probe["reading"] = failed("aucun message depuis deux heures")
    watch()
    text = watched.get(reverse("supervision:board")).content.decode()
    assert "Alertes en cours" in text
    fragment = watched.get(reverse("supervision:board"), headers={"HX-Request": "true"}).content.decode()
    assert "aucun message depuis deux heures" in fragment
    assert "<html" not in fragment
    assert "aucun message" in watched.get(reverse("supervision:alerts")).content.decode()


@pytest.mark.django_db
def test_the_page_of_the_whole_house_is_read_without_error(signed_in_client, django_assert_max_num_queries):
    heartbeat("worker")
    audit.record(Actor.system("test"), "test.done")
    browser = signed_in_client("support", auth="local")
    browser.get(reverse("supervision:board"))
    # Three a probe, with its savepoint, whatever the number of rows: the bound follows the number of probes.
    with django_assert_max_num_queries(10 + 4 * len(probes.probes())):
        answer = browser.get(reverse("supervision:board"))
    assert answer.status_code == 200
    for word in ("Processus", "Traces", "Travaux de fond", "Délais"):
        assert word in answer.content.decode()


@pytest.mark.django_db
def test_a_nurse_does_not_see_the_supervision(signed_in_client):
    assert signed_in_client("ioa").get(reverse("supervision:board")).status_code == 403


def test_a_probe_has_one_owner():
    probes.register_probe("test.owner", failed)
    with pytest.raises(ValueError, match=r"test\.owner"):
        probes.register_probe("test.owner", lambda: failed())
    probes._probes.pop("test.owner")


def formatted(error: BaseException) -> str:
    try:
        raise error
    except type(error) as raised:
        record = logging.LogRecord(
            "test", logging.ERROR, __file__, 1, "failed %s", ("x",), (type(raised), raised, raised.__traceback__)
        )
    return Discreet().format(record)


def test_a_log_says_where_and_what_kind_never_the_words_of_an_error():
    text = formatted(ValueError("Claude FICTIF, né le 01/01/1944"))
    assert "builtins.ValueError" in text
    assert "test_supervision.py" in text
    assert "FICTIF" not in text


def test_a_log_keeps_the_codes_that_mean_something():
    assert "FND-404" in formatted(NotFound("détail"))
    assert "23505" in formatted(psycopg.errors.UniqueViolation("Key (nom)=(FICTIF) already exists"))


@pytest.mark.django_db
def test_what_a_probe_writes_can_be_kept_as_json():
    heartbeat("worker", {"loops": {}})
    assert json.dumps(Heartbeat.objects.get().details) == '{"loops": {}}'
