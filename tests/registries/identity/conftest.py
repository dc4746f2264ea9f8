"""People of this room are plainly fictional; matricules are test ones (OID 1.2.250.1.213.1.4.10)."""

from __future__ import annotations

from datetime import date

import pytest

from maison.formats.insi import Answer, Person
from maison.foundations.access import Actor
from maison.foundations.ids import uuid7
from maison.registries.identity.actions.registering import TraitsTyped, register
from maison.registries.identity.insi import Insi, use_insi
from maison.registries.identity.models import Domain
from maison.registries.identity.searching import Criteria, search
from tests.factories import StructureFactory, actor_as
from tests.interop.mllp import DOMAIN, INS_TEST
from tests.registries.stays.conftest import Hospital

MATRICULE = "279035121518989"
DOMINIQUE = Person(
    MATRICULE, INS_TEST, "PAT-TROIS", "DOMINIQUE", "DOMINIQUE MARIE", "1979-03-28", "F", "51215"
)  # fmt: skip


class Desk:
    """A site where patients are registered, and the people who work there."""

    def __init__(self, name="Centre fictif"):
        self.structure = StructureFactory(name=name, short_name=name)
        self.agent = actor_as("admissions", self.structure, subject="889970000010", name="Lou Essai")
        self.steward = actor_as("referent_identito", self.structure, subject="889970000020", name="Alix Fictive")
        self.other_steward = actor_as(
            "referent_identito", self.structure, subject="889970000021", name="Sacha Specimen"
        )
        self.nurse = actor_as("ioa", self.structure, subject="889970000030", name="Claude Exemple")

    def register(self, *, actor=None, birth_name="PAT-TROIS", first_names="DOMINIQUE", born=date(1979, 3, 28), sex="F",
                 place="51215", **fields):  # fmt: skip
        actor = actor or self.agent
        found = search(actor=actor, criteria=Criteria(birth_date=born, name=birth_name, first_name=first_names))
        typed = TraitsTyped(birth_name, first_names, born, sex, place, **fields)
        return register(actor=actor, ticket_id=found.ticket.id, traits=typed)


class ScriptedInsi(Insi):
    """Answers what it is given, in order; an exception is raised instead."""

    def __init__(self):
        self.answers = []
        self.asked = []

    def then(self, *answers):
        self.answers += answers
        return self

    def _next(self, asked):
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def search(self, query):
        return self._next(query)

    def search_by_card(self, beneficiary):
        return self._next(beneficiary)

    def verify(self, person):
        return self._next(person)

    def submit(self, lines):
        return self._next(list(lines))

    def result(self, lot):
        answer = self._next(lot)
        return answer() if callable(answer) else answer


@pytest.fixture
def insi():
    port = ScriptedInsi()
    use_insi(port)
    yield port
    use_insi(None)


@pytest.fixture
def desk(db):
    return Desk()


@pytest.fixture
def region(db):
    return actor_as("cellule_ivo3", StructureFactory(agency=True), subject="889970000040", name="Maxime Demonstration")


def trusted_hospital(name="Hôpital fictif", code=DOMAIN):
    """A hospital whose feed the regional cell has checked."""
    hospital = Hospital(name)
    hospital.domain = Domain.objects.create(
        code=code, is_oid=True, name=f"IPP de {name}", structure=hospital.structure, is_trusted=True
    )
    hospital.steward = actor_as("referent_identito", hospital.structure, subject="889970000050", name="Camille Exemple")
    return hospital


@pytest.fixture
def hospital(db):
    return trusted_hospital()


def system():
    return Actor.system("tests")


def feed_actor(structure):
    return Actor.software("gam", "GAM", structure_id=structure.id, exchange_id=uuid7())


def one(person=DOMINIQUE):
    return Answer("00", person)


NONE, SEVERAL = Answer("01"), Answer("02")
