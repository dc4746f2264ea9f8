"""What a target tells long after it took a message: it was not delivered after all. Its desk is asked, as for any other stop."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.channels import receipts
from maison.interop.channels.models import Delivery, Passage


@transaction.atomic
def reopen(delivery_id: UUID, reason: str, words: str) -> bool:
    """A delivery that ended well stops again; False when it is stopped or pending already, or no longer kept."""
    row = Delivery.objects.select_for_update(of=("self",)).select_related("channel").filter(id=delivery_id).first()
    if row is None or row.state != Delivery.State.DELIVERED:
        return False
    row.done_at = None
    Passage.objects.filter(id=row.passage_id, state=Passage.State.DONE).update(
        state=Passage.State.SENDING, done_at=None
    )
    receipts.stop(row.channel, [(row, reason, words)])
    audit.record(
        Actor.system("channels"), "channels.delivery_reopened", target=row, structure=row.channel.structure_id,
        details={"channel": row.channel.code, "motive": reason, "exchange": str(row.exchange_id)},
    )  # fmt: skip
    return True
