from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from maison.formats.ror import codes
from maison.foundations.access import Actor
from maison.registries.offer.actions import counting, describing, promising
from maison.registries.offer.coherence import Figure
from maison.registries.offer.models import Promise
from maison.registries.offer.models.beds import Source
from tests.factories import StructureFactory, actor_as

DESCRIBED = {"name": "Réanimation polyvalente", "offer_type": "01", "field": "01", "activity": "001", "care_mode": "28"}
SYSTEM = Actor.system("tests")
CAHORS, MONTAUBAN, MENDE = (44.4447, 1.4368), (44.0222, 1.3528), (44.5286, 3.4887)


def make_offer(
    place=CAHORS, *, kind="reanimation", available=None, installed=None, age=timedelta(0), department="46", **described
):
    """A published unit in a hospital of its own; with its beds as the unit told them, so long ago."""
    site = StructureFactory(latitude=place[0], longitude=place[1], department=department, city="Commune fictive")
    unit = StructureFactory(
        service=True, parent=site, service_type="reanimation", latitude=place[0], longitude=place[1]
    )
    offer, _ = describing.load_offer(
        actor=SYSTEM, structure_id=unit.id, identifier=f"essai/{unit.id}", described=DESCRIBED | {"bed_kind": kind} | described,
        unit_code="4001", contacts=[describing.ContactSaid("Ligne directe", "+33536490001", 2)],
    )  # fmt: skip
    told = [(codes.INSTALLED, installed), (codes.AVAILABLE, available)]
    figures = [Figure(status, number) for status, number in told if number is not None]
    if figures:
        counting.load_beds(
            actor=SYSTEM, offer_id=offer.id, figures=figures, source=Source.PHONE, at=timezone.now() - age
        )
    return offer


def unit_person(offer, role="medecin_receveur", **fields):
    return actor_as(role, offer.structure, **fields)


def doctor(name="Dr Essai", subject="899700000001", structure=None):
    return actor_as("medecin_receveur", structure or StructureFactory(), subject=subject, name=name)


def ask(offer, actor=None, need=Promise.Need.VENTILATION):
    return promising.ask_for_bed(actor=actor or doctor(), offer_id=offer.id, need=need)


@pytest.fixture
def agency(db):
    return StructureFactory(agency=True)
