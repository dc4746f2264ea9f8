"""Mail targets: a message leaves as the attachment of a mail that says nothing of it.

The rule of trust: a channel writes to secure health mail only. The operator's access is of type `courriel`, names its `expediteur` and the
`domaines` it may write to (those of the MSSanté trust space); the connection is TLS with the server's certificate verified. Subject, body and
names of files hold no word of the message: between two MSSanté operators the transport is encrypted, subjects and file names are shown in notices.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from threading import Lock
from typing import override

from django.utils import timezone

from maison.interop.channels.language.configuration import Item
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel

from . import accesses
from .accesses import Access
from .base import Parcel, Receipt, Send, Target
from .folders import suffix

ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
CONNECT_SECONDS, ANSWER_SECONDS = 8.0, 30.0
SUBMISSION, IMPLICIT_TLS = 587, 465
SUBJECT = "Message de la Maison e-santé"
BODY = (
    "Bonjour,\n\nVous trouverez en pièce jointe un message informatique destiné à votre logiciel.\n"
    "Ce courriel est envoyé automatiquement ; son contenu n'est que dans la pièce jointe.\n\nRéférence : {key}\n"
)


def domains(secrets: Access) -> list[str]:
    said = secrets.get("domaines", [])
    return [str(one).lower().lstrip("@") for one in said] if isinstance(said, list) else []


def is_trusted(address: str, secrets: Access) -> bool:
    """Whether this address belongs to a domain of the operator's list; `.mssante.fr` stands for everything under it."""
    found = ADDRESS.fullmatch(address.strip())
    host = found.group(1).lower() if found else ""
    return any(host == one or (one.startswith(".") and host.endswith(one)) for one in domains(secrets) if host)


def refused(secrets: Access, address: str) -> str:
    if not accesses.machine(secrets, SUBMISSION)[0] or not ADDRESS.fullmatch(str(secrets.get("expediteur", ""))):
        return "L'accès de messagerie doit donner machine et expediteur."
    if not domains(secrets):
        return "L'accès de messagerie doit donner domaines : ceux de l'espace de confiance MSSanté."
    if not is_trusted(address, secrets):
        return "Cette adresse n'est pas dans un domaine de confiance de l'accès : un message de santé ne part que par MSSanté."
    return ""


class MailTarget(Target):
    shape = Shape(
        "courriel", "Courriel par messagerie sécurisée (MSSanté)",
        [Field("acces", "Accès", "access", natures=("courriel",)),
         Field("adresse", "Adresse du destinataire", help="une boîte MSSanté"),
         Field("idempotent", "Le destinataire reconnaît un courriel déjà reçu à son Message-ID", "flag", default=False,
               help="sinon un envoi dont on ignore l'issue n'est jamais répété sans une personne")],
        "un courriel à {adresse}, le message en pièce jointe (accès : {acces})",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        found = accesses.faults(item, "courriel")
        if not found and (
            words := refused(accesses.access(item.text("acces"), "courriel") or {}, item.text("adresse"))
        ):
            found = [words]
        return found

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return accesses.reach(channel, item)

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return accesses.certificate_files(item)

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        secrets, address = accesses.access(item.text("acces"), "courriel"), item.text("adresse").strip()
        if not secrets or (words := refused(secrets, address)):
            yield lambda parcel: Receipt("down", words if secrets else "L'accès de messagerie n'est plus déclaré.")
            return
        poster = Poster(secrets, address, safe=bool(item.values.get("idempotent")))
        try:
            yield poster.send
        finally:
            poster.close()


class Poster:
    """One submission session for a batch, a mail at a time."""

    def __init__(self, secrets: Access, address: str, *, safe: bool) -> None:
        self.secrets, self.address, self.safe = secrets, address, safe
        self._lock = Lock()
        self._session: smtplib.SMTP | None = None

    def send(self, parcel: Parcel) -> Receipt:
        with self._lock:
            try:
                session = self._opened()
            except smtplib.SMTPAuthenticationError:
                return Receipt("down", "La messagerie refuse l'identification de la maison.")
            except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
                self.close()
                return Receipt("down", f"La messagerie ne répond pas ({type(error).__name__}).")
            try:
                return self._post(session, parcel)
            except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
                self.close()  # before DATA nothing was taken
                return Receipt("down", f"La messagerie s'est tue avant de prendre le message ({type(error).__name__}).")

    def _post(self, session: smtplib.SMTP, parcel: Parcel) -> Receipt:
        code, _ = session.mail(str(self.secrets["expediteur"]))
        if code == 250:
            code, _ = session.rcpt(self.address)
        if code not in (250, 251):
            session.rset()
            return _answered(code)
        try:
            code, _ = session.data(mail(parcel, str(self.secrets["expediteur"]), self.address).as_bytes())
        except smtplib.SMTPDataError as error:  # DATA itself was refused: nothing was sent
            session.rset()
            return _answered(error.smtp_code)
        except (smtplib.SMTPException, OSError, ssl.SSLError) as error:
            self.close()
            words = f"La connexion s'est rompue pendant l'envoi du courriel ({type(error).__name__})"
            return (
                Receipt("down", f"{words}.") if self.safe else Receipt("unknown", f"{words} : il est peut-être parti.")
            )
        return Receipt("delivered", "Pris par la messagerie") if code == 250 else _answered(code)

    def _opened(self) -> smtplib.SMTP:
        if self._session is not None:
            return self._session
        host, port = accesses.machine(self.secrets, SUBMISSION)
        context = accesses.context(self.secrets)
        session: smtplib.SMTP
        if port == IMPLICIT_TLS or self.secrets.get("tls") == "implicite":
            session = smtplib.SMTP_SSL(host, port, timeout=CONNECT_SECONDS, context=context)
        else:
            session = smtplib.SMTP(host, port, timeout=CONNECT_SECONDS)
            self._session = session
            session.starttls(context=context)  # raises when the server does not offer it: nothing leaves in clear text
        self._session = session
        if session.sock is not None:
            session.sock.settimeout(ANSWER_SECONDS)
        session.ehlo_or_helo_if_needed()
        if self.secrets.get("utilisateur"):
            session.login(str(self.secrets["utilisateur"]), str(self.secrets.get("secret", "")))
        return session

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                session.quit()
            session.close()


def _answered(code: int) -> Receipt:
    if 400 <= code < 500:
        return Receipt("later", f"La messagerie refuse pour l'instant (SMTP {code}).")
    return Receipt("rejected", f"La messagerie refuse ce courriel (SMTP {code}).")


def mail(parcel: Parcel, sender: str, to: str) -> EmailMessage:
    """The same Message-ID at each attempt. Nothing of the message outside the attachment."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, to, SUBJECT
    made["Date"] = format_datetime(timezone.now())
    made["Message-ID"] = f"<{parcel.key}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(BODY.format(key=parcel.key))
    main, _, sub = parcel.content_type.partition(";")[0].partition("/")
    made.add_attachment(parcel.payload, maintype=main or "application", subtype=sub or "octet-stream",
                        filename=f"message-{parcel.key}{suffix(parcel.content_type)}")  # fmt: skip
    return made
