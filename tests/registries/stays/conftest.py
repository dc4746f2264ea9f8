from __future__ import annotations

import pytest

from maison.formats.hl7v2.reader import read_message
from maison.foundations.access.actor import Actor
from maison.foundations.ids import uuid7
from maison.registries.stays import hl7v2, patients
from tests.factories import StructureFactory


class Hospital:
    """What a hospital's software says, straight to the room."""

    def __init__(self, name="Hôpital fictif"):
        self.structure = StructureFactory(name=name)

    def say(self, message, exchange_id=None):
        actor = Actor.software("gam", "GAM", structure_id=self.structure.id, exchange_id=exchange_id or uuid7())
        return hl7v2.integrate(actor, read_message(message))


@pytest.fixture
def hospital(db):
    return Hospital()


@pytest.fixture
def own_patients():
    """A house without the identity registry: the room's own port."""
    before = patients.patients()
    patients.use(patients.OwnPatients())
    yield
    patients.use(before)
