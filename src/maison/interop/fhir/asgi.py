"""The short way in: usual calls of callers this process knows go straight to the engine, everything else to the pages of the house.

It is no second engine: the same `Call`, the same caller, the same steps, the same answers and traces (decision 0018). It takes a
request only when every member of the middleware stack would let it through untouched, and asks the house itself which headers they
add. Unknown or expired tokens, other interactions, and calls whose round was undone go to Django as they came.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from . import authentication, engine
from .callers import Caller
from .calls import Answer, Call
from .errors import Full
from .queues import Queue
from .registry import find
from .views import READ_HEADERS, base

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ADDRESS = re.compile(r"/fhir/(?P<path>(?P<type>[A-Z][A-Za-z]{1,40})(?:/[A-Za-z0-9\-.]{1,64})?)/?")
HEADERS = {name.lower().encode(): name.lower() for name in (*READ_HEADERS, "Authorization", "Maison-Situation", "Host")}
OTHERS = frozenset({b"cookie", b"transfer-encoding", b"expect", b"upgrade"})
"""What these carry is dealt with by the pages: sessions, bodies of unknown length, and rarities."""
ALONE_SECONDS = 60.0
"""A caller whose call failed alone after it undid a round stays alone that long: it disturbs its neighbours once."""
SLOW_SECONDS = 0.5
MOST_REMEMBERED = 1000
MOST_ALONE = 64
"""Requests this door may have at the pages at once; beyond, they are told to come back."""


class Door:
    """One for each process. `pages` is the application of the house; it is asked once which headers it adds."""

    def __init__(self, pages: Application) -> None:
        self.pages = pages
        self.queues = {name: Queue(name) for name in ("read", "search", "create")}
        self._added: dict[str, asyncio.Future[list[tuple[bytes, bytes]] | None]] = {}
        self._apart: dict[tuple[str, str], float] = {}
        self._alone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._read(scope)
        if found is None:
            await self._by_the_pages(scope, receive, send)
            return
        call, caller = found
        added = await self._headers_of_the_house(scope)
        if added is None:
            await self._by_the_pages(scope, receive, send)
            return
        if call.method == "POST":
            body = await _body(receive)
            receive = _again(body)
            call.body = body
        try:
            answer = await self.queues[engine.usual(call)].ask(call, caller)
        except Full as refusal:
            answer = engine.answer_of(refusal)
        if answer is None:
            await self._after_a_round(call, caller, scope, receive, send)
        else:
            await _send(answer, added, send)

    def _read(self, scope: Scope) -> tuple[Call, Caller] | None:
        """The call and its caller, when the short way is open to them."""
        method = scope["method"]
        address = ADDRESS.fullmatch(scope["path"])
        if address is None or method not in {"GET", "POST"} or find(address["type"]) is None:
            return None
        headers: dict[str, str] = {}
        length = 0
        for name, value in scope["headers"]:
            if (known := HEADERS.get(name)) is not None:
                if known in headers:
                    return None  # said twice: Django says what it makes of it
                headers[known] = value.decode("latin-1")
            elif name in OTHERS:
                return None
            elif name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 12 else settings.EXCHANGE_MAX_BYTES + 1
        if length > settings.EXCHANGE_MAX_BYTES or (method == "GET" and length):
            return None
        if not _is_ours(headers.pop("host", "")):
            return None
        address_of_house = base()
        caller = authentication.known(
            headers.pop("authorization", ""), base=address_of_house, situation=headers.pop("maison-situation", "")
        )
        if caller is None:
            return None
        call = Call(
            method, address["path"], scope["query_string"].decode("utf-8", "replace"), headers, b"", address_of_house
        )
        return (call, caller) if engine.usual(call) and not self._is_apart(call, caller) else None

    # -- those that are taken alone

    def _is_apart(self, call: Call, caller: Caller) -> bool:
        return bool(self._apart) and self._apart.get(_shape(call, caller), 0.0) > time.monotonic()

    async def _after_a_round(self, call: Call, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        """Alone, by the ordinary way. What fails or lasts there is kept out of the next rounds for a while."""
        status = 0

        async def listen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        began = time.monotonic()
        await self._by_the_pages(scope, receive, listen)
        if status >= 500 or time.monotonic() - began > SLOW_SECONDS:
            if len(self._apart) >= MOST_REMEMBERED:
                self._apart.clear()
            self._apart[_shape(call, caller)] = time.monotonic() + ALONE_SECONDS

    async def _by_the_pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._alone >= MOST_ALONE:
            await _send(engine.answer_of(Full()), await self._headers_of_the_house(scope) or [], send)
            return
        self._alone += 1
        try:
            await self.pages(scope, receive, send)
        finally:
            self._alone -= 1

    # -- what the middleware adds

    async def _headers_of_the_house(self, scope: Scope) -> list[tuple[bytes, bytes]] | None:
        """Headers that the whole stack adds to an answer of the façade; None when it does not let such a request through."""
        scheme = scope.get("scheme", "http")
        asked = self._added.get(scheme)
        if asked is None or (asked.done() and (asked.cancelled() or asked.exception() is not None)):
            asked = self._added[scheme] = asyncio.ensure_future(self._ask_the_house(scope))
        return await asked

    async def _ask_the_house(self, scope: Scope) -> list[tuple[bytes, bytes]] | None:
        heard: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            heard.append(message)

        path = "/fhir/metadata"
        headers = [(name, value) for name, value in scope["headers"] if name == b"host"]
        asked = {
            **scope,
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
        }
        await self.pages(asked, receive, send)
        start = next(message for message in heard if message["type"] == "http.response.start")
        if start["status"] != 200:
            return None
        said = {b"content-type", b"content-length", b"cache-control"}
        return [(name.lower(), value) for name, value in start["headers"] if name.lower() not in said]

    def close(self) -> None:
        for queue in self.queues.values():
            queue.close()


def _shape(call: Call, caller: Caller) -> tuple[str, str]:
    """Who asks what kind of thing: the type and the names of parameters, never their values."""
    names = "&".join(sorted({name for name, _ in call.parameters}))
    return caller.actor.subject, f"{call.method} {call.parts[0]}?{names}"


def _is_ours(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


async def _body(receive: Receive) -> bytes:
    """At most the declared length, which was looked at. A connection that broke gives nothing to parse."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes) -> Receive:
    """The body once more, for the pages."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return receive


async def _send(answer: Answer, added: list[tuple[bytes, bytes]], send: Send) -> None:
    headers = [(b"content-type", answer.content_type.encode()), (b"cache-control", b"no-store")]
    if answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers + added})
    await send({"type": "http.response.body", "body": answer.body})
