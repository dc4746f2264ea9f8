"""The declaration of targets."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden
from maison.interop.exchanges.permissions import P

from .models import Target


@transaction.atomic
def register_target(*, actor: Actor, code: str, name: str, structure_id: UUID, host: str, port: int, secured: bool = False,
                    active: bool = True) -> Target:  # fmt: skip
    """Declare where the house sends, or bring it up to date. What already waits for it goes to the new address."""
    if not (actor.is_system or actor.can(P.MANAGE_CLIENTS)):
        raise Forbidden(permission=P.MANAGE_CLIENTS.code)
    target = Target.objects.select_for_update().filter(code=code).first() or Target(code=code)
    target.name, target.structure_id, target.host, target.port = name, structure_id, host, port
    target.secured, target.active = secured, active
    target.full_clean(exclude=["structure"])
    target.save()
    audit.record(
        actor, "hl7v2.target_registered", target=target, structure=structure_id,
        details={"code": code, "port": port, "secured": secured, "active": active},
    )  # fmt: skip
    return target
