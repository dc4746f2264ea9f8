"""Domains of identification: found by what a message says, or opened by the house for a structure; numbers in them."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import connection, transaction

from maison.formats.identifiers import luhn_is_right
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.structures.models import Structure

from .errors import NoDomain
from .models import Domain
from .permissions import P

OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*)){2,}")


def domain_of_message(actor: Actor, code: str) -> tuple[Domain, bool]:
    """The domain a message names, and whether its sender is new in it. An OID is the world's, a mere name the sender's own.

    An unknown domain is written down, untrusted, for the regional cell to check: a message is never lost for that.
    """
    if actor.structure_id is None:
        raise NoDomain
    is_oid = OID.fullmatch(code) is not None
    known = Domain.objects.filter(code=code, is_oid=True) if is_oid else Domain.objects.filter(code=code, is_oid=False, structure_id=actor.structure_id)  # fmt: skip
    found = known.first()
    if found is None:
        structure = Structure.objects.get(id=actor.structure_id)
        row = Domain(code=code[:200], is_oid=is_oid, structure=structure, name=f"IPP de {structure.short_name}"[:200])
        Domain.objects.bulk_create([row], ignore_conflicts=True)
        found = known.get()
        return found, found.id == row.id
    return found, _is_a_stranger(actor.structure_id, found)


def _is_a_stranger(structure_id: UUID, domain: Domain) -> bool:
    """Someone who never spoke in this domain and is not of its family: written beside it, once, for the regional cell."""
    if (
        structure_id == domain.structure_id
        or structure_id in domain.shared_with
        or structure_id in _family(domain.structure_id)
    ):
        return False
    locked = Domain.objects.select_for_update().get(id=domain.id)
    if structure_id in locked.shared_with:
        return False
    locked.shared_with = [*locked.shared_with, structure_id]
    locked.save(update_fields=["shared_with"])
    return True


def _family(structure_id: UUID) -> set[UUID]:
    """The structure, what it contains and what contains it: one legal entity may have one domain for its sites."""
    lineage = Structure.objects.values_list("lineage", flat=True).get(id=structure_id)
    return {*lineage, *Structure.objects.within(structure_id).values_list("id", flat=True)}


def house_domain(actor: Actor) -> Domain:
    """Where the house registers the patients of the actor's structure; of its site when he works in a service of it.

    Its OID is drawn from the structure's own id (2.25, UUIDs), so that nobody has to be asked for one.
    """
    structure = None
    if actor.structure_id is not None:
        structure = Structure.objects.select_related("parent").filter(id=actor.structure_id).first()
    if structure is None:
        raise NoDomain
    while structure.kind == Structure.Kind.SERVICE and structure.parent_id is not None:
        structure = Structure.objects.get(id=structure.parent_id)
    if not actor.is_system and not _serves(actor, structure):
        raise Forbidden
    code = f"2.25.{structure.id.int}"
    found = Domain.objects.filter(code=code, is_oid=True).first()
    if found is None:
        row = Domain(
            kind=Domain.Kind.HOUSE, code=code, is_oid=True, structure=structure, is_trusted=True,
            name=f"{structure.short_name}, enregistrés dans la maison"[:200],
        )  # fmt: skip
        Domain.objects.bulk_create([row], ignore_conflicts=True)
        found = Domain.objects.get(code=code, is_oid=True)
    return found


def _serves(actor: Actor, structure: Structure) -> bool:
    """A right held in the structure, or in a service of it, registers in its domain."""
    held = actor.structures_with(P.REGISTER)
    return structure.id in held or Structure.objects.within(structure.id).filter(id__in=held).exists()


def next_number() -> str:
    """Eight digits or more and a Luhn key: a slip of the hand is seen before it opens someone else's file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('identity_ipp')")
        body = f"{cursor.fetchone()[0]:08d}"
    return next(body + key for key in "0123456789" if luhn_is_right(body + key))


@transaction.atomic
def check_domain(*, actor: Actor, domain_id: UUID, name: str, contact: str, is_trusted: bool) -> Domain:
    """The regional cell has looked at a feed: its name, who to call, and whether its INS may be used (INS-10)."""
    if not actor.is_system and not actor.can(P.REGION):
        raise Forbidden
    found = Domain.objects.select_for_update().filter(id=domain_id).first()
    if found is None:
        raise NotFound
    found.name, found.contact, found.is_trusted = name, contact, is_trusted
    found.save(update_fields=["name", "contact", "is_trusted"])
    audit.record(
        actor, "identity.domain_checked", target=found, structure=found.structure_id, details={"trusted": is_trusted}
    )
    return found
