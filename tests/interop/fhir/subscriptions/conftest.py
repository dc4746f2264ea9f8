from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maison.interop.fhir.subscriptions.models import Subscription
from tests.interop.fhir.software import Partner
from tests.interop.fhir.subscriptions.receiver import Receiver
from tests.interop.fhir.subscriptions.story import asked, deliver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    running = Receiver()
    settings.CHANNEL_HOSTS = [running.host]
    yield running
    running.close()


@pytest.fixture
def subscribe(partner: Partner, receiver: Receiver) -> Callable[..., Subscription]:
    """Ask, then greet: a subscription in service."""

    def ask(criteria: str = "DocumentReference?status=current", **options: Any) -> Subscription:
        answer = partner.post("Subscription", asked(receiver, criteria, **options))
        assert answer.status_code == 201, answer.content
        deliver()
        row = Subscription.objects.get(id=answer.json()["id"])
        assert row.status == "active", row.words
        return row

    return ask
