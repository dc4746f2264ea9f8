"""The HTTPS door with a client certificate: the same answers as the key door, for software that shows who it is by TLS.

The certificate must come from the authority of the settings, be in its dates, and be declared (SHA-256 of its DER form);
a handshake that fails is traced like a wrong key. HTTP/1.1 only, one request at a time on a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import h11
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from maison.interop.exchanges.models import Door
from maison.interop.gateway.process import House

from . import door

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 30.0
CONNECTIONS = 200
READ_BYTES = 65_536
MESSAGE = re.compile(r"/hub-sante/messages(?:/(?P<id>[0-9a-fA-F-]{36}))?/?\Z")


def tls_context(*, certificate: str, key: str, authority: str) -> ssl.SSLContext:
    """TLS 1.2 or later; no certificate of this authority, no connection."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    return context


@dataclass
class CertificateDoor:
    host: str
    port: int
    context: ssl.SSLContext
    name: str = "hub-sante-certificate"
    open_connections: int = 0
    served: int = 0
    refused: int = 0
    listening: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def from_settings(cls) -> Self:
        host, _, port = settings.HUB_MTLS_LISTEN.rpartition(":")
        files = (settings.HUB_MTLS_CERTIFICATE, settings.HUB_MTLS_KEY, settings.HUB_MTLS_AUTHORITY)
        if not port.isdigit() or not all(files):
            raise ImproperlyConfigured(
                "MAISON_HUB_MTLS_LISTEN is host:port and needs MAISON_HUB_MTLS_CERTIFICATE, _KEY and _AUTHORITY."
            )
        certificate, key, authority = files
        return cls(host or "::", int(port), tls_context(certificate=certificate, key=key, authority=authority))

    def details(self) -> dict[str, object]:
        return {"connections": self.open_connections, "served": self.served, "refused": self.refused}

    async def run(self, house: House) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        server = socket.create_server((self.host, self.port), family=family, backlog=128)
        server.setblocking(False)
        self.port = server.getsockname()[1]
        self.listening.set()
        places = asyncio.Semaphore(CONNECTIONS)
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    await places.acquire()
                    accepted, address = await loop.sock_accept(server)
                    task = group.create_task(self._serve(house, accepted, str(address[0])))
                    task.add_done_callback(lambda _: places.release())
            finally:
                server.close()

    async def _serve(self, house: House, accepted: socket.socket, origin: str) -> None:
        """One connection, from its handshake to its end. Nothing it does reaches the others."""
        reader = asyncio.StreamReader(limit=READ_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, accepted, ssl=self.context, ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=2.0,
            )  # fmt: skip
        except (ssl.SSLError, OSError, TimeoutError) as error:
            accepted.close()
            self.refused += 1
            await self._trace_refusal(house, origin, error)
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())
        self.open_connections += 1
        try:
            await self._talk(house, reader, writer, origin)
        except (OSError, TimeoutError, h11.RemoteProtocolError, ssl.SSLError) as error:
            log.info("hub_sante.connection_ended %s", type(error).__name__)
        finally:
            self.open_connections -= 1
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
                await asyncio.wait_for(writer.wait_closed(), 3)

    async def _trace_refusal(self, house: House, origin: str, error: Exception) -> None:
        """A handshake refused for its certificate is traced; a connection merely cut is not."""
        reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or ""
        if not isinstance(error, ssl.SSLError) or not reason:
            return
        call = door.Call(method="", door=Door.MTLS, client=None, origin=origin)
        try:
            await house.do(door.unknown, call, str(reason).lower().replace("_", " ")[:120])
        except DatabaseError as failure:
            log.error("hub_sante.refusal_not_traced %s", type(failure).__name__)

    async def _talk(
        self, house: House, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: str
    ) -> None:
        tls = writer.get_extra_info("ssl_object")
        fingerprint = hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
        http = h11.Connection(h11.SERVER)
        while True:
            request, body = await _request(http, reader, writer)
            if request is None:
                return
            answer = await self._answer(house, request, body, fingerprint, origin)
            self.served += 1
            headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), ("Cache-Control", "no-store")]  # fmt: skip
            headers += list(answer.headers.items())
            if body is None:
                headers.append(("Connection", "close"))  # what was not read cannot be skipped
            if answer.status == 204:
                headers = headers[2:]
            writer.write(http.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
            if answer.body:
                writer.write(http.send(h11.Data(data=answer.body)) or b"")
            writer.write(http.send(h11.EndOfMessage()) or b"")
            await writer.drain()
            if http.our_state is h11.MUST_CLOSE or body is None:
                return
            http.start_next_cycle()

    async def _answer(self, house: House, request: h11.Request, body: bytes | None, fingerprint: str, origin: str) -> door.Answer:  # fmt: skip
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
        target, method = urlsplit(request.target.decode("latin-1")), request.method.decode("ascii")
        found = MESSAGE.match(target.path)
        length = headers.get("content-length", "")
        if found is None:
            return door.Answer(404)

        def work() -> door.Answer:
            call = door.Call(
                method=method, door=Door.MTLS, client=door.client_of_certificate(fingerprint), origin=origin, body=body,
                declared_length=int(length) if length.isdigit() else None, content_type=headers.get("content-type", ""),
                after=next(iter(parse_qs(target.query).get("apres", [])), ""),
            )  # fmt: skip
            identity = found["id"]
            if method == "POST" and identity is None:
                return door.post(call)
            if method == "GET" and identity is None:
                return door.listing(call)
            if method == "DELETE" and identity is not None:
                return door.take(call, identity)
            return door.Answer(405, headers={"Allow": "DELETE" if identity else "GET, POST"})

        try:
            return await house.do(work)
        except DatabaseError as error:
            log.error("hub_sante.journal_unavailable %s", type(error).__name__)
            return door.Answer(503, headers={"Retry-After": "5"})


async def _request(http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[h11.Request | None, bytes | None]:  # fmt: skip
    """The next request and its body; a body None is larger than allowed. (None, None): the other side left."""
    request: h11.Request | None = None
    parts: list[bytes] = []
    size = 0
    while True:
        event: Any = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                writer.write(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            data = await asyncio.wait_for(reader.read(READ_BYTES), IDLE_SECONDS)
            http.receive_data(data)
        elif isinstance(event, h11.Request):
            request = event
            length = dict(event.headers).get(b"content-length", b"")
            if length.isdigit() and int(length) > settings.EXCHANGE_MAX_BYTES:
                return request, None
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size > settings.EXCHANGE_MAX_BYTES:
                return request, None
            parts.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return request, b"".join(parts)
        else:  # ConnectionClosed, PAUSED
            return None, None
