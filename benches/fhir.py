"""`./maison bench fhir`: the façade with token, rights and traces, beside bare floors of the same machine in the same run.

read and search against raw ASGI + asyncpg (two processes) that answer the same rows without asking who asks; create, checked against
its profile, indexed, traced and durable, against bare commits of the same body by sixteen threads. Data are drawn with a seed of the
run. The house opens as `./maison up` opens it, with as many web processes as the floor.
The peer `dfhir` (PyPI; Django 5.2, so a Python of its own) takes part when MAISON_BENCH_DFHIR names a Python that has it and gunicorn; its
hundreds of tables take minutes to make. Without it the bench says so and gives no figure. Needs the `shared` folder beside the repository, as the tests do.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benches._measures import measure, quantile, use_django
from maison.cli.house import ROOT
from maison.cli.throwaway import OpenHouse, free_ports, open_house

CONNECTIONS = 32
PROCESSES = 2
"""Web processes on either side."""
PATIENTS = 400
DOCUMENTS_EACH = 20
THREADS = 16


def run(*, quick: bool) -> list[dict[str, object]]:
    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    chance = random.Random(seed)
    seconds, repeats = (1.0, 3) if quick else (4.0, 5)
    with open_house(settings={"MAISON_WEB_PROCESSES": str(PROCESSES)}) as house:
        use_django(house)
        token, slot = _prepare(house)
        documents, patients = _fill(chance, house)
        port = free_ports(1)
        raw = subprocess.Popen(
            [sys.executable, "-m", "benches._raw_fhir", str(port)],
            cwd=ROOT,
            env={**os.environ, "BENCH_DSN": house.database_url},
        )
        try:
            if not _awake(port, f"/{documents[0]}"):
                raise RuntimeError("the floor does not answer")
            with _peer(house) as peer:
                return _measure(house, port, token, slot, documents, patients, chance, seconds, repeats, peer)
        finally:
            raw.terminate()
            raw.wait(10)


@contextmanager
def _peer(house: OpenHouse) -> Iterator[int]:
    """Where dfhir serves one patient; 0 when it cannot run here, and why is printed."""
    python = os.environ.get("MAISON_BENCH_DFHIR", "")
    if not python:
        print(
            "dfhir : absent (MAISON_BENCH_DFHIR nomme un Python qui l'a) ; la lecture ne lui est pas comparée",
            flush=True,
        )
        yield 0
        return
    with psycopg.connect(house.database_url, autocommit=True) as link:
        link.execute("CREATE DATABASE bench_dfhir")
    port = free_ports(1)
    dsn = urlsplit(house.database_url)._replace(path="/bench_dfhir").geturl()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [python, str(ROOT / "benches" / "_serve_dfhir.py"), str(port)],
            cwd=folder,
            env={**os.environ, "BENCH_DSN": dsn},
        )
        try:
            ready = _awake(port, "/patients/1/", seconds=900, alive=lambda: process.poll() is None)
            if not ready:
                print("dfhir : ne s'ouvre pas ici (voir ci-dessus) ; la lecture ne lui est pas comparée", flush=True)
            yield port if ready else 0
        finally:
            process.terminate()
            process.wait(10)


def _prepare(house: OpenHouse) -> tuple[str, dict[str, Any]]:
    """Profiles of the shared diary loaded, one client registered: its token, and the slot it will create."""
    from maison.foundations.access.actor import Actor
    from maison.foundations.structures.models import Structure
    from maison.interop.exchanges.actions import register_client
    from maison.interop.fhir import definitions, tokens
    from tests.interop.fhir.software import key_pair

    specs = ROOT.parent / "shared" / "specs" / "fhir"
    actor = Actor.system("bench")
    for name in ("core-annuaire-mhd", "gestion-agendas-partages"):
        definitions.load(actor, specs / name / "conformance")
    site = Structure.objects.filter(kind="EG").order_by("id")[0]
    client, _ = register_client(actor=actor, client_id="fr.health.banc", name="Banc", structure_id=site.id)
    tokens.register(actor=actor, client_id=client.client_id, keys=[key_pair()[1]], scopes=["system/*.cruds"])
    tokens.LIFE_SECONDS = 3600
    slot = json.loads(
        (specs / "gestion-agendas-partages" / "examples" / "Slot-example.json").read_text(encoding="utf-8")
    )
    for unwanted in ("id", "text"):
        slot.pop(unwanted, None)
    slot["schedule"] = {"reference": "Schedule/1"}
    return tokens.sign(client, ["system/*.cruds"], base=f"http://localhost:{house.port}/fhir"), slot


def _fill(chance: random.Random, house: OpenHouse) -> tuple[list[str], list[str]]:
    """Documents in the store by the house's own code, and the same bodies in a bare table."""
    from maison.foundations.structures.models import Structure
    from maison.interop.exchanges.models import Client
    from maison.interop.fhir import store
    from maison.interop.fhir.indexing import entries
    from maison.interop.fhir.registry import find

    declared = find("DocumentReference")
    assert declared is not None
    site = Structure.objects.get(id=Client.objects.get(client_id="fr.health.banc").structure_id)
    drafts = []
    for number in range(PATIENTS * DOCUMENTS_EACH):
        patient = f"p{number // DOCUMENTS_EACH}"
        resource = {
            "resourceType": "DocumentReference", "status": "current", "subject": {"reference": f"Patient/{patient}"},
            "type": {"coding": [{"system": "http://loinc.org", "code": chance.choice(["34133-9", "11488-4", "57830-2"])}]},
            "identifier": [{"system": "urn:banc", "value": str(number)}], "date": f"2026-{chance.randint(1, 12):02}-10T10:00:00Z",
            "description": f"Document fictif {chance.randrange(10**6)}",
            "content": [{"attachment": {"contentType": "application/pdf", "title": f"Titre {number}", "size": number}}],
        }  # fmt: skip
        drafts.append(
            store.Draft("DocumentReference", resource, entries(resource, declared.stored), site.id, patient, "bench")
        )
    for start in range(0, len(drafts), 1000):
        store.insert(drafts[start : start + 1000])
    with psycopg.connect(house.database_url, autocommit=True) as link:
        link.execute("CREATE TABLE bench_raw (id text PRIMARY KEY, patient text, body text)")
        link.execute(
            "INSERT INTO bench_raw SELECT r.id, r.patient, v.body FROM fhir_resource r JOIN fhir_version v ON v.pk = r.pk"
        )
        link.execute("CREATE INDEX ON bench_raw (patient, id)")
        link.execute("CREATE TABLE bench_commits (id bigserial PRIMARY KEY, body text)")
        link.execute("VACUUM ANALYZE")
    return [draft.id for draft in drafts], [f"p{number}" for number in range(PATIENTS)]


async def _load(port: int, next_request: Callable[[], bytes], seconds: float) -> tuple[int, set[int]]:
    deadline = time.monotonic() + seconds
    done, statuses = 0, set()

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < deadline:
            writer.write(next_request())
            head = await reader.readuntil(b"\r\n\r\n")
            statuses.add(int(head[9:12]))
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if length:
                await reader.readexactly(length)
            done += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return done, statuses


def rate(port: int, next_request: Callable[[], bytes], seconds: float, expected: int = 200) -> float:
    done, statuses = asyncio.run(_load(port, next_request, seconds))
    if statuses != {expected}:
        raise RuntimeError(f"unexpected statuses {statuses}")
    return done / seconds


def commits(url: str, body: str, seconds: float) -> float:
    """Bare durable commits a second by sixteen threads, one INSERT each."""
    counts = [0] * THREADS
    until = time.monotonic() + seconds

    def work(place: int) -> None:
        with psycopg.connect(url, autocommit=True) as link:
            while time.monotonic() < until:
                link.execute("INSERT INTO bench_commits (body) VALUES (%s)", [body], prepare=True)
                counts[place] += 1

    threads = [threading.Thread(target=work, args=[place]) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _awake(port: int, path: str, *, seconds: float = 30, alive: Callable[[], bool] = lambda: True) -> bool:
    until = time.monotonic() + seconds
    while alive() and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read()
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False


def _measure(house: OpenHouse, port: int, token: str, slot: dict[str, Any], documents: Sequence[str], patients: Sequence[str],
             chance: random.Random, seconds: float, repeats: int, peer: int) -> list[dict[str, object]]:  # fmt: skip
    head = f"Host: localhost:{house.port}\r\nAuthorization: Bearer {token}\r\n"
    body = json.dumps(slot)

    def bare(path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    def ours(path: str) -> bytes:
        return f"GET /fhir/{path} HTTP/1.1\r\n{head}\r\n".encode()

    create = f"POST /fhir/Slot HTTP/1.1\r\n{head}Content-Type: application/fhir+json\r\nPrefer: return=minimal\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()
    sides: dict[str, Callable[[], float]] = {
        "raw read": lambda: rate(port, lambda: bare(f"/{chance.choice(documents)}"), seconds),
        "read": lambda: rate(house.port, lambda: ours(f"DocumentReference/{chance.choice(documents)}"), seconds),
        "raw search": lambda: rate(port, lambda: bare(f"/search?{chance.choice(patients)}"), seconds),
        "search": lambda: rate(house.port, lambda: ours(f"DocumentReference?patient={chance.choice(patients)}&_count=20"), seconds),
        "commits": lambda: commits(house.database_url, body, seconds),
        "create": lambda: rate(house.port, lambda: create, seconds, 201),
    }  # fmt: skip
    if peer:
        sides["dfhir"] = lambda: rate(peer, lambda: bare("/patients/1/"), seconds)
    rate(house.port, lambda: ours(f"DocumentReference/{documents[0]}"), 1)
    rate(house.port, lambda: create, 1, 201)
    _same_rows(house, port, token, patients[0])
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, take in sides.items():
            figures[name].append(take())
    middle = {name: quantile(values, 0.5) for name, values in figures.items()}
    wide = [name for name in ("raw read", "raw search", "commits") if max(figures[name]) > 2 * min(figures[name])]
    if wide:
        print(f"sols instables : {', '.join(wide)}", flush=True)
    print({name: [round(value) for value in values] for name, values in figures.items()}, flush=True)

    def line(name: str, floor: str, said: str, reference: str, aim: float) -> dict[str, object]:
        holds = None if floor in wide else middle[name] >= aim * middle[floor]
        return measure(
            said,
            middle[name],
            "requests/s",
            reference=(reference, middle[floor]),
            aim=f"≥ {aim:.0%}" if aim < 1 else f"≥ {aim:.0f} ×",
            holds=holds,
        )

    return [
        line(
            "read",
            "raw read",
            "read of a document, with token, rights and trace",
            "raw ASGI + asyncpg, 2 processes",
            0.30,
        ),
        line(
            "search",
            "raw search",
            "search of a patient's 20 documents, with token, rights and traces",
            "raw ASGI + asyncpg, 2 processes",
            0.25,
        ),
        line(
            "create",
            "commits",
            "creation of a slot, checked by its profile, indexed, traced, durable",
            "bare commits, 16 threads",
            0.35,
        ),
        *(
            [
                line(
                    "read",
                    "dfhir",
                    "read, against a peer without token nor trace",
                    "dfhir, patient of 1, gunicorn, 2 processes",
                    20,
                )
            ]
            if peer
            else []
        ),
    ]


def _same_rows(house: OpenHouse, port: int, token: str, patient: str) -> None:
    """Results are compared too: both sides answer the same documents."""
    request = urllib.request.Request(f"http://127.0.0.1:{house.port}/fhir/DocumentReference?patient={patient}&_count=20",
                                     headers={"Authorization": f"Bearer {token}", "Host": f"localhost:{house.port}"})  # fmt: skip
    ours = json.load(urllib.request.urlopen(request))
    theirs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/search?{patient}"))
    if {one["resource"]["id"] for one in ours["entry"]} != {one["id"] for one in theirs["entry"]}:
        raise RuntimeError("the two sides do not answer the same documents")
