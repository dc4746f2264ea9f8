"""The one way an identity changes: its row, the state after it, the trace and the fact, together.

The caller holds the lock (`locked`) and the transaction. Nothing else writes `Identity` rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from maison.formats.civil_status import search_key
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import NotFound
from maison.foundations.events import publish

from .errors import IdentityClosed
from .events import IdentityChanged, InsWithdrawn, WorkRaised
from .models import Change, Identity, WorkItem

STRICT = (
    "birth_name",
    "first_name",
    "first_names",
    "birth_date",
    "birth_date_known",
    "birth_date_corrected",
    "sex",
    "birth_place",
)
COMPLEMENTARY = (
    "used_name", "used_first_name", "birth_rank", "mother_name", "died_on", "address", "postal_code", "city", "phone",
    "email", "insured_number", "family_doctor", "trusted_person", "person_to_call",
)  # fmt: skip
INSI = ("insi_at", "insi_source", "ins_matricule", "ins_oid", "ins_verified_at")
CHECK = ("checked_at", "check_source", "check_document", "check_structure_id")
ATTRIBUTES = ("is_homonym", "is_doubtful", "is_fictive", "attributes_source", "comments")
TRACKED = (*STRICT, *COMPLEMENTARY, *INSI, *CHECK, *ATTRIBUTES, "state", "merged_into_id", "refuses_linking")
MATCHED = frozenset((*STRICT, *INSI, *ATTRIBUTES, "used_name", "state", "refuses_linking"))
"""Changing one of these may make or unmake a likeness with others."""
NO_INSI: dict[str, Any] = {
    "insi_at": None,
    "insi_source": "",
    "ins_matricule": "",
    "ins_oid": "",
    "ins_verified_at": None,
}
NO_CHECK: dict[str, Any] = {"checked_at": None, "check_source": "", "check_document": "", "check_structure_id": None}


def locked(*ids: UUID) -> list[Identity]:
    """The rows, locked in the order of their ids so that two acts on the same pair wait instead of blocking one another."""
    wanted = sorted(set(ids))
    rows = (
        Identity.objects.select_for_update(of=("self",), no_key=True)
        .select_related("domain")
        .filter(id__in=wanted)
        .order_by("id")
    )
    found = {row.id: row for row in rows}
    if len(found) != len(wanted):
        raise NotFound
    return [found[one] for one in ids]


def must_be_active(identity: Identity) -> None:
    if not identity.is_active:
        raise IdentityClosed


def state_of(identity: Identity) -> dict[str, Any]:
    """What is kept of it: every tracked field, and the status they make."""
    return {name: _plain(getattr(identity, name)) for name in TRACKED} | {"status": str(identity.status)}


def print_of(identity: Identity) -> str:
    """A fingerprint of what decides a likeness: unchanged, a decided pair is not asked again."""
    values = [str(getattr(identity, name)) for name in ("birth_name", "first_names", "birth_date", "sex", "birth_place", "used_name", "ins_matricule", "ins_oid")]  # fmt: skip
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()


def create(
    actor: Actor, identity: Identity, code: str, *, told_at: datetime | None = None, reason: str = ""
) -> Identity:
    """Write a new identity and its first state."""
    identity.version, identity.told_at = 1, told_at or timezone.now()
    _set_keys(identity)
    identity.save(force_insert=True)
    _tell(actor, identity, code, [], told_at=told_at, reason=reason)
    return identity


def change(actor: Actor, identity: Identity, code: str, *, told_at: datetime | None = None, reason: str = "",
           **values: Any) -> list[str]:  # fmt: skip
    """Give these fields these values; returns the names of those that really changed. None: nothing is written."""
    changed = [name for name, value in values.items() if getattr(identity, name) != value]
    if not changed:
        return []
    had_ins = identity.outward_ins is not None
    for name in changed:
        setattr(identity, name, values[name])
    _move_told_at(identity, told_at, changed)
    identity.version += 1
    identity.changed_at = timezone.now()
    identity.to_match = identity.to_match or bool(MATCHED.intersection(changed))
    _set_keys(identity)
    identity.save()
    _tell(actor, identity, code, changed, told_at=told_at, reason=reason)
    if had_ins and identity.outward_ins is None:
        publish(InsWithdrawn(identity.id, identity.domain.structure_id, code))
    return changed


def note(actor: Actor, identity: Identity, code: str, *, told_at: datetime | None = None, reason: str = "") -> None:
    """Something happened to it that changes no field of its own (a new number, a link): it has its line in the history too."""
    identity.version += 1
    identity.save(update_fields=["version"])
    _tell(actor, identity, code, [], told_at=told_at, reason=reason)


def heard(identity: Identity, sent_at: datetime) -> None:
    """A message said again what was known: nothing changes but the moment of the freshest word."""
    if identity.told_at is None or sent_at > identity.told_at:
        identity.told_at = sent_at
        identity.save(update_fields=["told_at"])


def to_be_matched(*identities: Identity) -> None:
    """Look again for who else this may be."""
    for identity in identities:
        identity.to_match = True
        identity.save(update_fields=["to_match"])


def _move_told_at(identity: Identity, told_at: datetime | None, changed: Iterable[str]) -> None:
    """A message moves it to when it was sent; an act in the house to now, when it is about traits."""
    if told_at is None and not set(changed).intersection((*STRICT, *COMPLEMENTARY)):
        return
    at = told_at or timezone.now()
    if identity.told_at is None or at > identity.told_at:
        identity.told_at = at


def _set_keys(identity: Identity) -> None:
    identity.name_key = search_key(identity.birth_name)
    identity.used_key = search_key(identity.used_name)
    identity.first_key = search_key(identity.first_names or identity.first_name)


def _tell(actor: Actor, identity: Identity, code: str, changed: Iterable[str], *, told_at: datetime | None, reason: str) -> None:  # fmt: skip
    Change.objects.create(
        identity=identity, version=identity.version, code=code, told_at=told_at, subject=actor.subject[:64],
        name=actor.name[:120], structure_id=actor.structure_id, exchange_id=actor.exchange_id, reason=reason[:300],
        fields=sorted(changed), state=state_of(identity),
    )  # fmt: skip
    audit.record(
        actor, f"identity.{code}", target=("identity.identity", identity.id), patient=identity.id,
        structure=identity.domain.structure_id, reason=reason,
        details={"status": str(identity.status), "version": identity.version},
    )  # fmt: skip
    publish(IdentityChanged(identity.id, identity.domain_id, identity.domain.structure_id, code, str(identity.status)))


def raise_work(
    actor: Actor, reason: str, identity: Identity, *, other: Identity | None = None, note: str = ""
) -> WorkItem:
    """Ask a steward to look. Already asked: counted, so that a feed that repeats itself makes one task."""
    found = WorkItem.objects.select_for_update().filter(identity=identity, reason=reason, closed_at=None).first()
    if found is None:
        item = WorkItem(
            reason=reason, identity=identity, other=other, structure_id=identity.domain.structure_id, note=note[:300],
            exchange_id=actor.exchange_id,
        )  # fmt: skip
        WorkItem.objects.bulk_create([item], ignore_conflicts=True)
        found = WorkItem.objects.filter(identity=identity, reason=reason, closed_at=None).first()
        if found is None:
            raise IntegrityError("the open work item vanished")
        if found.id == item.id:
            audit.record(
                actor, "identity.work_raised", target=found, patient=identity.id, structure=found.structure_id, details={"reason": reason}
            )  # fmt: skip
            publish(WorkRaised(found.id, found.structure_id, reason))
            return found
    found.times += 1
    found.other = other or found.other
    found.save(update_fields=["times", "other"])
    return found


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, list) else str(value)
