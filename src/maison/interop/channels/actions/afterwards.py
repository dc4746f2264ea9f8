"""What a target tells long after it took a message: it was not delivered after all. Its desk is asked, as for any other stop."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.channels import desks
from maison.interop.channels.models import Delivery, Passage
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange


@transaction.atomic
def reopen(delivery_id: UUID, reason: str, words: str) -> bool:
    """A delivery that ended well stops again; False when it is stopped or pending already, or no longer kept."""
    row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").filter(id=delivery_id).first()
    if row is None or row.state != Delivery.State.DELIVERED:
        return False
    row.state, row.reason, row.words, row.done_at = Delivery.State.STOPPED, reason, words[:300], None
    row.save()
    Passage.objects.filter(id=row.passage_id, state=Passage.State.DONE).update(
        state=Passage.State.SENDING, done_at=None
    )
    exchange = Exchange.objects.filter(id=row.exchange_id, at=row.exchange_at).first()
    if exchange is not None:
        exchange.fault_code = reason[:20]
        journal.update(exchange, state=Exchange.State.FAILED, note=words)
    audit.record(
        Actor.system("channels"), "channels.delivery_reopened", target=row, structure=row.channel.structure_id,
        details={"channel": row.channel.code, "motive": reason, "exchange": str(row.exchange_id)},
    )  # fmt: skip
    desks.ask(row.channel, row)
    return True
