"""What happens around a subscription, said in few words: ask, change, number, deliver, let time pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from maison.foundations.events.models import Cursor, StoredEvent
from maison.interop.fhir.events import ResourceChanged
from maison.interop.fhir.subscriptions import delivery, matching
from maison.interop.fhir.subscriptions.models import Subscription
from maison.interop.fhir.views import base
from tests.foundations.ledgers import wait_until
from tests.interop.fhir.subscriptions.receiver import Receiver

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"


def asked(receiver: Receiver, criteria: str = "DocumentReference?status=current", *, content: str = "id-only", filters: tuple[str, ...] = (),
          headers: tuple[str, ...] = (), extensions: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:  # fmt: skip
    """A subscription as software writes it; `criteria` a search, or the code of a topic."""
    channel: dict[str, Any] = {
        "type": "rest-hook", "endpoint": receiver.address, "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{BACKPORT}payload-content", "valueCode": content}]},
    }  # fmt: skip
    if headers:
        channel["header"] = list(headers)
    if extensions:
        channel["extension"] = [{"url": f"{BACKPORT}{name}", "valueUnsignedInt" if name != "max-count" else "valuePositiveInt": value} for name, value in extensions.items()]  # fmt: skip
    found = {"resourceType": "Subscription", "status": "requested", "reason": "Essai", "channel": channel,
             "criteria": criteria if "?" in criteria else f"{base()}/SubscriptionTopic/{criteria}", **fields}  # fmt: skip
    if filters:
        found["_criteria"] = {"extension": [{"url": f"{BACKPORT}filter-criteria", "valueString": one} for one in filters]}  # fmt: skip
    return found


def number_all() -> None:
    """Every change already committed is numbered. The watermark is that of the whole server, which other tests share."""
    last = StoredEvent.objects.filter(name=ResourceChanged.name).latest("position", "seq")

    def read() -> bool:
        matching.turn()
        cursor = Cursor.objects.filter(reader=matching.READER.name).first()
        return cursor is not None and (cursor.position, cursor.seq) >= (last.position, last.seq)

    wait_until(read, "every change numbered")


def deliver() -> int:
    return delivery.turn()


def later(**span: float) -> None:
    """Time passes for every subscription, on the base's own dates."""
    passed = timedelta(**span)
    for row in Subscription.objects.all():
        for name in ("paused_until", "lent_until", "down_since", "last_sent_at", "last_ok_at", "ends_at"):
            if getattr(row, name) is not None:
                setattr(row, name, getattr(row, name) - passed)
        row.save()
