"""Channels, for `benches/hub.py`: end to end through one channel, and a target that is down for an hour.

*End to end*: messages offered to the MLLP door at a steady rate, acknowledged after their commit, taken from the journal by a channel
with a filter, an order by patient and a mapping table, delivered by HTTP to a peer. The wait is from the instant a message was due to be
offered (whatever was late before it) to its arrival at the peer. It is compared, in the same run and at the same rate, with the sum of
the p99 of three floors: the door alone, to its acknowledgement; one hop of a bare queue in the same PostgreSQL (rows inserted and
notified every ten milliseconds, claimed in batches by SKIP LOCKED); one POST of the same message to the same peer by `http.client` on four kept lines. The
channel makes two hops of a queue and writes three rows and two sealed bodies where the bare queue writes one row: the floors count one hop.

*Target down*: an hour at 20 messages/s is 72,000 messages (fewer with `--quick`), offered as fast as the door takes them while the peer
answers 503; time is told (the rest of the target and the loan of a killed worker end at once), not waited for. The worker is killed -9
while the queue is emptied. What counts: the memory of the worker above
what it had after 500 messages delivered, the order of each patient at the peer, what is missing, and what came
twice under two keys (the peer knows its keys: the same key twice is once).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import uvloop

from benches._measures import measure, memory_mb, quantile
from maison.cli.house import ROOT

RATE = 500
CONNECTIONS = 64
PATIENTS_EACH = 10
WARM = 500
BATCH = 50

type Offers = Iterator[tuple[str, bytes]]


@dataclass
class Peer:
    process: subprocess.Popen[str]
    port: int

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def ask(self, word: str) -> Any:
        self.say(word)
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@contextmanager
def python(module: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module], env=environ, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def peer(environ: dict[str, str]) -> Iterator[Peer]:
    with python("benches._channel_peer", environ) as process:
        assert process.stdout is not None
        yield Peer(process, int(process.stdout.readline()))


def prepared(environ: dict[str, str], at: Peer) -> dict[str, str]:
    """The channel in service; returns the environment of its worker."""
    environ = environ | {"MAISON_CHANNEL_HOSTS": f"127.0.0.1:{at.port}"}
    subprocess.run([sys.executable, "-m", "benches._channel_setup", str(at.port)], env=environ, cwd=ROOT, check=True)
    return environ


def connected(environ: dict[str, str]) -> psycopg.Connection:
    return psycopg.connect(environ["DATABASE_URL"], autocommit=True)


def one(base: psycopg.Connection, sql: str) -> int:
    row = base.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


def until(what: Callable[[], bool], seconds: float, name: str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(name)
        time.sleep(0.05)


# -- a steady rate


@dataclass
class Steady:
    """`due` is when each message was to be offered; `answered` when it was acknowledged (monotonic seconds)."""

    due: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)

    def waits(self) -> list[float]:
        return [at - self.due[control] for control, at in self.answered.items()]


class Line(asyncio.Protocol):
    def __init__(self, played: Steady, free: asyncio.Queue[Line]) -> None:
        self.played, self.free, self.buffer, self.control = played, free, b"", ""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.free.put_nowait(self)

    def offer(self, control: str, message: bytes) -> None:
        self.control = control
        self.transport.write(message)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer.endswith(b"\x1c\r"):
            if f"MSA|AA|{self.control}\r".encode() in self.buffer:
                self.played.answered[self.control] = time.monotonic()
            self.buffer = b""
            self.free.put_nowait(self)


async def steadily(port: int, offers: Offers, seconds: float) -> Steady:
    played, loop = Steady(), asyncio.get_running_loop()
    free: asyncio.Queue[Line] = asyncio.Queue()
    lines = [
        (await loop.create_connection(lambda: Line(played, free), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    began = time.monotonic()
    for rank in range(int(RATE * seconds)):
        due = began + rank / RATE
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        control, message = next(offers)
        played.due[control] = due
        (await free.get()).offer(control, message)
    deadline = time.monotonic() + 30
    while len(played.answered) < len(played.due) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    for line in lines:
        line.transport.close()
    return played


# -- the floors


def bare_queue(base: str, seconds: float) -> list[float]:
    """Seconds from the instant some rows are given, ten milliseconds' worth in one commit, to the commit of the batch that took them."""
    with psycopg.connect(base, autocommit=True) as made:
        made.execute(
            "CREATE TABLE IF NOT EXISTS bare_queue (id bigserial PRIMARY KEY, due double precision, body text)"
        )
    body, count, waits = "x" * 1300, int(RATE * seconds), []

    def take() -> None:
        with psycopg.connect(base) as taking, psycopg.connect(base, autocommit=True) as hearing:
            hearing.execute("LISTEN bare_queue")
            while len(waits) < count:
                rows = taking.execute(
                    "DELETE FROM bare_queue WHERE id IN (SELECT id FROM bare_queue ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING due",
                    [BATCH],
                ).fetchall()
                taking.commit()
                now = time.monotonic()
                waits.extend(now - row[0] for row in rows)
                if not rows:
                    for _ in hearing.notifies(timeout=0.5, stop_after=1):
                        pass

    taker = threading.Thread(target=take)
    taker.start()
    with psycopg.connect(base) as giving:
        began = time.monotonic()
        given = 0
        while given < count:
            time.sleep(0.01)
            due = min(count, int((time.monotonic() - began) * RATE))
            if due > given:
                now = [time.monotonic()] * (due - given)
                giving.execute("INSERT INTO bare_queue (due, body) SELECT unnest(%s::float8[]), %s", [now, body])
                giving.execute("NOTIFY bare_queue")
                giving.commit()
                given = due
    taker.join()
    return waits


def bare_delivery(port: int, offers: Offers, seconds: float) -> list[float]:
    """Seconds from the instant a message was due to the answer of the peer, on four lines."""
    work: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
    waits: list[float] = []

    def post() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port)
        while (found := work.get()) is not None:
            line.request("POST", "/adt", found[1], {"Idempotency-Key": "banc"})
            line.getresponse().read()
            waits.append(time.monotonic() - found[0])
        line.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for rank in range(int(RATE * seconds)):
        due = began + rank / RATE
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)
        work.put((due, next(offers)[1][1:-2]))
    for _ in threads:
        work.put(None)
    for thread in threads:
        thread.join()
    return waits


# -- the measures


def end_to_end(
    environ: dict[str, str], door_port: int, at: Peer, offers: Callable[[], Offers], seconds: float, turns: int
) -> list[dict[str, Any]]:
    """Floors and channel in turn; the p99 of all the waits of each."""
    floors: dict[str, list[float]] = {"door": [], "queue": [], "delivery": []}
    ours: list[float] = []
    lost = 0
    with connected(environ) as base:
        for rank in range(turns):
            floors["door"] += uvloop.run(steadily(door_port, offers(), seconds)).waits()
            floors["queue"] += bare_queue(environ["DATABASE_URL"], seconds)
            floors["delivery"] += bare_delivery(at.port, offers(), seconds)
            if rank == 0:
                base.execute("DELETE FROM channels_sourcecursor")  # the channel begins with what comes from now on
            else:
                base.execute("UPDATE channels_sourcecursor SET position = ledger_watermark() - 1, rank = 0")
            at.ask("report")
            with python("benches._channel_worker", environ):
                until(lambda: one(base, "SELECT count(*) FROM channels_sourcecursor") > 0, 60, "the channel")
                time.sleep(1.0)  # statements prepared, nothing left to do
                played = uvloop.run(steadily(door_port, offers(), seconds))
                wanted = len(played.answered)
                until(lambda wanted=wanted: at.ask("count") >= wanted, 60, "the deliveries")  # type: ignore[misc]
                arrived = {control: when / 1e9 for control, _, when in at.ask("report")}
            lost += len(played.answered.keys() - arrived.keys())
            ours += [arrived[control] - due for control, due in played.due.items() if control in arrived]
    p99 = {name: quantile(waits, 0.99) * 1000 for name, waits in floors.items()}
    total, p50 = sum(p99.values()), quantile(ours, 0.5) * 1000
    mine = quantile(ours, 0.99) * 1000
    print(
        f"planchers p99 : porte {p99['door']:.1f} ms, file nue {p99['queue']:.1f} ms, remise nue {p99['delivery']:.1f} ms ; "
        f"canal : médiane {p50:.1f} ms, p99 {mine:.1f} ms",
        flush=True,
    )
    return [
        measure(f"canal de bout en bout, {RATE} messages/s offerts, p99", mine, "ms", aim="≤ 3 × la somme des planchers",
                holds=mine <= 3 * total, reference=("porte, une file nue, une remise nue : somme des p99", total)),
        measure("acquittés et jamais arrivés à la cible", lost, "messages", aim="0", holds=lost == 0),
    ]  # fmt: skip


def target_down(
    environ: dict[str, str], door_port: int, at: Peer, chance: random.Random, count: int
) -> list[dict[str, Any]]:
    at.ask("report")
    with connected(environ) as base:
        with python("benches._channel_worker", environ) as worker:
            until(lambda: one(base, "SELECT count(*) FROM channels_sourcecursor") > 0, 60, "the channel")
            uvloop.run(storm(door_port, chance, WARM))  # a worker that has already worked
            until(lambda: at.ask("count") >= WARM, 120, "the first deliveries")
            at.say("refuse")
            at.ask("report")
            before = memory_mb([worker.pid])
            began = time.monotonic()
            offered = uvloop.run(storm(door_port, chance, count))
            queued = "SELECT count(*) FROM channels_delivery WHERE state = 'pending'"
            highest = before

            def is_queued() -> bool:
                nonlocal highest
                highest = max(highest, memory_mb([worker.pid]))
                return one(base, queued) >= count

            until(is_queued, 60 + count / 50, "the queue")
            taken_in = count / (time.monotonic() - began)
            tries = one(base, "SELECT coalesce(sum(attempts), 0) FROM channels_delivery WHERE state = 'pending'")
            at.say("accept")
            began = time.monotonic()

            def is_half_empty() -> bool:
                base.execute(
                    "UPDATE channels_targetstate SET paused_until = now() WHERE paused_until > now()"
                )  # the hour has passed
                return bool(at.ask("count") >= count // 2)

            until(is_half_empty, 60 + count / 50, "half of the queue")
            highest = max(highest, memory_mb([worker.pid]))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        base.execute("UPDATE channels_targetstate SET lent_until = now()")  # the loan of the one that fell has run out
        with python("benches._channel_worker", environ) as worker:

            def is_empty() -> bool:
                nonlocal highest
                highest = max(highest, memory_mb([worker.pid]))
                return one(base, queued) == 0

            until(is_empty, 60 + count / 50, "the rest of the queue")
        drained = count / (time.monotonic() - began)
    taken = at.ask("report")
    first: dict[str, str] = {}
    keys: dict[str, set[str]] = {}
    order: dict[str, list[int]] = {}
    again = 0
    for control, key, _ in taken:
        keys.setdefault(control, set()).add(key)
        if key in first:
            again += 1  # its worker was killed before it could write that it was taken: the peer knows the key
            continue
        first[key] = control
        patient, rank = control.rsplit("-", 1)
        order.setdefault(patient, []).append(int(rank))
    missing = len(offered - keys.keys())
    twice = sum(len(found) > 1 for found in keys.values())
    disordered = sum(ranks != sorted(ranks) for ranks in order.values())
    print(
        f"cible muette : {count} messages de {len(order)} patients pris à {taken_in:.0f}/s, {tries} essai(s) pendant l'heure, rendus à "
        f"{drained:.0f}/s ; {again} répétition(s) sous la même clé après l'arrêt brutal",
        flush=True,
    )
    name = f"cible muette une heure, {count} messages"
    return [
        measure(f"{name} : mémoire prise par le worker", highest - before, "Mo", aim="< 50", holds=highest - before < 50),
        measure(f"{name} : perdus", missing, "messages", aim="0", holds=missing == 0),
        measure(f"{name} : comptés deux fois par la cible", twice, "messages", aim="0", holds=twice == 0),
        measure(f"{name} : patients dans le désordre", disordered, "patients", aim="0", holds=disordered == 0),
        measure(f"{name} : rythme au retour de la cible", drained, "messages/s", aim="pour information", holds=None,
                reference=("rythme d'une heure à 20 messages/s", 20.0)),
    ]  # fmt: skip


async def storm(port: int, chance: random.Random, count: int) -> set[str]:
    """`count` messages as fast as they are acknowledged; a patient is always on the same line, its messages numbered."""
    from benches.hub import messages

    loop, offered = asyncio.get_running_loop(), set[str]()
    (_, model) = next(messages("STORM000", chance))
    run_id = f"{chance.randrange(16**6):06X}"

    async def one_line(number: int, many: int) -> None:
        played: Steady = Steady()
        free: asyncio.Queue[Line] = asyncio.Queue()
        transport, line = await loop.create_connection(lambda: Line(played, free), "127.0.0.1", port)
        for rank in range(many):
            line = await free.get()
            patient = f"{run_id}{number:02d}{chance.randrange(PATIENTS_EACH)}"
            control = f"{patient}-{rank:06d}"
            line.offer(control, _named(model, control, patient))
            offered.add(control)
        await free.get()
        assert len(played.answered) == many
        transport.close()

    each, more = divmod(count, CONNECTIONS)
    await asyncio.gather(*(one_line(number, each + (number < more)) for number in range(CONNECTIONS)))
    return offered


def _named(model: bytes, control: str, patient: str) -> bytes:
    """The model of the bench under another name, for another patient."""
    rows = model.split(b"\r")
    header = rows[0].split(b"|")
    header[9] = control.encode()
    identity = rows[2].split(b"|")
    identity[3] = patient.encode() + identity[3][identity[3].index(b"^") :]
    rows[0], rows[2] = b"|".join(header), b"|".join(identity)
    return b"\r".join(rows)


def measured(
    environ: dict[str, str],
    door_port: int,
    at: Peer,
    chance: random.Random,
    offers: Callable[[], Offers],
    *,
    quick: bool,
) -> list[dict[str, Any]]:
    """`environ` is that of the worker, whose channel is in service (`prepared`)."""
    found = end_to_end(environ, door_port, at, offers, *((2.0, 1) if quick else (6.0, 3)))
    return found + target_down(environ, door_port, at, chance, 2_000 if quick else 72_000)
