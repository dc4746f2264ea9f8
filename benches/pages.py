"""`./maison bench pages`: how fast a wall of twenty lines is read, and (not with `--quick`) what each page weighs: EcoIndex.

The list is the wall of a service as its screen re-reads it, with sign-in, rights and reading trace, beside a bare Django REST
framework list of the same twenty rows without any of them, in the same run on the same base.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime

from benches._cases import oriented_cases
from benches._measures import measure, quantile, use_django
from benches.ecoindex import pages_of
from benches.realtime import sessions_for
from maison.cli.throwaway import OpenHouse, free_ports, open_house

CONNECTIONS = 8


async def _load(port: int, request: bytes, seconds: float) -> tuple[int, set[int]]:
    """Requests answered in `seconds` over keep-alive connections, and the statuses seen."""
    deadline = time.monotonic() + seconds
    done, statuses = 0, set()

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < deadline:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            statuses.add(int(head[9:12]))
            lower = head.lower()
            if b"content-length:" in lower:
                length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
            else:
                while size := int((await reader.readline()).strip() or b"0", 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            done += 1
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return done, statuses


def rate(port: int, request: bytes, seconds: float) -> float:
    done, statuses = asyncio.run(_load(port, request, seconds))
    if statuses != {200}:
        raise RuntimeError(f"unexpected statuses {statuses}")
    return done / seconds


def list_against_drf(house: OpenHouse, seconds: float, repeats: int) -> dict[str, object]:
    from django.conf import settings

    from maison.foundations.structures.models import Structure
    from maison.services.emergency.models import Arrival

    service = Structure.objects.filter(service_type="urgences_adultes").select_related("parent").order_by("id")[0]
    for body, authorization in oriented_cases([service.parent.finess], 20, datetime.now(UTC)):
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        with urllib.request.urlopen(urllib.request.Request(f"{house.url}/hub-sante/messages/", body, headers)):
            pass
    deadline = time.monotonic() + 60
    while Arrival.objects.filter(service=service).count() < 20 and time.monotonic() < deadline:
        time.sleep(0.2)
    session = sessions_for(1, "ioa", service.id)[0]
    ours = (
        f"GET /urgences/tableau/{service.id}/ HTTP/1.1\r\nHost: localhost:{house.port}\r\nHX-Request: true\r\n"
        f"Cookie: {settings.SESSION_COOKIE_NAME}={session}\r\n\r\n"
    ).encode()
    port = free_ports(1)
    peer = subprocess.Popen([sys.executable, "-m", "benches._serve_drf", str(port)])
    bare = f"GET /?service={service.id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                rate(port, bare, 0.3)
                break
            except (OSError, asyncio.IncompleteReadError):
                time.sleep(0.3)
        rate(house.port, ours, 1)
        rates: dict[str, list[float]] = {"ours": [], "drf": []}
        for _ in range(repeats):
            rates["drf"].append(rate(port, bare, seconds))
            rates["ours"].append(rate(house.port, ours, seconds))
    finally:
        peer.terminate()
        peer.wait(10)
    mine, theirs = quantile(rates["ours"], 0.5), quantile(rates["drf"], 0.5)
    return measure(
        "wall of 20 lines, signed in, with rights and trace",
        mine,
        "requests/s",
        reference=("bare DRF list of the same 20 rows", theirs),
        aim="≥ 1 ×",
        holds=mine >= theirs,
    )


def run(*, quick: bool) -> list[dict[str, object]]:
    with open_house() as house:
        use_django(house)
        measures = [list_against_drf(house, 3 if quick else 5, 1 if quick else 3)]
        if not quick and shutil.which("chromium"):
            for page in pages_of(house):
                measures.append(
                    measure(
                        f"EcoIndex of {page.name}: {page.nodes} nodes, {page.requests} requests, {page.kilobytes:.0f} kB",
                        page.index,
                        "points",
                        aim="> 80 (A)",
                        holds=page.index > 80,
                    )
                )
        return measures
