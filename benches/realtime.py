"""`./maison bench realtime`: how long a fact takes to reach open walls, and what an open wall costs.

(a) one fact told to 1,000 open walls, each with its own session and rights, beside a raw asyncio TCP broadcast; (b) regulation
messages through the HTTP door, from acknowledgement to the hint a browser hears; (c) memory of the whole house and of a stream.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from benches._measures import descendants, measure, memory_mb, quantile, use_django
from maison.cli.throwaway import OpenHouse, free_ports, open_house

WALLS = 1000
GAP_SECONDS = 0.25


class Listeners:
    """The process that holds the connections; see `_listeners`."""

    def __init__(self, port: int, requests: list[str], mark: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benches._listeners"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(json.dumps({"port": port, "requests": requests, "mark": mark}))
        deadline = time.monotonic() + 90
        while self.report()["open"] < len(requests):
            if time.monotonic() > deadline:
                raise RuntimeError("not all connections opened")
            time.sleep(0.3)

    def _say(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def report(self) -> dict[str, Any]:
        assert self.process.stdout
        self._say("report")
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self._say("end")
        self.process.wait(20)


def stream_request(port: int, cookie: str, session: str, topics: str) -> str:
    return (
        f"GET /flux/?sujets={topics} HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}={session}\r\n"
        "Accept: text/event-stream\r\n\r\n"
    )


def sessions_for(count: int, role: str, structure_id: UUID) -> list[str]:
    """As many people, each with a session of its own, entitled in the structure."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from maison.foundations.access.models import Habilitation
    from maison.foundations.accounts.models import User
    from maison.foundations.structures.models import Situation, Structure

    store = import_module(settings.SESSION_ENGINE).SessionStore
    structure = Structure.objects.get(id=structure_id)
    people = [
        User(kind="psc", subject=f"8bench{uuid4().hex[:20]}", family_name="Banc", given_name="Alix")
        for _ in range(count)
    ]
    User.objects.bulk_create(people)
    posts = [
        Situation(user=user, structure=structure, organisation_name=structure.name, profession="60", source="psc")
        for user in people
    ]
    Situation.objects.bulk_create(posts)
    Habilitation.objects.bulk_create(
        [
            Habilitation(subject=user.subject, structure=structure, role=role, granted_by="system:bench")
            for user in people
        ]
    )
    keys = []
    for user, post in zip(people, posts, strict=True):
        session = store()
        session.update(
            {
                SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: user.get_session_auth_hash(), "auth": "psc", "situation_id": str(post.id),
                "entered": settings.TERMS_VERSION,
            }
        )  # fmt: skip
        session.create()
        keys.append(session.session_key)
    return keys


def latencies(sent: list[int], heard: list[list[int]], connections: int) -> tuple[list[float], float]:
    """Milliseconds from each fact to each connection that heard it, and the share of what was to be heard that was."""
    by_connection: dict[int, list[int]] = {}
    for connection, at in heard:
        by_connection.setdefault(connection, []).append(at)
    delays = []
    for moments in by_connection.values():
        moments.sort()
        for start, following in zip(sent, [*sent[1:], 2**63], strict=True):
            arrived = next((at for at in moments if start <= at < following), None)
            if arrived is not None:
                delays.append((arrived - start) / 1e6)
    return delays, len(delays) / (len(sent) * connections)


def broadcast(house: OpenHouse, facts: int, repeats: int) -> tuple[list[dict[str, object]], float]:
    from django.conf import settings
    from django.db import connection, transaction

    from maison.foundations.events import publish
    from maison.foundations.structures.models import Structure
    from maison.services.emergency.events import ArrivalChanged

    service = Structure.objects.filter(service_type="urgences_adultes").order_by("id")[0]
    idle = memory_mb(descendants(house.launcher))
    keys = sessions_for(WALLS, "ioa", service.id)
    requests = [
        stream_request(house.port, settings.SESSION_COOKIE_NAME, key, f"emergency.board:{service.id}") for key in keys
    ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE IF NOT EXISTS bench_raw (id bigserial PRIMARY KEY, body text)")
    raw_port = free_ports(1)
    raw_server = subprocess.Popen(
        [sys.executable, "-m", "benches._raw_broadcast", str(raw_port), house.database_url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert raw_server.stdout
    raw_server.stdout.readline()
    ours = Listeners(house.port, requests, "event: hint")
    opened = memory_mb(descendants(house.launcher))
    raw = Listeners(raw_port, [""] * WALLS, "bench-raw")

    def tell_ours() -> None:
        with transaction.atomic():
            publish(ArrivalChanged(uuid4(), uuid4(), service.id, None, "annonce"))

    payload = "bench-raw " + "x" * 190

    def tell_raw() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_raw (body) VALUES (%s)", [payload])
            cursor.execute("SELECT pg_notify('bench_raw', %s)", [payload])

    results: dict[str, list[tuple[float, float, float]]] = {"ours": [], "raw": []}
    try:
        for _ in range(repeats):
            for name, tell, listeners in (("raw", tell_raw, raw), ("ours", tell_ours, ours)):
                time.sleep(1)
                listeners.report()
                sent = []
                for _ in range(facts):
                    sent.append(time.monotonic_ns())
                    tell()
                    time.sleep(GAP_SECONDS)
                time.sleep(1)
                delays, share = latencies(sent, listeners.report()["heard"], WALLS)
                results[name].append((quantile(delays, 0.5), quantile(delays, 0.99), share))
    finally:
        ours.end()
        raw.end()
        raw_server.terminate()
        raw_server.wait(10)

    def middle(name: str, index: int) -> float:
        return quantile([run[index] for run in results[name]], 0.5)

    p50, p99, raw50, raw99 = middle("ours", 0), middle("ours", 1), middle("raw", 0), middle("raw", 1)
    share = min(run[2] for run in results["ours"])
    per_stream_kb = (opened - idle) * 1024 / WALLS
    floor = "raw asyncio TCP broadcast"
    return [
        measure(
            "fact to 1,000 walls, p50", p50, "ms", reference=(floor, raw50), aim="≤ 1.5 ×", holds=p50 <= 1.5 * raw50
        ),
        measure("fact to 1,000 walls, p99", p99, "ms", reference=(floor, raw99), aim="≤ 2 ×", holds=p99 <= 2 * raw99),
        measure("hints delivered", share * 100, "%", aim="100", holds=share == 1.0),
        measure("memory per open stream", per_stream_kb, "kB", aim="< 50", holds=per_stream_kb < 50),
    ], idle


def door_to_wall(house: OpenHouse, seconds: int, rate: int = 50) -> list[dict[str, object]]:
    from django.conf import settings

    from benches._cases import oriented_cases
    from maison.foundations.structures.models import Structure
    from maison.services.emergency.models import Arrival

    services = list(
        Structure.objects.filter(service_type="urgences_adultes").select_related("parent").order_by("id")[:40]
    )
    requests = []
    for service in services:
        session = sessions_for(1, "ioa", service.id)[0]
        requests.append(
            stream_request(house.port, settings.SESSION_COOKIE_NAME, session, f"emergency.board:{service.id}")
        )
    walls = Listeners(house.port, requests, "event: hint")
    total = seconds * rate
    before = Arrival.objects.count()
    messages = oriented_cases([service.parent.finess for service in services], total, datetime.now(UTC))
    acknowledged: list[tuple[int, int]] = []
    refused: list[str] = []
    lock = threading.Lock()
    walls.report()

    def send(index: int, body: bytes, authorization: str) -> None:
        request = urllib.request.Request(
            f"{house.url}/hub-sante/messages/",
            body,
            {"Content-Type": "application/json", "Authorization": authorization},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
            with lock:
                acknowledged.append((index % len(services), time.monotonic_ns()))
        except OSError as error:
            with lock:
                refused.append(str(error))

    threads = []
    start = time.monotonic()
    for index, (body, authorization) in enumerate(messages):
        wait = start + index / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        thread = threading.Thread(target=send, args=(index, body, authorization))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    sent_for = time.monotonic() - start
    deadline = time.monotonic() + 20
    while Arrival.objects.count() < before + len(acknowledged) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    heard: dict[int, list[int]] = {}
    for connection, at in walls.report()["heard"]:
        heard.setdefault(connection, []).append(at)
    walls.end()
    arrived = Arrival.objects.count() - before
    delays = []
    for wall, at in acknowledged:
        following = [moment for moment in heard.get(wall, []) if moment >= at - 200_000_000]
        delays.append(max(0.0, (min(following) - at) / 1e6) if following else 60_000.0)
    p95 = quantile(delays, 0.95)
    lost = total - arrived
    return [
        measure(
            "messages through the HTTP door",
            len(acknowledged) / sent_for,
            "messages/s",
            aim=f"≥ {rate} sustained",
            holds=len(acknowledged) / sent_for >= rate * 0.98,
        ),
        measure("acknowledgement to browser event, p50", quantile(delays, 0.5), "ms", aim="", holds=None),
        measure("acknowledgement to browser event, p95", p95, "ms", aim="< 250", holds=p95 < 250),
        measure("messages lost or refused", lost + len(refused), "messages", aim="0", holds=lost == 0 and not refused),
    ]


def run(*, quick: bool) -> list[dict[str, object]]:
    with open_house() as house:
        use_django(house)
        time.sleep(5)  # let the house come to rest before its memory is read
        walls, idle = broadcast(house, facts=12 if quick else 40, repeats=1 if quick else 3)
        doors = door_to_wall(house, seconds=6 if quick else 30)
        memory = measure("whole house idle (PSS)", idle, "MB", aim="< 400", holds=idle < 400)
        return [*walls, *doors, memory]
