"""The declaration of targets: where the house sends, what it may send there, closed and opened again. Each act is traced with the
state before and the state after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.interop.exchanges.models import everywhere
from maison.interop.exchanges.permissions import P

from .errors import ClearTarget, CodeTaken
from .models import Target
from .opening import is_local

TOLD = (
    "name", "host", "port", "secured", "certificate_fingerprint", "application", "facility", "charset", "version", "kinds",
    "asks_application_ack", "active",
)  # fmt: skip
"""What a trace says of a target."""


def state_of(target: Target) -> dict[str, Any]:
    return {name: getattr(target, name) for name in TOLD} | {"structure": str(target.structure_id)}


def require_in(actor: Actor, structure_id: UUID) -> None:
    """The actor may declare software in this structure: his own, or any from the agency."""
    held = actor.structures_with(P.MANAGE_CLIENTS)
    if not (actor.is_system or structure_id in held or everywhere(held)):
        raise Forbidden(f"Il faut : « {P.MANAGE_CLIENTS.label} ».", permission=P.MANAGE_CLIENTS.code)


def access_target(actor: Actor, target_id: UUID, *, manage: bool = False, lock: bool = False) -> Target:
    """The target, if the actor may see it; `manage`: if he may change it. Unseen: NotFound. Seen without the right: Forbidden."""
    rows = Target.objects.visible_to(actor).select_related("structure").filter(id=target_id)
    target = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if target is None:
        raise NotFound
    if manage:
        require_in(actor, target.structure_id)
    return target


@transaction.atomic
def register_target(*, actor: Actor, code: str, name: str, structure_id: UUID, host: str, port: int, secured: bool = False,
                    active: bool = True, is_new: bool = False, **more: Any) -> Target:  # fmt: skip
    """Declare where the house sends, or bring it up to date. What already waits for it goes to the new address. `is_new`: refuse a
    code that is taken. `more`: the other columns of a target. Raises ValidationError."""
    require_in(actor, structure_id)
    found = Target.objects.select_for_update().filter(code=code).first()
    if found is not None:
        if is_new:
            raise CodeTaken
        require_in(actor, found.structure_id)
    target = found or Target(code=code)
    before = state_of(target) if found else None
    target.name, target.structure_id, target.host, target.port = name, structure_id, host, port
    target.secured, target.active = secured, active
    for column, value in more.items():
        setattr(target, column, value)
    if settings.PRODUCTION and not secured and not is_local(host):
        raise ClearTarget
    target.full_clean(exclude=["structure"])
    target.save()
    _trace(actor, "hl7v2.target_registered", target, before)
    return target


@transaction.atomic
def switch_target(*, actor: Actor, target_id: UUID, active: bool, reason: str = "") -> Target:
    """Close it: what waits for it becomes a task within minutes. Or open it again: what people replay leaves."""
    target = access_target(actor, target_id, manage=True, lock=True)
    before = state_of(target)
    target.active = active
    target.save(update_fields=["active"])
    _trace(actor, "hl7v2.target_opened" if active else "hl7v2.target_closed", target, before, reason)
    return target


@transaction.atomic
def record_try(*, actor: Actor, target_id: UUID, outcome: str) -> None:
    """Somebody tried the line; `outcome` is a code, never an address."""
    target = access_target(actor, target_id, manage=True)
    audit.record(
        actor, "hl7v2.target_tried", target=target, structure=target.structure_id, details={"outcome": outcome}
    )


def _trace(actor: Actor, code: str, target: Target, before: dict[str, Any] | None, reason: str = "") -> None:
    after = state_of(target)
    audit.record(
        actor, code, target=target, structure=target.structure_id, reason=reason,
        details={"code": target.code, "before": before, "after": after},
    )  # fmt: skip
