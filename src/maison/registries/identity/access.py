"""Who gets which identity. Opening one leaves a reading trace here."""

from __future__ import annotations

from uuid import UUID

from maison.foundations import audit
from maison.foundations.access import Actor, Permission
from maison.foundations.errors import Forbidden, NotFound

from .models import Domain, Identity
from .permissions import P
from .writing import locked


def access_identity(actor: Actor, identity_id: UUID, permission: Permission, *, lock: bool = False) -> Identity:
    """The identity, if the actor may do this to it. Unseen: NotFound. Seen without the right: Forbidden.

    The house's own jobs (system) and messages pass: they call actions made for them.
    """
    found = Identity.objects.select_related("domain", "domain__structure").filter(id=identity_id).first()
    if found is None:
        raise NotFound
    if not actor.is_system:
        _check(actor, found, permission)
    return locked(identity_id)[0] if lock else found


def _check(actor: Actor, found: Identity, permission: Permission) -> None:
    if Domain.objects.open_to(actor, permission).filter(id=found.domain_id).exists():
        return
    if permission is not P.VIEW and Domain.objects.open_to(actor, P.VIEW).filter(id=found.domain_id).exists():
        raise Forbidden
    raise NotFound


def read_identity(actor: Actor, identity_id: UUID) -> Identity:
    """The identity, with the trace of its reading (X-03)."""
    found = access_identity(actor, identity_id, P.VIEW)
    audit.record(
        actor, "identity.read", target=("identity.identity", found.id), patient=found.id, structure=found.domain.structure_id
    )  # fmt: skip
    return found


def may(actor: Actor, identity: Identity, permission: Permission) -> bool:
    """For a button: the action checks again."""
    return Domain.objects.open_to(actor, permission).filter(id=identity.domain_id).exists()
