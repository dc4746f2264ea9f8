"""Write one trace, in the transaction of the act it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from maison.foundations.gathering import insertion, write
from maison.foundations.ids import uuid7

if TYPE_CHECKING:
    from maison.foundations.access.actor import Actor

COLUMNS = (
    "id", "subject", "auth", "user_id", "situation_id", "structure_id", "profession", "session", "exchange_id", "code",
    "target_type", "target_id", "patient_id", "reason", "outcome", "details",
)  # fmt: skip
INSERT = insertion("audit_entry", COLUMNS)

type Target = models.Model | tuple[str, object] | None


def named_target(target: Target) -> tuple[str, str]:
    if target is None:
        return "", ""
    if isinstance(target, models.Model):
        return target._meta.label_lower, str(target.pk)
    return target[0], str(target[1])


def record(actor: Actor, code: str, *, target: Target = None, patient: object = "", structure: UUID | None = None,
           reason: str = "", outcome: str = "success", details: Mapping[str, Any] | None = None) -> UUID:  # fmt: skip
    """Trace that the actor did `code` (stable, `room.fact`). `structure` defaults to the actor's; `details` holds ids and codes only."""
    kind, identifier = named_target(target)
    entry_id = uuid7()
    values: list[Any] = [
        entry_id, actor.subject or "anonymous", actor.auth or "none", actor.user_id, actor.situation_id,
        structure or actor.structure_id, actor.profession, actor.session_key, actor.exchange_id, code, kind, identifier,
        str(patient or ""), reason[:500], outcome, dict(details or {}),
    ]  # fmt: skip
    write(INSERT, dict(zip(COLUMNS, values, strict=True)))
    return entry_id
