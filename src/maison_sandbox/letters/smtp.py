"""The submission door of the sandbox operator: SMTP with TLS, an account, and delivery receipts on request (RFC 3461)."""

from __future__ import annotations

import ssl
from typing import Any

from aiosmtpd.controller import Controller
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
            server.transport.close()
            return "421 coupe"
        content = envelope.content
        data = content if isinstance(content, bytes) else str(content).encode()
        for address in envelope.rcpt_tos:
            self.door.boxes.take(str(envelope.mail_from), address, data, server.notify.get(address, "FAILURE"))
        if "coupe" in self.door.faults:  # kept, and nobody is told
            server.transport.close()
            return "421 coupe"
        return "250 2.0.0 message accepte"


class MailDoor:
    """`faults`: `occupe` (comes back later), `coupe` (kept, then the line falls), `perdu` (the line falls, nothing is kept)."""

    def __init__(self, boxes: Mailboxes, context: ssl.SSLContext, accounts: dict[str, str], port: int = 0) -> None:
        self.boxes, self.accounts = boxes, accounts
        self.faults: set[str] = set()
        self._controller = _Controller(self, context, port)

    @property
    def port(self) -> int:
        return int(self._controller.server.sockets[0].getsockname()[1])

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class _Controller(Controller):
    def __init__(self, door: MailDoor, context: ssl.SSLContext, port: int) -> None:
        self.door = door
        super().__init__(_Handler(door), hostname="127.0.0.1", port=port, ssl_context=context)

    def factory(self) -> SMTP:
        return _Server(
            self.handler, hostname="operateur.mssante.fr", auth_required=True, auth_require_tls=False,
            authenticator=self._authenticate, data_size_limit=20 * 1024 * 1024, enable_SMTPUTF8=True,
        )  # fmt: skip

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login, secret = data.login.decode(), data.password.decode()
        return AuthResult(success=self.door.accounts.get(login) == secret, auth_data=login, handled=False)

    def _trigger_server(self) -> None:
        """Controller makes sure that the server answers by calling it: ours wants a certificate of who calls."""
