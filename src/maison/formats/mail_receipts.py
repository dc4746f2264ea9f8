"""What a mail system tells of a mail: delivered or not (DSN, RFC 3464), read or not (MDN, RFC 8098).

    report = read_receipt(data)      # None when the mail is something else
The body of the returned mail is never looked at.
"""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage, MIMEPart
from typing import Literal, cast

from msgspec import Struct

Outcome = Literal["delivered", "delayed", "failed", "read", "deleted"]
_ACTIONS: dict[str, Outcome] = {
    "delivered": "delivered", "relayed": "delivered", "expanded": "delivered", "delayed": "delayed", "failed": "failed",
}  # fmt: skip
_DISPOSITIONS: dict[str, Outcome] = {"displayed": "read", "processed": "read", "deleted": "deleted"}


class Receipt(Struct, frozen=True):
    """`message_id` is that of the mail spoken of (with its angle brackets); `status` an RFC 3463 code such as 5.1.1."""

    outcome: Outcome
    message_id: str
    recipient: str
    status: str = ""


def read_receipt(data: bytes) -> Receipt | None:
    """Never raises for what the mail holds."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    if message.get_content_type() != "multipart/report":
        return None
    for part in message.iter_parts():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            return _delivery(message, part)
        if kind == "message/disposition-notification":
            return _disposition(part)
    return None


def _fields(part: MIMEPart) -> list[dict[str, str]]:
    """Blocks of fields: of the whole, then of each recipient."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [
            {name.lower(): str(value).strip() for name, value in cast("EmailMessage", one).items()} for one in payload
        ]
    found = email.message_from_string(str(part.get_payload(decode=False)))
    return [{name.lower(): str(value).strip() for name, value in found.items()}]


def _delivery(message: EmailMessage, part: MIMEPart) -> Receipt | None:
    blocks = _fields(part)
    whole = blocks[0] if blocks else {}
    person = next((block for block in blocks if "action" in block), None)
    outcome = _ACTIONS.get(person["action"].split()[0].lower()) if person and person["action"].split() else None
    if person is None or outcome is None:
        return None
    recipient = person.get("original-recipient") or person.get("final-recipient", "")
    named = _returned(message) or whole.get("original-envelope-id", "")
    return Receipt(outcome, named, recipient.rpartition(";")[2].strip().lower(), person.get("status", "")[:20])


def _returned(message: EmailMessage) -> str:
    """Message-ID of the mail that comes back, whole or its headers."""
    for part in message.iter_parts():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            return str(email.message_from_string(str(part.get_payload(decode=False))).get("Message-ID", "")).strip()
        if kind == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner:
                return str(cast("EmailMessage", inner[0]).get("Message-ID", "")).strip()
    return ""


def _disposition(part: MIMEPart) -> Receipt | None:
    blocks = _fields(part)
    whole = {name: value for block in blocks for name, value in block.items()}
    words = whole.get("disposition", "").rpartition(";")[2].split("/")[0].strip().lower()
    outcome = _DISPOSITIONS.get(words)
    if outcome is None:
        return None
    recipient = whole.get("final-recipient", "").rpartition(";")[2].strip().lower()
    return Receipt(outcome, whole.get("original-message-id", ""), recipient)
