"""The one ASGI application: who answers what."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from maison.config import asgi


def test_a_page_is_answered_by_django():
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(asgi.application), base_url="http://localhost"
        ) as client:
            return await client.get("/sante/vie")

    assert asyncio.run(ask()).status_code == 200


def test_a_stream_never_enters_djangos_handler(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    async def stream(scope: MutableMapping[str, Any], receive: object, send: object) -> None:
        asked.append(scope["path"])

    monkeypatch.setattr(asgi.importlib, "import_module", lambda name: SimpleNamespace(application=stream))
    asyncio.run(asgi.application({"type": "http", "path": "/flux/"}, None, None))  # type: ignore[arg-type]
    assert asked == ["/flux/"]


def test_the_server_is_told_that_start_and_end_went_well(monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    beats: list[str] = []
    heart = SimpleNamespace(start=lambda: beats.append("start"), stop=lambda: beats.append("stop"))
    monkeypatch.setattr(asgi, "Beating", lambda process: heart)
    asked = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> MutableMapping[str, Any]:
        return next(asked)

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message["type"])

    asyncio.run(asgi.application({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert beats == ["start", "stop"]
