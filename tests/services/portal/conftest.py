"""A hospital, its administrator, a physician who asks, and who answers for the services at the agency."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client

from maison.foundations.access import Actor
from maison.foundations.access.selectors import actor_for_session
from maison.foundations.accounts.models import User
from maison.foundations.structures.models import Situation, Structure
from tests.factories import HabilitationFactory, SituationFactory, StructureFactory, UserFactory


@dataclass
class Person:
    """Someone of the story: his actor is read anew each time, as a request would."""

    user: User
    situation: Situation

    @property
    def actor(self) -> Actor:
        return actor_for_session(
            user_id=self.user.id, situation_id=self.situation.id, auth=self.user.kind, session_key="k"
        )

    @property
    def browser(self) -> Client:
        client = Client()
        client.force_login(self.user)
        session = client.session
        session["auth"], session["situation_id"] = self.user.kind, str(self.situation.id)
        session["entered"] = settings.TERMS_VERSION
        session.save()
        return client


def person(structure: Structure, *roles: str, name: str = "Camille", local: bool = False, **situation: str) -> Person:
    user = UserFactory(given_name=name, family_name="Exemple", local=local)
    for role in roles:
        HabilitationFactory(subject=user.subject, structure=structure, role=role)
    return Person(user, SituationFactory(user=user, structure=structure, **situation))


@dataclass
class Story:
    agency: Structure
    entity: Structure
    site: Structure
    administrator: Person
    physician: Person
    owner: Person


@pytest.fixture
def story(db: None) -> Story:
    agency = StructureFactory(agency=True, name="Agence fictive", short_name="Agence fictive")
    entity = StructureFactory(legal_entity=True, name="Centre hospitalier fictif", short_name="CH fictif")
    site = StructureFactory(parent=entity, name="Hôpital fictif", short_name="Hôpital fictif")
    return Story(
        agency=agency,
        entity=entity,
        site=site,
        administrator=person(entity, "admin_structure", name="Alix"),
        physician=person(site, name="Lou"),
        owner=person(agency, "chef_produit", name="Sacha"),
    )
