"""Merges of identities of one domain, and their undoing to the exact states there were (F1.4); change of number (A47).

Merging moves nothing: the identity that goes points to the one that stays. What was attached to a number before, and what
came under it meanwhile, is still its own when the merge is undone.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations.access import Actor
from maison.foundations.errors import NotFound
from maison.foundations.events import publish
from maison.registries.identity.access import access_identity
from maison.registries.identity.errors import (
    AlreadyDecided,
    IdentityClosed,
    NotMergeable,
    ReasonNeeded,
    SecondPersonNeeded,
)
from maison.registries.identity.events import IdentitiesMerged, MergeUndone
from maison.registries.identity.models import Identity, Link, Merge, Number, WorkItem
from maison.registries.identity.permissions import P
from maison.registries.identity.srir.clusters import cluster_name, recompute
from maison.registries.identity.writing import change, locked, must_be_active, note, raise_work, state_of, to_be_matched


@transaction.atomic
def merge(*, actor: Actor, kept_id: UUID, gone_id: UUID, reason: str, seconded_by: str = "") -> Merge:
    """A steward's decision. Both qualified: `seconded_by` is the other person who already decided the same."""
    for one in (kept_id, gone_id):
        access_identity(actor, one, P.STEWARD)
    if not reason.strip():
        raise ReasonNeeded
    kept, gone = locked(kept_id, gone_id)
    _must_be_mergeable(kept, gone)
    if kept.is_qualified and gone.is_qualified:
        if not seconded_by or seconded_by == actor.subject:
            raise SecondPersonNeeded
        if kept.outward_ins != gone.outward_ins:
            raise NotMergeable("Elles portent deux INS différents : c'est le signe de deux personnes.")
    return _merge(actor, kept, gone, reason=reason, seconded_by=seconded_by)


def _must_be_mergeable(kept: Identity, gone: Identity) -> None:
    if kept.id == gone.id:
        raise NotMergeable("C'est la même identité.")
    if kept.domain_id != gone.domain_id:
        raise NotMergeable("Elles sont de deux domaines : rapprochez-les au lieu de les fusionner.")
    must_be_active(kept)
    must_be_active(gone)


def _merge(actor: Actor, kept: Identity, gone: Identity, *, reason: str = "", seconded_by: str = "", told_at: datetime | None = None) -> Merge:  # fmt: skip
    found = Merge.objects.create(
        kept=kept, gone=gone, told_at=told_at, by=actor.subject[:64], by_name=actor.name[:120], seconded_by=seconded_by,
        reason=reason[:300], exchange_id=actor.exchange_id, kept_state=_snapshot(kept), gone_state=_snapshot(gone),
    )  # fmt: skip
    change(actor, gone, "merged", reason=reason, state=Identity.State.MERGED, merged_into_id=kept.id)
    to_be_matched(kept)
    recompute([kept.id, gone.id])
    publish(IdentitiesMerged(found.id, kept.id, gone.id))
    return found


def _snapshot(identity: Identity) -> dict[str, object]:
    """Both states beside the merge: traits and acts, numbers, links that held."""
    links = Link.objects.filter(ended_at=None)
    held = [*links.filter(one=identity).values_list("id", flat=True), *links.filter(other=identity).values_list("id", flat=True)]  # fmt: skip
    return state_of(identity) | {
        "version": identity.version,
        "numbers": list(identity.numbers.order_by("since", "id").values_list("ipp", flat=True)),
        "links": sorted(str(one) for one in held),
        "cluster": cluster_name(identity.id),
    }


@transaction.atomic
def undo_merge(*, actor: Actor, merge_id: UUID, reason: str) -> Merge:
    """They were two: each is again what it was, with what came under its own numbers meanwhile."""
    found = Merge.objects.select_for_update(of=("self",)).filter(id=merge_id).first()
    if found is None:
        raise NotFound
    access_identity(actor, found.kept_id, P.STEWARD)
    if not reason.strip():
        raise ReasonNeeded
    if found.undone_at is not None:
        raise AlreadyDecided
    kept, gone = locked(found.kept_id, found.gone_id)
    found.undone_at, found.undone_by, found.undone_reason = timezone.now(), actor.subject[:64], reason[:300]
    found.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    change(actor, gone, "merge_undone", reason=reason, state=Identity.State.ACTIVE, merged_into_id=None)
    to_be_matched(kept)
    recompute([kept.id, gone.id])
    publish(MergeUndone(found.id, kept.id, gone.id))
    return found


# -- what hospitals say


def survivor_of(identity_id: UUID) -> UUID:
    """The identity as which this one is read; itself when it was not merged."""
    seen = {identity_id}
    while following := Identity.objects.filter(id=identity_id).values_list("merged_into", flat=True).first():
        if following in seen:
            break
        seen.add(following)
        identity_id = following
    return identity_id


def _both_standing(one_id: UUID, other_id: UUID) -> tuple[Identity, Identity]:
    """As whom these two are read, locked. Another merge may end while we wait for the lock: then who they are is asked again."""
    for _ in range(10):
        one, other = locked(survivor_of(one_id), survivor_of(other_id))
        if one.is_active and other.is_active:
            return one, other
    raise IdentityClosed


def merge_as_told(actor: Actor, kept_id: UUID, gone_id: UUID, told_at: datetime) -> bool:
    """A40: the hospital decides of its own numbers. False when there is nothing to do, or when it is for a person.

    Said before a person undid the same merge, it changes nothing. Both qualified with two INS: done as told, and a steward looks.
    """
    kept, gone = _both_standing(kept_id, gone_id)
    if kept.id == gone.id:
        return False
    undone = Merge.objects.filter(
        kept_id__in=(kept.id, gone.id), gone_id__in=(kept.id, gone.id), undone_at__gte=told_at
    )
    if undone.exists():
        raise_work(actor, WorkItem.Reason.MERGE, kept, other=gone)
        return False
    if kept.domain_id != gone.domain_id:
        raise NotMergeable("Les deux numéros ne sont pas du même domaine.")
    _merge(actor, kept, gone, told_at=told_at)
    if kept.outward_ins and gone.ins_matricule and kept.ins_matricule != gone.ins_matricule:
        raise_work(actor, WorkItem.Reason.MERGE, kept, other=gone)
    return True


def renumber(actor: Actor, identity_id: UUID, domain_id: UUID, old_ipp: str, new_ipp: str, told_at: datetime) -> None:
    """A47: one patient, a new number. The old one still finds him. Told twice, nothing more happens."""
    (identity,) = locked(identity_id)
    old = Number.objects.select_for_update().get(domain_id=domain_id, ipp=old_ipp)
    _, is_new = Number.objects.get_or_create(domain_id=domain_id, ipp=new_ipp, defaults={"identity": identity, "since": told_at})  # fmt: skip
    if old.retired_at is None:
        old.retired_at = told_at
        old.save(update_fields=["retired_at"])
    if is_new:
        note(actor, identity, "renumbered", told_at=told_at)
