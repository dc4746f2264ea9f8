"""A letter from the hospital's message to the mailbox and to the DMP: what leaves, what is held and for whom, what is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maison.foundations.relay.models import Relay
from maison.interop.channels.models import Delivery
from maison.interop.exchanges.models import Exchange
from maison.interop.letters import mending, receipts
from maison.interop.letters.models import Leg, Letter, Sending
from maison_region.letters import correction_of, message_of
from tests.interop.letters.outside import GP, NOW, PATIENT, letter

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_qualified_letter_reaches_the_mailbox_and_the_dmp(hospital, outside):
    assert hospital.send(message_of(letter())) == ["AA"]
    legs = hospital.legs()
    print([(leg.kind, leg.words) for leg in legs.values()])
    assert {kind: leg.state for kind, leg in legs.items()} == {"mssante": "sent", "dmp": "delivered"}
    assert len(outside.boxes.of(GP)) == 1
    (record,) = outside.registry.records.values()
    assert record["patient"].startswith(PATIENT.ins)
    receipts.turn()
    assert hospital.legs()["mssante"].state == "delivered"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
