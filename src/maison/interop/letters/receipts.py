"""What the operator tells afterwards: delivered, not delivered, read. Read from the house's mailbox, kept in the journal, dealt with once.

A receipt is taken from the mailbox only once its effect is on disk: killed in between, it is read again and changes nothing more.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.formats.mail_receipts import Receipt, read_receipt
from maison.interop.channels import desks
from maison.interop.channels.actions import afterwards
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import MSSANTE, ledger, legs
from .models import Leg, Sending
from .ports.base import MailOperator, Unreachable
from .ports.chosen import mail_operator

log = logging.getLogger(__name__)
POLL_SECONDS = 5.0
AT_ONCE = 50
PATIENCE = timedelta(hours=72)
"""MSS-07: without a receipt by then, a person looks."""
State = Sending.State
STATES = {"delivered": State.DELIVERED, "read": State.READ, "failed": State.FAILED}
WORDS = {
    "delivered": "Remis dans la boîte du destinataire",
    "read": "Ouvert par le destinataire : cela ne dit pas qu'il l'a pris en charge",
    "failed": "Non remis : la boîte du destinataire ne l'a pas pris",
    "delayed": "L'opérateur essaie encore de le remettre",
    "deleted": "Supprimé par le destinataire sans avoir été ouvert",
}


def turn() -> int:
    """Read the mailbox once, then look for silences; returns how many mails were read. A mute operator is no failure of ours."""
    operator = mail_operator()
    read = 0
    if operator is not None and settings.MSSANTE["imap_url"]:
        try:
            read = _collect(operator)
        except Unreachable as mute:
            log.warning("letters.mailbox_mute %s", type(mute.__cause__).__name__)
    silences()
    return read


def _collect(operator: MailOperator) -> int:
    settled: dict[str, bool] = {}
    for number, data in operator.unread(AT_ONCE):
        settled[number] = take(data)
    if settled:
        operator.settle(settled)
    return len(settled)


@transaction.atomic
def take(data: bytes) -> bool:
    """One mail of the house's mailbox. True: it was a receipt of ours and is dealt with; another mail stays for people."""
    receipt = read_receipt(data)
    sending = _sending_of(receipt) if receipt is not None else None
    if receipt is None or sending is None:
        log.info("letters.mail_left_in_the_mailbox")
        return False
    entry = journal.Entry(
        direction="in", channel=MSSANTE, door=MSSANTE, state=Exchange.State.INTEGRATED, payload=data, sender="opérateur MSSanté",
        distribution_id=f"{receipt.outcome} {sending.reference}", message_type="MDN" if receipt.outcome in ("read", "deleted") else "DSN",
        content_type="message/rfc822", answers=sending.exchange_id, note=WORDS[receipt.outcome],
    )  # fmt: skip
    if journal.claim([entry]):
        return True  # already taken, before a kill
    journal.write([entry])
    _apply(sending, receipt)
    return True


def _sending_of(receipt: Receipt) -> Sending | None:
    reference = receipt.message_id.strip("<> ").partition("@")[0]
    try:
        UUID(reference)
    except ValueError:
        return None
    return Sending.objects.select_related("leg__letter").filter(reference=reference).first()


def _apply(sending: Sending, receipt: Receipt) -> None:
    state = STATES.get(receipt.outcome)
    words = WORDS[receipt.outcome] + (f" ({receipt.status})" if receipt.status and receipt.outcome == "failed" else "")
    if state is None:
        return
    ledger.end(sending.id, state, words, expects_receipt=False if state == State.FAILED else None)
    leg = Leg.objects.get(pk=sending.leg_id)
    if state == State.FAILED:
        legs.move(leg, Leg.State.FAILED, words, reason=desks.ADDRESS)
        afterwards.reopen(leg.delivery_id, desks.ADDRESS, words)
    elif leg.state not in (Leg.State.FAILED, Leg.State.HELD):
        legs.move(leg, legs.state_of(leg), words)


def silences() -> int:
    """Mails whose receipt never came: one task for the secretaries of the hospital."""
    late = Sending.objects.filter(state=State.SENT, expects_receipt=True, sent_at__lt=timezone.now() - PATIENCE)
    count = 0
    for sending_id in late.order_by("sent_at").values_list("id", flat=True)[:AT_ONCE]:
        count += _silent(sending_id)
    return count


@transaction.atomic
def _silent(sending_id: UUID) -> bool:
    sending = (
        Sending.objects.select_for_update(of=("self",))
        .filter(id=sending_id, state=State.SENT, expects_receipt=True)
        .first()
    )
    if sending is None:
        return False
    words = "Aucun accusé de remise après 72 heures : vérifiez auprès du destinataire que le document lui est parvenu."
    ledger.end(sending.id, State.FAILED, words, expects_receipt=False)
    leg = Leg.objects.get(pk=sending.leg_id)
    legs.move(leg, Leg.State.FAILED, words, reason=desks.SILENT)
    return afterwards.reopen(leg.delivery_id, desks.SILENT, words)
