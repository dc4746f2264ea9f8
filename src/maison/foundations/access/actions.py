"""Give and withdraw habilitations."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.errors import Forbidden, NotFound

from .actor import Actor
from .models import Habilitation
from .permissions import P
from .registry import granted_to, role


class RoleNotAdministered(Forbidden):
    """PASS-05: an administrator cannot give himself a role, nor one that opens health data without a service owner."""

    code = "FND-003"
    message = "Vous ne pouvez pas attribuer ce rôle."


def _check(actor: Actor, subject: str, structure_id: UUID, role_code: str) -> None:
    if role(role_code) is None:
        raise NotFound("Ce rôle n'existe pas.")
    if actor.is_system:
        return
    if not actor.can(P.MANAGE_HABILITATIONS, structure_id):
        raise RoleNotAdministered("Vous n'administrez pas cette structure.")
    if subject == actor.subject and any(permission.health for permission in granted_to(role_code)):
        raise RoleNotAdministered("Personne ne s'attribue à soi-même un rôle qui ouvre des données de santé.")


@transaction.atomic
def give_role(*, actor: Actor, subject: str, structure_id: UUID, role_code: str, starts_on: date | None = None,
              ends_on: date | None = None, reason: str = "") -> Habilitation:  # fmt: skip
    """Give a role to a person in a structure; giving it again changes its dates."""
    _check(actor, subject, structure_id, role_code)
    habilitation, _ = Habilitation.objects.update_or_create(
        subject=subject,
        structure_id=structure_id,
        role=role_code,
        revoked_at=None,
        defaults={
            "starts_on": starts_on or timezone.localdate(),
            "ends_on": ends_on,
            "granted_by": actor.subject,
            "reason": reason,
        },
    )
    audit.record(
        actor,
        "access.role_given",
        target=habilitation,
        structure=structure_id,
        details={"role": role_code, "subject": subject},
    )
    return habilitation


@transaction.atomic
def withdraw_role(*, actor: Actor, habilitation_id: UUID, reason: str) -> Habilitation:
    """Withdraw a habilitation at once: the next request of the person is refused."""
    habilitation = Habilitation.objects.select_for_update().filter(id=habilitation_id, revoked_at=None).first()
    if habilitation is None:
        raise NotFound
    _check(actor, "", habilitation.structure_id, habilitation.role)
    habilitation.revoked_at, habilitation.revoked_by, habilitation.reason = timezone.now(), actor.subject, reason
    habilitation.save(update_fields=["revoked_at", "revoked_by", "reason"])
    audit.record(
        actor, "access.role_withdrawn", target=habilitation, structure=habilitation.structure_id, reason=reason
    )
    return habilitation
