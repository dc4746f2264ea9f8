from __future__ import annotations

import pytest
from django.conf import settings as house

from maison.interop.channels import delivery, execution
from maison.interop.hl7v2 import intake, integration
from maison.interop.hl7v2.senders import Peer
from maison.interop.letters.models import Leg, Letter
from maison_region.facilities import RANGUEIL
from maison_region.hospitals import APPLICATION
from maison_region.letter_channels import TEXT
from maison_sandbox.letters import authority
from tests.factories import StructureFactory
from tests.foundations.ledgers import wait_for_watermark
from tests.interop import mllp
from tests.interop.channels.workshop import Workshop
from tests.interop.letters.outside import playing


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificats")
    authority.prepare(folder)
    return folder


@pytest.fixture
def outside(tmp_path, certificates, settings):
    with playing(tmp_path / "dehors", certificates) as played:
        for name, value in played.settings().items():
            setattr(settings, name, value)
        yield played


class Hospital:
    """A hospital whose letters are carried by a channel of its own."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.index_key = house.INDEX_KEY
        self.structure = StructureFactory(name="CHU fictif", finess="990000017")
        self.client = mllp.declare(
            "gam.fictif", application=APPLICATION, facility=RANGUEIL.finess_eg, structure=self.structure
        )
        self.channel = workshop.live(
            TEXT.replace("{finess}", "fictif").replace("{name}", "fictif"),
            "courriers-fictif",
            table=False,
            structure=self.structure,
        )
        execution.turn()  # the channel takes what comes from now on

    def send(self, *messages):
        """Through the door, then everything that is due in the house; returns what was answered."""
        answers = [answer.decode() for answer in intake.receive([mllp_arrival(message) for message in messages])]
        self.turn()
        return [mllp.code(answer.strip("\x0b\x1c\r")) for answer in answers]

    def turn(self):
        wait_for_watermark()
        while integration.lanes.work() or execution.turn() or delivery.turn():
            wait_for_watermark()

    def legs(self, extension="1001"):
        letter = Letter.objects.filter(document_key__endswith=f".{extension}").first()
        return {leg.kind: leg for leg in Leg.objects.filter(letter=letter)}


def mllp_arrival(message):
    return intake.Arrival(Peer("127.0.0.1", 2575), message)


@pytest.fixture
def workshop(db, tmp_path, settings):
    settings.CHANNEL_FOLDERS = tmp_path / "canaux"
    return Workshop(tmp_path / "canaux")


@pytest.fixture
def hospital(outside, workshop):
    return Hospital(workshop)
