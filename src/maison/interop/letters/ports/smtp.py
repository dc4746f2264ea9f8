"""An operator of MSSanté: submission by SMTP and reading by IMAP, both in TLS with the house's certificate."""

from __future__ import annotations

import contextlib
import imaplib
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any, override
from urllib.parse import unquote, urlsplit

from .base import MailOperator, Submitted, Unreachable

SECONDS = 20


def context_of(settings: Mapping[str, Any]) -> ssl.SSLContext:
    """TLS as MSS-01 wants it: their authority only, our certificate shown. Raises OSError (ssl.SSLError) when a file does not read."""
    context = ssl.create_default_context(cafile=settings["authority"] or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings["certificate"]:
        context.load_cert_chain(settings["certificate"], settings["key"] or None)
    return context


class SmtpOperator(MailOperator):
    """`settings` is the MSSANTE setting (docs/settings.md)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.address: str = settings["address"]

    @override
    def submit(self, address: str, mail: bytes, message_id: str, about_to: Callable[[], None]) -> Submitted:
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            return Submitted("down", f"L'opérateur de messagerie ne répond pas ({type(error).__name__}).")
        try:
            return self._said(server, address, mail, message_id, about_to)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.settings["url"])
        host, context = parts.hostname or "", context_of(self.settings)
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=SECONDS)
        try:
            if parts.scheme != "smtps":
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            if parts.username:
                server.login(unquote(parts.username), self.settings["secret"])
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _said(
        self, server: smtplib.SMTP, address: str, mail: bytes, message_id: str, about_to: Callable[[], None]
    ) -> Submitted:
        receipts = server.has_extn("dsn")
        try:
            envelope = [f"ENVID={message_id.strip('<>')}", "RET=HDRS"] if receipts else []
            _accepted(*server.mail(self.address, envelope))
            _accepted(*server.rcpt(address, ["NOTIFY=SUCCESS,FAILURE,DELAY"] if receipts else []))
        except _Refused as refused:
            return _refusal(refused, at_address=refused.code in (550, 551, 553, 554))
        except (OSError, smtplib.SMTPException) as error:
            return Submitted("down", f"L'opérateur de messagerie a quitté la ligne ({type(error).__name__}).")
        about_to()
        try:
            _accepted(*server.data(mail))
        except (_Refused, smtplib.SMTPDataError) as refused:
            code, words = (
                (refused.code, refused.words)
                if isinstance(refused, _Refused)
                else (refused.smtp_code, refused.smtp_error)
            )
            return _refusal(_Refused(code, words), at_address=False)
        except (OSError, smtplib.SMTPException) as error:
            return Submitted("unknown", f"La ligne est tombée pendant l'envoi ({type(error).__name__}).")
        return Submitted("taken", "Pris en charge par l'opérateur de messagerie", receipts)

    @override
    def unread(self, limit: int) -> Iterator[tuple[str, bytes]]:
        try:
            with self._mailbox() as box:
                _, found = box.uid("SEARCH", "UNSEEN")
                for number in (found[0] or b"").split()[:limit]:
                    _, parts = box.uid("FETCH", number.decode(), "(BODY.PEEK[])")
                    body = next((part[1] for part in parts if isinstance(part, tuple)), None)
                    if isinstance(body, bytes):
                        yield number.decode(), body
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unreachable(f"La boîte de la maison ne se lit pas ({type(error).__name__}).") from error

    @override
    def settle(self, numbers: Mapping[str, bool]) -> None:
        try:
            with self._mailbox() as box:
                for number, goes in numbers.items():
                    box.uid("STORE", number, "+FLAGS", "(\\Deleted)" if goes else "(\\Seen)")
                box.expunge()
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unreachable(f"La boîte de la maison ne se lit pas ({type(error).__name__}).") from error

    @contextlib.contextmanager
    def _mailbox(self) -> Iterator[imaplib.IMAP4_SSL]:
        parts = urlsplit(self.settings["imap_url"])
        context = context_of(self.settings)
        box = imaplib.IMAP4_SSL(parts.hostname or "", parts.port or 993, ssl_context=context, timeout=SECONDS)
        try:
            box.login(unquote(parts.username or ""), self.settings["secret"])
            box.select("INBOX")
            yield box
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                box.logout()


class _Refused(Exception):
    def __init__(self, code: int, words: bytes | str) -> None:
        super().__init__(code)
        self.code, self.words = code, words


def _accepted(code: int, words: bytes) -> None:
    if code // 100 != 2:
        raise _Refused(code, words)


def _refusal(refused: _Refused, *, at_address: bool) -> Submitted:
    """4xx is for later; what the operator writes is not shown: it may quote the address or more."""
    if refused.code // 100 == 4:
        return Submitted("down", f"L'opérateur de messagerie demande de revenir plus tard (SMTP {refused.code}).")
    said = refused.words.decode("utf-8", "replace") if isinstance(refused.words, bytes) else refused.words
    status = found[0] if (found := re.match(r"5\.\d{1,3}\.\d{1,3}", said)) else ""
    code = f"SMTP {refused.code}{f', {status}' if status else ''}"
    if at_address:
        return Submitted(
            "unknown-address", f"Cette boîte n'existe pas ou n'est pas dans l'espace de confiance ({code})."
        )
    return Submitted("refused", f"L'opérateur de messagerie refuse ce courrier ({code}).")
