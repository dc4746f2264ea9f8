"""The channels of the demonstration take what the simulated hospitals really say."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from maison.interop.channels import selectors
from maison.interop.channels.language import engine, text
from maison.interop.channels.language.engine import Entry
from maison.interop.channels.models import Channel, Version
from maison.interop.channels.ports.base import vocabulary
from maison_region.channels import DRAFT, DRAFT_TEXT, LIVE, LIVE_TEXT, TABLES, UNITS
from maison_region.hospitals import HOSPITALS, WARDS, messages_of, stays_at
from maison_region.load_channels import load_channels, try_draft
from maison_region.messages import PARIS
from tests.factories import StructureFactory

NOW = datetime(2026, 11, 25, 14, 30, tzinfo=PARIS)
KNOWN = {
    f"{code}@1": {given: Entry(*to) for given, to in entries.items()} for code, (_, entries, _, _) in TABLES.items()
}


def outcomes(said: str) -> list[engine.Outcome]:
    config = text.read(said, vocabulary())
    told = [message for site in HOSPITALS for stay in stays_at(site, NOW, 31) for _, message in messages_of(stay, NOW)]
    return [engine.run(config, message, KNOWN, NOW, test_world=True) for message in told]


def test_the_channel_in_service_takes_every_movement_and_the_one_in_preparation_stops_at_critical_care():
    assert {ward.code for ward in WARDS} == set(UNITS)
    live, draft = outcomes(LIVE_TEXT), outcomes(DRAFT_TEXT)
    assert {one.verdict for one in live} == {"routed"}
    assert any("Gériatrie aiguë" in one.payload.decode() for one in live)
    seen = Counter((one.verdict, one.refusal.reason if one.refusal else "") for one in draft)
    assert set(seen) == {("routed", ""), ("refused", "code-inconnu")}


@pytest.mark.django_db
def test_two_people_put_the_channel_in_service_and_the_draft_is_theirs_to_try(settings, tmp_path):
    settings.CHANNEL_FOLDERS = tmp_path / "canaux"
    agency = StructureFactory(agency=True)
    assert load_channels(agency.id) == load_channels(agency.id) == 2
    version = Version.objects.get(channel__code=LIVE)
    assert version.state == Version.State.LIVE
    assert version.approved_by not in version.editors
    try_draft()
    draft = Version.objects.get(channel__code=DRAFT)
    assert draft.state == Version.State.TESTED
    who = {(row.who, row.said) for row in selectors.traces_of(Channel.objects.get(code=LIVE))}
    assert ("Achille Cordage", "a approuvé et mis en service") in who
