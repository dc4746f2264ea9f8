"""What the region writes, the house reads: its own models agree with the official schemas on every message."""

from __future__ import annotations

from datetime import datetime, timedelta

from maison.formats.hub_sante import codes, wire
from maison_region.messages import PARIS
from maison_region.simulation import life

EVENING = datetime(2026, 7, 18, 18, tzinfo=PARIS)


def test_the_house_understands_every_message_of_an_evening() -> None:
    read = 0
    for sending in life(EVENING, EVENING + timedelta(hours=1, minutes=30), seed=9):
        envelope = wire.read_envelope(sending.body())
        assert envelope.sender_id == sending.client_id
        assert envelope.type.key == sending.key
        assert envelope.message.case_id == sending.case_id
        assert wire.moment(envelope.sent_at) is not None
        read += 1
    assert read > 1000


def test_every_code_written_is_known_to_the_house() -> None:
    for sending in life(EVENING, EVENING + timedelta(hours=1), seed=9, share=0.5):
        message = wire.read_envelope(sending.body()).message
        if sending.key == "createCaseHealth":
            qualification = message.qualification
            assert codes.is_known("motif", qualification.health_motive.code)
            assert codes.is_known("fait", qualification.whats_happen.code)
            assert codes.is_known("lieu", qualification.location_kind.code)
        if sending.key == "resourcesInfo":
            assert all(codes.is_known("typeVecteur", resource.vehicle_type) for resource in message.resource)
