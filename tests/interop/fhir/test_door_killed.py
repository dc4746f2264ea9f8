"""The `web` process killed while software creates by the short way: what was acknowledged is there, with its trace, and nothing is half there."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from maison.cli.processes import Crew, Process
from maison.cli.up import answers
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from tests.foundations.ledgers import wait_until
from tests.interop import processes
from tests.interop.fhir.software import FHIR, Partner, patient

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS = 8


def test_killed_in_the_middle_of_its_rounds_everything_acknowledged_stands_whole():
    partner = Partner("fr.health.logiciel-a")
    head = {"Authorization": f"Bearer {partner.token}", "Content-Type": FHIR}
    body = json.dumps(patient())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = (sys.executable, "-m", "maison.cli.web", "127.0.0.1", str(port))
    crew = Crew([Process("web", argv, ready=answers("127.0.0.1", port))], processes.environment())
    crew.start()
    acknowledged: list[str] = []
    unexpected: list[int] = []

    def send_until_it_dies() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while True:
                line.request("POST", "/fhir/Patient", body, head)
                answer = line.getresponse()
                content = answer.read()
                if answer.status == 201:
                    acknowledged.append(json.loads(content)["id"])
                else:
                    unexpected.append(answer.status)
        except (OSError, http.client.HTTPException):
            return
        finally:
            line.close()

    try:
        child = crew.lives[0].child
        assert child is not None
        with ThreadPoolExecutor(SENDERS) as pool:
            for _ in range(SENDERS):
                pool.submit(send_until_it_dies)
            wait_until(lambda: len(acknowledged) > 5 * SENDERS, "enough creations")
            os.kill(child.pid, signal.SIGKILL)
    finally:
        crew.stop()
    assert not unexpected
    wait_until(nobody_writes, "the base has undone what was cut")
    with connection.cursor() as cursor:
        cursor.execute("SELECT r.id FROM fhir_resource r JOIN fhir_version v USING (pk, version)")
        kept = [row[0] for row in cursor.fetchall()]
    traced = list(Entry.objects.filter(code="fhir.create").values_list("target_id", "position"))
    told = [one.payload["resource_pk"] for one in StoredEvent.objects.filter(name="fhir.resource_changed")]
    assert set(acknowledged) <= set(kept)
    assert sorted(kept) == sorted(one for one, _ in traced) == sorted(told), (
        "each with one trace and one event, or not at all"
    )
    assert max(Counter(position for _, position in traced).values()) > 1, "several were in one round"


def nobody_writes() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
        )
        return bool(cursor.fetchone()[0] == 0)
