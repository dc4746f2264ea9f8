"""Mail as a source: a mailbox of the operator's list, read by IMAP. Each attachment of a mail from a trusted domain is a message.

A mail is moved once its attachments are committed: to « Traités », or to « Refusés » when its sender is not of a trusted domain (a task tells
it). A mail without attachment is itself held as a message, that its channel cannot read: it stops there, and a person looks at it.
"""

from __future__ import annotations

import contextlib
import email
import imaplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import default
from typing import Any, override

from django.db import transaction

from maison.interop.channels.arrivals import CONTENT_TYPES, Arrival
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.message import MAX_BYTES
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.models import Exchange

from . import accesses
from .accesses import Access
from .mail import domains, is_trusted
from .remote import Held, RemoteSource, Unreachable

SECONDS = 15.0
IMPLICIT_TLS, EXPLICIT_TLS = 993, 143
LARGEST_MAIL = MAX_BYTES * 3 // 2
STRANGER = "CAN-EXPEDITEUR"
WORDS = {
    STRANGER: "Courriel d'un expéditeur hors des domaines de confiance : il n'a pas été lu, il attend dans le dossier « Refusés »."
}
DONE, REFUSED = "Traites", "Refuses"
SUFFIXES = {"hl7v2": (".hl7", ".txt"), "json": (".json",), "xml": (".xml",)}


def refused(secrets: Access) -> str:
    if not accesses.machine(secrets, IMPLICIT_TLS)[0] or not secrets.get("utilisateur"):
        return "L'accès à la boîte aux lettres doit donner machine et utilisateur."
    return (
        ""
        if domains(secrets)
        else "L'accès à la boîte aux lettres doit donner domaines : ceux de l'espace de confiance MSSanté."
    )


class MailboxSource(RemoteSource):
    shape = Shape(
        "courriel", "Boîte aux lettres sécurisée (MSSanté)",
        [Field("acces", "Boîte aux lettres", "access", natures=("imap",)),
         Field("dossier", "Dossier de la boîte", default="INBOX")],
        "les pièces jointes des courriels du dossier {dossier} de la boîte {acces}",
    )  # fmt: skip
    pause_seconds = 30.0

    @override
    def faults(self, config: Configuration) -> list[str]:
        found = accesses.faults(config.source, "imap")
        return found or ([words] if (words := refused(_secrets(config.source) or {})) else [])

    @override
    def fetch(self, channel: Channel, config: Configuration, limit: int, hold: Held) -> int:
        secrets = _secrets(config.source)
        if not secrets or refused(secrets):
            raise Unreachable("L'accès à la boîte aux lettres n'est plus déclaré, ou n'est pas complet.")
        try:
            box = _opened(secrets)
            try:
                return _read_all(box, secrets, channel, config, limit, hold)
            finally:
                with contextlib.suppress(imaplib.IMAP4.error, OSError):
                    box.logout()
        except imaplib.IMAP4.error as error:
            raise Unreachable(f"La boîte aux lettres refuse la maison ({type(error).__name__}).") from error
        except (OSError, ssl.SSLError) as error:
            raise Unreachable(f"La boîte aux lettres ne répond pas ({type(error).__name__}).") from error


def _secrets(item: Item) -> Access | None:
    return accesses.access(item.text("acces"), "imap")


def _opened(secrets: Access) -> imaplib.IMAP4:
    host, port = accesses.machine(secrets, IMPLICIT_TLS)
    context = accesses.context(secrets)
    is_explicit = port == EXPLICIT_TLS or secrets.get("tls") == "explicite"
    box = (
        imaplib.IMAP4(host, port, SECONDS)
        if is_explicit
        else imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=SECONDS)
    )
    try:
        if is_explicit:
            box.starttls(context)
        box.login(str(secrets["utilisateur"]), str(secrets.get("secret", "")))
    except BaseException:
        box.shutdown()
        raise
    return box


def _checked(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return data


def _read_all(
    box: imaplib.IMAP4, secrets: Access, channel: Channel, config: Configuration, limit: int, hold: Held
) -> int:
    _checked(box.select(_quoted(config.source.text("dossier") or "INBOX")))
    (found,) = _checked(box.uid("SEARCH", "UNDELETED"))
    uids = found.split() if isinstance(found, bytes) else []
    for uid in uids[:limit]:
        size = _size(box, uid)
        made = _mail(box, uid) if size <= LARGEST_MAIL else None
        sender = _sender(made) if made is not None else ""
        if made is not None and not is_trusted(sender, secrets):
            _tell_stranger(channel, config, made, size)
            _move(box, uid, REFUSED)
            continue
        hold(_arrivals(config, made, sender, size, f"uid {uid.decode()}"))
        _move(box, uid, DONE)
    return min(len(uids), limit)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _size(box: imaplib.IMAP4, uid: bytes) -> int:
    (said, *_) = _checked(box.uid("FETCH", uid.decode(), "(RFC822.SIZE)"))
    digits = bytes(said).rpartition(b"RFC822.SIZE ")[2].strip(b") ") if isinstance(said, bytes) else b""
    return int(digits) if digits.isdigit() else 0


def _mail(box: imaplib.IMAP4, uid: bytes) -> EmailMessage:
    (said, *_) = _checked(box.uid("FETCH", uid.decode(), "(BODY.PEEK[])"))
    if not isinstance(said, tuple):
        raise imaplib.IMAP4.error("no body")
    made = email.message_from_bytes(said[1], policy=default)
    assert isinstance(made, EmailMessage)
    return made


def _sender(made: EmailMessage) -> str:
    """The one address of a well-written From; empty when it could be read in two ways. That it is true, the secure operator guarantees."""
    said = made["From"]
    addresses: Sequence[Any] = getattr(said, "addresses", ())
    return str(addresses[0].addr_spec) if len(addresses) == 1 and not said.defects else ""


def _arrivals(config: Configuration, made: EmailMessage | None, sender: str, size: int, uid: str) -> list[Arrival]:
    """What a mail brings, in the order of its attachments. None: too large to be read."""
    if made is None:
        return [Arrival(None, MailboxSource.shape.code, sender or "inconnu", uid, size=size)]
    name = str(made["Message-ID"] or "").strip()
    found = [
        Arrival(payload, MailboxSource.shape.code, sender, f"{name} {rank}" if name else "", size=len(payload))
        for rank, part in enumerate(made.iter_attachments(), start=1)
        if (payload := _payload(part, config.format))
    ]
    return found or [Arrival(made.as_bytes(), MailboxSource.shape.code, sender, name, size=size)]


def _payload(part: EmailMessage, format: str) -> bytes:  # noqa: A002
    """The bytes of an attachment of the channel's format; empty for a signature, a logo or a delivery notice."""
    kind, name = part.get_content_type(), (part.get_filename() or "").lower()
    wanted = kind == CONTENT_TYPES[format] or name.endswith(SUFFIXES[format]) or kind.endswith(f"+{format}")
    content = part.get_payload(decode=True) if wanted else None
    return content if isinstance(content, bytes) else b""


@transaction.atomic
def _tell_stranger(channel: Channel, config: Configuration, made: EmailMessage, size: int) -> None:
    """Refused and told, without keeping what a stranger sends; told again, it is the same task."""
    entry = journal.Entry(
        direction="in", channel=channel.journal_channel, door=MailboxSource.shape.code, state=Exchange.State.REFUSED, payload=None, size=size,
        sender="expéditeur hors de confiance", recipients=[f"canal {channel.code}"], distribution_id=str(made["Message-ID"] or ""),
        content_type=CONTENT_TYPES[config.format], fault_code=STRANGER, note=WORDS[STRANGER], needs_mending=True,
    )  # fmt: skip
    journal.write([entry])
    mending.ask(entry.id, client_id=None, fault_code=STRANGER)


def _move(box: imaplib.IMAP4, uid: bytes, folder: str) -> None:
    """Into a folder of the box, made when it is not there. Never deleted."""
    name = _quoted(folder)
    box.create(name)  # already there: the answer says so, and the move decides
    if "MOVE" in box.capabilities:
        _checked(box.uid("MOVE", uid.decode(), name))
        return
    _checked(box.uid("COPY", uid.decode(), name))
    _checked(box.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)"))
    box.expunge()
