"""The hospitals of the region: what they say of their stays is what a real one would, and the house counts it."""

from __future__ import annotations

from datetime import datetime

import pytest

from maison.formats.hl7v2 import wire
from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.registries.stays import hl7v2
from maison.registries.stays.models import Stay
from maison_region.hospitals import HOSPITALS, MENDE, WARDS, messages_of, software_of, stays_at
from maison_region.messages import PARIS
from maison_region.patients import TEST_INS_OID
from tests.factories import StructureFactory

NOW = datetime(2026, 11, 25, 14, 30, tzinfo=PARIS)


def said_by(site):
    return [message for stay in stays_at(site, NOW, 31) for _, message in messages_of(stay, NOW)]


@pytest.mark.parametrize("site", HOSPITALS, ids=software_of)
def test_every_message_is_what_its_profile_asks(site):
    said = said_by(site)
    assert len(said) > 20
    for data in said:
        assert [fault for fault in wire.validate(wire.read_message(data)) if fault.severity == "error"] == []


def test_the_same_hour_tells_the_same_story_and_never_of_a_real_person():
    first = said_by(MENDE)
    assert first == said_by(MENDE)
    assert len({data.split(b"|")[9] for data in first}) == len(first)
    assert all(TEST_INS_OID.encode() in data for data in first)


def test_a_hospital_is_as_full_as_it_says():
    site = MENDE
    stays = stays_at(site, NOW, 31)
    here = [stay for stay in stays if stay.leaves_at > NOW]
    assert len(WARDS) * 2 <= len(here) <= len(stays)
    assert all(stay.admitted_at < NOW for stay in stays)


@pytest.mark.django_db
def test_the_room_of_stays_counts_those_who_are_there():
    structure = StructureFactory(name="Hôpital fictif")
    for data in said_by(MENDE):
        actor = Actor.software("gam", "GAM", structure_id=structure.id, exchange_id=uuid7())
        hl7v2.integrate(actor, wire.read_message(data))
    here = sum(stay.leaves_at > NOW for stay in stays_at(MENDE, NOW, 31))
    assert Stay.objects.filter(state="presente").count() == here
