"""Shared factories: structures, people, their posts and their habilitations. Names are plainly fictional, numbers test ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import factory
from factory.django import DjangoModelFactory

from maison.foundations.access.actor import Actor, grants_from
from maison.foundations.access.models import Habilitation
from maison.foundations.access.registry import Permission
from maison.foundations.accounts.models import User
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Situation, Structure

FAMILY_NAMES = ("Exemple", "Fictive", "Specimen", "Dupont-Test", "Essai", "Demonstration")
GIVEN_NAMES = ("Camille", "Claude", "Dominique", "Maxime", "Sacha", "Alix", "Lou")


class StructureFactory(DjangoModelFactory[Structure]):
    """A site (EG) in Haute-Garonne. Traits: `legal_entity`, `service`, `agency`; `parent=` makes the lineage."""

    class Meta:
        model = Structure
        skip_postgeneration_save = True

    class Params:
        legal_entity = factory.Trait(kind=Structure.Kind.LEGAL_ENTITY)
        service = factory.Trait(kind=Structure.Kind.SERVICE, finess="", service_type="SU")
        agency = factory.Trait(kind=Structure.Kind.AGENCY, finess="")

    id = factory.LazyFunction(uuid7)
    kind = Structure.Kind.SITE
    name = factory.Sequence(lambda n: f"Établissement fictif n° {n}")
    short_name = factory.Sequence(lambda n: f"Fictif {n}")
    finess = factory.Sequence(lambda n: f"99{n:07d}")
    department = "31"
    parent = None
    lineage = factory.LazyAttribute(lambda it: [it.id, *(it.parent.lineage if it.parent else [])])


class UserFactory(DjangoModelFactory[User]):
    """A professional known by Pro Santé Connect. Trait: `local` (no RPPS, never opens health data)."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        local = factory.Trait(
            kind=User.Kind.LOCAL,
            rpps="",
            subject=factory.LazyAttribute(lambda it: f"local:{it.id}"),
            email=factory.LazyAttribute(lambda it: f"{it.id.hex}@exemple.test"),
        )

    id = factory.LazyFunction(uuid7)
    kind = User.Kind.PSC
    rpps = factory.Sequence(lambda n: f"8997{n:07d}")
    subject = factory.LazyAttribute(lambda it: f"8{it.rpps}")
    family_name = factory.Iterator(FAMILY_NAMES)
    given_name = factory.Iterator(GIVEN_NAMES)


class SituationFactory(DjangoModelFactory[Situation]):
    """A physician's post in a new site, unless `structure=` or `profession=` says otherwise."""

    class Meta:
        model = Situation
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    structure = factory.SubFactory(StructureFactory)
    organisation_name = factory.LazyAttribute(lambda it: it.structure.name if it.structure else "Cabinet fictif")
    organisation_key = factory.LazyAttribute(lambda it: str(it.structure.id) if it.structure else "cabinet")
    profession = "10"
    source = Situation.Source.PSC


class HabilitationFactory(DjangoModelFactory[Habilitation]):
    """A generic role in a new site, unless `structure=`, `role=` or `subject=` says otherwise."""

    class Meta:
        model = Habilitation
        skip_postgeneration_save = True

    subject = factory.Sequence(lambda n: f"88997{n:07d}")
    structure = factory.SubFactory(StructureFactory)
    role = "ioa"
    granted_by = "system:tests"


def _structures(structure: Structure | UUID | list[Any] | None) -> list[UUID]:
    if structure is None:
        return [uuid7()]
    items = structure if isinstance(structure, list) else [structure]
    return [item.id if isinstance(item, Structure) else item for item in items]


def actor_with(*permissions: Permission, structure: Structure | UUID | list[Any] | None = None, auth: str = "psc",
               **fields: Any) -> Actor:  # fmt: skip
    """An actor who holds these permissions in the structure (or list of structures); no row is written."""
    held = frozenset(_structures(structure))
    first = structure[0] if isinstance(structure, list) else structure
    values: dict[str, Any] = {
        "subject": "889970000001",
        "name": "Camille Exemple",
        "auth": auth,
        "profession": "10",
        "structure_id": next(iter(_structures(first))) if first else None,
        "structure_name": first.name if isinstance(first, Structure) else "",
        "grants": {permission.code: held for permission in permissions},
    }
    return Actor(**{**values, **fields})


def actor_as(role: str, structure: Structure, *, auth: str = "psc", **fields: Any) -> Actor:
    """An actor who holds a role of the house in the structure; no row is written."""
    values = {"grants": grants_from([(role, [structure.id])]), "roles": frozenset({role}), **fields}
    return actor_with(structure=structure, auth=auth, **values)
