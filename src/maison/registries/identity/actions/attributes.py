"""Attributes homonyme, douteuse, fictive, and their effects (INS-07); a professional's doubt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from maison.foundations.access import Actor
from maison.registries.identity.access import access_identity
from maison.registries.identity.errors import ReasonNeeded
from maison.registries.identity.models import Identity, WorkItem
from maison.registries.identity.permissions import P
from maison.registries.identity.writing import NO_CHECK, NO_INSI, change, must_be_active, raise_work

COMMENTS = {"is_homonym": "HOMA", "is_doubtful": "DOUT", "is_fictive": "FICT"}
"""Comment codes of FR Core (identity-reliability)."""


def attribute_values(identity: Identity, source: str, flags: dict[str, bool]) -> dict[str, Any]:
    """What setting these attributes changes: doubtful or fictive takes both acts away, whatever else is kept."""
    values: dict[str, Any] = dict(flags)
    comments = [code for code in identity.comments if code not in COMMENTS.values()]
    comments += [code for name, code in COMMENTS.items() if flags.get(name, getattr(identity, name))]
    values["comments"] = comments
    values["attributes_source"] = source if any(flags.get(name, getattr(identity, name)) for name in COMMENTS) else ""
    if flags.get("is_doubtful") or flags.get("is_fictive"):
        values |= NO_INSI | NO_CHECK
    return values


@transaction.atomic
def set_attributes(*, actor: Actor, identity_id: UUID, homonym: bool, doubtful: bool, fictive: bool, reason: str) -> Identity:  # fmt: skip
    """Doubtful or fictive: provisional at once, no INSi, no INS outside. Lifted, both acts are to be done again."""
    identity = access_identity(actor, identity_id, P.STEWARD, lock=True)
    must_be_active(identity)
    if not reason.strip():
        raise ReasonNeeded
    flags = {"is_homonym": homonym, "is_doubtful": doubtful, "is_fictive": fictive}
    change(actor, identity, "attributes_set", reason=reason, **attribute_values(identity, Identity.Source.HOUSE, flags))
    return identity


@transaction.atomic
def flag_doubt(*, actor: Actor, identity_id: UUID, note: str) -> WorkItem:
    """Whoever cares for the patient may say that something is wrong; a steward decides."""
    identity = access_identity(actor, identity_id, P.VIEW, lock=True)
    must_be_active(identity)
    if not note.strip():
        raise ReasonNeeded
    return raise_work(actor, WorkItem.Reason.DOUBT, identity, note=note)
