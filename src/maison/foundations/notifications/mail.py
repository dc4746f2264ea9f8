"""The mail port. What leaves by it says that something waits and where: no health data, no identity (X-08)."""

from __future__ import annotations

import smtplib
from abc import ABC, abstractmethod
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from maison.foundations.ids import uuid7

TIMEOUT_SECONDS = 15
SUBJECT = "Un nouvel élément vous attend"
BODY = """Bonjour,

Un nouvel élément vous attend dans {operator}.

Connectez-vous pour le lire : {url}

Ce message est automatique. Il ne contient aucune donnée de santé et n'attend pas de réponse.
"""


class MailNotSent(Exception):
    """The server did not take the mail; worth trying again later."""


class Mailer(ABC):
    """Sends one announcement to one address. Raises MailNotSent when it should be tried again."""

    def announce(self, address: str) -> None:
        message = EmailMessage()
        message["From"] = settings.MAIL_FROM
        message["To"] = address
        message["Subject"] = SUBJECT
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(BODY.format(operator=settings.OPERATOR_NAME, url=f"{settings.PUBLIC_URL}/notifications/"))
        self.send(message)

    @abstractmethod
    def send(self, message: EmailMessage) -> None: ...


class FolderMailer(Mailer):
    """Demonstration and tests: each mail is a file that a person can open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{uuid7()}.eml").write_bytes(bytes(message))


class SilentMailer(Mailer):
    """Production without a mail server: people find their notifications when they sign in."""

    def send(self, message: EmailMessage) -> None:
        return None


class SmtpMailer(Mailer):
    """`smtp://user:password@host:587` (STARTTLS unless `?starttls=no`) or `smtps://host:465`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("MAISON_MAIL_URL must look like smtp://user:password@host:587 or smtps://host:465.")
        self.host, self.implicit = parts.hostname, parts.scheme == "smtps"
        self.port = parts.port or (465 if self.implicit else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.starttls = not self.implicit and parse_qs(parts.query).get("starttls", ["yes"])[-1] != "no"

    def send(self, message: EmailMessage) -> None:
        kind = smtplib.SMTP_SSL if self.implicit else smtplib.SMTP
        try:
            with kind(self.host, self.port, timeout=TIMEOUT_SECONDS) as server:
                if self.starttls:
                    server.starttls()
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailNotSent(type(error).__name__) from None


def mailer() -> Mailer:
    """The adapter the settings choose."""
    if settings.MAIL_URL:
        return SmtpMailer(settings.MAIL_URL)
    if settings.PRODUCTION:
        return SilentMailer()
    return FolderMailer(Path(settings.DATA_DIR) / "courriels")


def is_deliverable(address: str) -> bool:
    try:
        return bool(Address(addr_spec=address).domain)
    except (ValueError, IndexError):
        return False
