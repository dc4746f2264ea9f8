"""Mailboxes of the sandbox operator: what came, in files to look at, and the receipts that go back.

Addresses tell what becomes of a mail: `inconnu@…` is refused at once, `retire@…` is accepted and comes back an hour later (here: at
once), `muet@…` gives no receipt, any other one is delivered. Only the domains of the space of trust are reached (MSS-01).
"""

from __future__ import annotations

import email
import email.policy
import re
import threading
from collections import defaultdict
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

DOMAINS = ("mssante.fr", "medecin.mssante.fr", "ch-fictif.mssante.fr", "patient.mssante.fr", "test-ci-sis.mssante.fr")
POSTMASTER = "MAILER-DAEMON@operateur.mssante.fr"


ADDRESS = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9.-]{1,190}")


class Mailboxes:
    def __init__(self, folder: Path, domains: tuple[str, ...] = DOMAINS) -> None:
        self.folder, self.domains = folder, domains
        self._lock = threading.Lock()
        self._kept: dict[str, dict[int, bytes]] = defaultdict(dict)
        self._seen: dict[str, set[int]] = defaultdict(set)
        self._last = 0
        for path in sorted(folder.glob("*/*.eml")):
            rank = int(path.stem)
            self._kept[path.parent.name][rank] = path.read_bytes()
            self._last = max(self._last, rank)

    def refuses(self, address: str) -> str:
        """The SMTP answer to an address that is not taken; empty when it is."""
        local, _, domain = address.lower().partition("@")
        if domain not in self.domains or ADDRESS.fullmatch(address.lower()) is None:
            return "550 5.7.1 destinataire hors espace de confiance"
        return "550 5.1.1 boite aux lettres inconnue" if local.startswith("inconnu") else ""

    def take(self, sender: str, address: str, data: bytes, notify: str) -> None:
        """A mail accepted for this address."""
        local = address.lower().partition("@")[0]
        wanted = {word.strip().upper() for word in notify.split(",")}
        if local.startswith("retire"):
            if "NEVER" not in wanted:
                self.put(sender, delivery_report(sender, address, data, "failed", "5.1.1"))
            return
        self.put(address, data)
        if "SUCCESS" in wanted and not local.startswith("muet"):
            self.put(sender, delivery_report(sender, address, data, "delivered", "2.1.5"))

    def put(self, address: str, data: bytes) -> int:
        name = address.lower()
        with self._lock:
            self._last += 1
            rank = self._last
            self._kept[name][rank] = data
            path = self.folder / name / f"{rank:06d}.eml"
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(data)
        return rank

    def of(self, address: str) -> dict[int, bytes]:
        with self._lock:
            return dict(self._kept[address.lower()])

    def unseen(self, address: str) -> list[int]:
        with self._lock:
            return [rank for rank in sorted(self._kept[address.lower()]) if rank not in self._seen[address.lower()]]

    def see(self, address: str, rank: int) -> None:
        with self._lock:
            self._seen[address.lower()].add(rank)

    def remove(self, address: str, rank: int) -> None:
        with self._lock:
            self._kept[address.lower()].pop(rank, None)
            (self.folder / address.lower() / f"{rank:06d}.eml").unlink(missing_ok=True)

    def open_mail(self, address: str) -> int:
        """The holder reads all mails; those that ask for it are told so (MDN). Returns how many were told."""
        told = 0
        for data in self.of(address).values():
            message = _read(data)
            to = str(message.get("Disposition-Notification-To", "")).strip()
            if to:
                self.put(to, reading_report(to, address, str(message["Message-ID"])))
                told += 1
        return told


def _read(data: bytes) -> EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _report(to: str, subject: str, kind: str, part_kind: str, fields: str, returned: str = "") -> bytes:
    boundary = "----rapport"
    parts = [
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{subject}\r\n",
        f"Content-Type: message/{part_kind}\r\n\r\n{fields}",
        *([f"Content-Type: text/rfc822-headers\r\n\r\n{returned}"] if returned else []),
    ]
    head = (
        f"From: <{POSTMASTER}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {formatdate()}\r\n"
        f"Message-ID: {make_msgid(domain='operateur.mssante.fr')}\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{boundary}"\r\n\r\n'
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"{head}{body}--{boundary}--\r\n".encode()


def delivery_report(to: str, address: str, data: bytes, action: str, status: str) -> bytes:
    """DSN (RFC 3464) about one recipient, with the headers of the mail."""
    fields = (
        "Reporting-MTA: dns; operateur.mssante.fr\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
    )
    headers = data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace") + "\r\n"
    return _report(to, "Avis de remise" if action == "delivered" else "Avis de non-remise", "delivery-status",
                   "delivery-status", fields, headers)  # fmt: skip


def reading_report(to: str, address: str, message_id: str) -> bytes:
    """MDN (RFC 8098): a person opened it."""
    fields = (
        f"Final-Recipient: rfc822; {address}\r\nOriginal-Message-ID: {message_id}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    )
    return _report(to, "Accuse de lecture", "disposition-notification", "disposition-notification", fields)
