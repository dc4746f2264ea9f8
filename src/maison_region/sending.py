"""The public HTTP door of the house, as regulation software without a broker uses it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from zlib import crc32

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey, derive_private_key

from maison_region.script import Sending

MESSAGES_PATH = "/hub-sante/messages/"
LANES = 4
BACKLOG = 200
ATTEMPTS = 6


class NoHouse(RuntimeError):
    """Nothing answers at this address."""


class NotLoopback(RuntimeError):
    """Fictional cases go to this machine unless one says otherwise."""


def demonstration_key(client_id: str) -> str:
    """The key of a SAMU at the door: public, the same everywhere, loaded only with the demonstration region."""
    return "demonstration-" + hashlib.sha256(f"maison_region/{client_id}".encode()).hexdigest()[:32]


def demonstration_private_key(client_id: str) -> EllipticCurvePrivateKey:
    """The private key of the demonstration's FHIR software: public, the same everywhere, registered only with the region."""
    seed = hashlib.sha384(f"maison_region/fhir/{client_id}".encode()).digest()
    return derive_private_key(int.from_bytes(seed[:40]), SECP384R1())


def must_be_loopback(url: str) -> None:
    host = urlsplit(url).hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    if not local:
        raise NotLoopback(host)


@dataclass(slots=True)
class Tally:
    """What happened at the door, counted as it goes."""

    sent: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    cases: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, sending: Sending, refusal: str = "") -> None:
        with self.lock:
            self.sent[sending.key] += 1
            self.cases.add(sending.case_id)
            if sending.fault:
                self.faults[sending.fault] += 1
            if refusal:
                self.refused[refusal] += 1

    @property
    def total(self) -> int:
        return self.sent.total()


class Door:
    """One connection kept open; a busy or starting house is asked again, a refusal is an answer."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.client = httpx.Client(base_url=url, timeout=30, transport=transport)

    def close(self) -> None:
        self.client.close()

    def post(self, client_id: str, content: bytes) -> str:
        """Empty when the house took the message, else its reason in short. Raises NoHouse."""
        headers = {
            "Authorization": f"Bearer {demonstration_key(client_id)}",
            "Content-Type": "application/json; charset=utf-8",
        }
        for attempt in range(ATTEMPTS):
            try:
                answer = self.client.post(MESSAGES_PATH, content=content, headers=headers)
            except httpx.TransportError as problem:
                failure = problem
            else:
                if answer.status_code not in {429, 502, 503, 504}:
                    return "" if answer.is_success else f"{answer.status_code} {_reason(answer)}".strip()
                failure = httpx.TransportError(f"{answer.status_code}")
            if attempt + 1 < ATTEMPTS:
                time.sleep(0.2 * 2**attempt)
        raise NoHouse(str(failure)) from failure


def _reason(answer: httpx.Response) -> str:
    """The code of a business refusal when the answer has one: counts are by reason, never by message."""
    if "json" not in answer.headers.get("Content-Type", ""):
        return ""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) else ""


def deliver(
    sendings: Iterable[Sending],
    url: str,
    *,
    wait_until: Callable[[datetime], None] = lambda at: None,
    progress: Callable[[Sending, Tally], None] = lambda sending, tally: None,
    stopping: threading.Event | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Tally:
    """Send everything in time order. Cases go through a few lanes: one case always through the same, in its order."""
    tally = Tally()
    stopping = stopping or threading.Event()
    room = threading.Semaphore(BACKLOG)
    doors = [Door(url, transport=transport) for _ in range(LANES)]
    lanes = [ThreadPoolExecutor(1, thread_name_prefix=f"lane-{number}") for number in range(LANES)]
    lost: list[NoHouse] = []

    def one(lane: int, sending: Sending) -> None:
        try:
            if not stopping.is_set():
                tally.note(sending, doors[lane].post(sending.client_id, sending.body()))
        except NoHouse as problem:
            lost.append(problem)
            stopping.set()
        finally:
            room.release()

    try:
        for sending in sendings:
            wait_until(sending.at)
            if stopping.is_set():
                break
            room.acquire()
            lane = crc32(sending.case_id.encode()) % LANES
            lanes[lane].submit(one, lane, sending)
            progress(sending, tally)
    finally:
        for lane_pool in lanes:
            lane_pool.shutdown(wait=True, cancel_futures=stopping.is_set())
        for door in doors:
            door.close()
    if lost:
        raise lost[0]
    return tally
