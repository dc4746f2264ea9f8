"""The submission door of the sandbox operator: SMTP with TLS, an account, and delivery receipts on request (RFC 3461)."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .mailboxes import Mailboxes


class _Server(SMTP):
    """aiosmtpd knows no receipts: their parameters are taken off and remembered."""

    notify: dict[str, str]

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 -- aiosmtpd's name
        self.notify = {}
        await super().smtp_MAIL(_without(arg, "RET", "ENVID")[0])

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        said, options = _without(arg, "NOTIFY", "ORCPT")
        await super().smtp_RCPT(said)
        if said and self.envelope and self.envelope.rcpt_tos:
            self.notify[self.envelope.rcpt_tos[-1]] = options.get("NOTIFY", "FAILURE")


def _without(arg: str | None, *names: str) -> tuple[str | None, dict[str, str]]:
    if arg is None:
        return None, {}
    kept, found = [], {}
    for word in arg.split(" "):
        name, _, value = word.partition("=")
        if name.upper() in names:
            found[name.upper()] = value
        else:
            kept.append(word)
    return " ".join(kept), found


def _cut(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.close()


class _Handler:
    def __init__(self, door: MailDoor) -> None:
        self.door = door

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:  # the line itself is in TLS from its first byte
            return "530 5.7.0 compte requis"
        if self.door.faults & {"occupe"}:
            return "451 4.3.2 reessayez plus tard"
        if address.lower() != str(session.auth_data).lower():
            return "553 5.7.1 expediteur qui n'est pas celui du compte"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused := self.door.boxes.refuses(address):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "perdu" in self.door.faults:  # cut before anything is kept
            _cut(server)
            return "421 coupe"
        content = envelope.content
        data = content if isinstance(content, bytes) else str(content).encode()
        for address in envelope.rcpt_tos:
            self.door.boxes.take(str(envelope.mail_from), address, data, server.notify.get(address, "FAILURE"))
        if "attend" in self.door.faults:  # kept, and the answer is long to come
            await asyncio.to_thread(self.door.answers.wait, 60)
        if "coupe" in self.door.faults:  # kept, and nobody is told
            _cut(server)
            return "421 coupe"
        return "250 2.0.0 message accepte"


class MailDoor:
    """`faults`: `occupe` (comes back later), `coupe` (kept, then the line falls), `perdu` (the line falls, nothing is kept),
    `attend` (kept, and answered once `answers` is set)."""

    def __init__(self, boxes: Mailboxes, context: ssl.SSLContext, accounts: dict[str, str], port: int = 0) -> None:
        self.boxes, self.accounts, self.port = boxes, accounts, port
        self.faults: set[str] = set()
        self.answers = threading.Event()
        self._lines: WeakSet[SMTP] = WeakSet()
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox-smtp", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._server: asyncio.Server = self._run(
            self._loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=self._context)
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        self.answers.set()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for line in list(self._lines):
            if isinstance(line.transport, asyncio.WriteTransport):
                line.transport.abort()
        await self._server.wait_closed()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports are let go by the turn that follows

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _protocol(self) -> SMTP:
        line = _Server(
            _Handler(self), hostname="operateur.mssante.fr", auth_require_tls=False,
            authenticator=self._authenticate, data_size_limit=20 * 1024 * 1024, enable_SMTPUTF8=True, loop=self._loop,
        )  # fmt: skip
        self._lines.add(line)
        return line

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login, secret = data.login.decode(), data.password.decode()
        return AuthResult(success=self.accounts.get(login) == secret, auth_data=login, handled=False)
