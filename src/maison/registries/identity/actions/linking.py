"""Decisions of people on pairs, links and the patient's refusal of regional linking."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.registries.identity.access import access_identity
from maison.registries.identity.errors import AlreadyDecided, NotLinkable, ReasonNeeded, SecondPersonNeeded
from maison.registries.identity.models import Domain, Identity, Link, Pair, WorkItem
from maison.registries.identity.permissions import P
from maison.registries.identity.srir.clusters import cluster_of
from maison.registries.identity.srir.links import cut, link, links_of
from maison.registries.identity.writing import change, locked, print_of, raise_work, to_be_matched

from . import merging

SAME, TWO = "meme", "deux"


def access_pair(actor: Actor, pair_id: UUID, *, lock: bool = False) -> Pair:
    """Of one domain: its identity cell. Of two: the regional cell."""
    rows = Pair.objects.select_for_update(of=("self",)) if lock else Pair.objects.all()
    found = rows.select_related("one__domain__structure", "other__domain__structure").filter(id=pair_id).first()
    if found is None:
        raise NotFound
    if found.one.domain_id == found.other.domain_id:
        allowed = Domain.objects.open_to(actor, P.STEWARD).filter(id=found.one.domain_id).exists()
        allowed = allowed or actor.can(P.REGION)
    else:
        allowed = actor.can(P.REGION)
    if not allowed:
        raise NotFound
    return found


@transaction.atomic
def decide(*, actor: Actor, pair_id: UUID, decision: str, reason: str) -> Pair:
    """`meme`: link (or merge, in one domain); `deux`: never asked again until traits change.

    Both qualified: the first decision waits for a second person. Two people who disagree start again.
    """
    pair = access_pair(actor, pair_id, lock=True)
    if not reason.strip():
        raise ReasonNeeded
    if not pair.is_waiting:
        raise AlreadyDecided
    one, other = locked(pair.one_id, pair.other_id)
    if (pair.one_print, pair.other_print) != (print_of(one), print_of(other)):
        raise AlreadyDecided("Les traits ont changé depuis : relisez la comparaison.")
    seconded_by = ""
    if decision == SAME and one.is_qualified and other.is_qualified:
        if pair.state == Pair.State.PROPOSED:
            return _first_decision(actor, pair, decision, reason)
        if pair.first_decided_by == actor.subject:
            raise SecondPersonNeeded
        seconded_by = pair.first_decided_by
    if decision == SAME:
        _join(actor, one, other, reason, seconded_by)
    pair.state = Pair.State.LINKED if decision == SAME else Pair.State.REJECTED
    pair.decided_at, pair.decided_by, pair.decided_by_name = timezone.now(), actor.subject[:64], actor.name[:120]
    pair.reason = reason[:300]
    pair.save()
    audit.record(
        actor, "identity.pair_decided", target=pair, patient=one.id, structure=one.domain.structure_id, reason=reason,
        details={"decision": decision, "other": str(other.id)},
    )  # fmt: skip
    return pair


def _first_decision(actor: Actor, pair: Pair, decision: str, reason: str) -> Pair:
    pair.state, pair.first_decided_by, pair.first_decision = Pair.State.SECONDED, actor.subject[:64], decision
    pair.reason = reason[:300]
    pair.save()
    audit.record(actor, "identity.pair_first_decided", target=pair, patient=pair.one_id, reason=reason, details={"decision": decision})  # fmt: skip
    return pair


def _join(actor: Actor, one: Identity, other: Identity, reason: str, seconded_by: str) -> None:
    if one.domain_id == other.domain_id:
        kept, gone = by_reliability(one, other)
        merging.merge(actor=actor, kept_id=kept.id, gone_id=gone.id, reason=reason, seconded_by=seconded_by)
    else:
        link(actor, one, other, Link.How.DECISION, reason=reason)


RANK = {"QUAL": 3, "VALI": 2, "RECUP": 1, "PROV": 0}


def by_reliability(one: Identity, other: Identity) -> tuple[Identity, Identity]:
    """The one that stays: the more reliable, else the older."""
    kept, gone = sorted((one, other), key=lambda row: (-RANK[str(row.status)], row.created_at, row.id))
    return kept, gone


@transaction.atomic
def unlink(*, actor: Actor, link_id: UUID, reason: str) -> Link:
    """It was wrong: the groups are again what the other links say, and this pair is not proposed again."""
    if not actor.can(P.REGION):
        raise Forbidden
    found = Link.objects.select_for_update(of=("self",)).filter(id=link_id).first()
    if found is None:
        raise NotFound
    if found.ended_at is not None:
        raise AlreadyDecided
    if not reason.strip():
        raise ReasonNeeded
    one, other = locked(found.one_id, found.other_id)
    cut(actor, found, code="decision", reason=reason)
    Pair.objects.update_or_create(
        one=one, other=other,
        create_defaults={
            "state": Pair.State.UNLINKED, "score": 0, "verdict": Pair.Verdict.POSSIBLE, "model_version": "", "reason": reason[:300],
            "one_print": print_of(one), "other_print": print_of(other), "decided_at": timezone.now(),
            "decided_by": actor.subject[:64], "decided_by_name": actor.name[:120],
        },
        defaults={
            "state": Pair.State.UNLINKED, "one_print": print_of(one), "other_print": print_of(other), "reason": reason[:300],
            "decided_at": timezone.now(), "decided_by": actor.subject[:64], "decided_by_name": actor.name[:120],
        },
    )  # fmt: skip
    return found


@transaction.atomic
def relink(*, actor: Actor, link_id: UUID, reason: str) -> Link:
    """Undo an unlinking: the same two, linked by decision."""
    if not actor.can(P.REGION):
        raise Forbidden
    found = Link.objects.filter(id=link_id).first()
    if found is None:
        raise NotFound
    if not reason.strip():
        raise ReasonNeeded
    one, other = locked(found.one_id, found.other_id)
    made = link(actor, one, other, Link.How.DECISION, reason=reason)
    if made is None:
        raise AlreadyDecided
    Pair.objects.filter(one=one, other=other).update(state=Pair.State.LINKED, decided_at=timezone.now(), decided_by=actor.subject[:64])  # fmt: skip
    return made


@transaction.atomic
def refuse_linking(*, actor: Actor, identity_id: UUID, refuses: bool, reason: str = "") -> Identity:
    """The patient leaves (or comes back to) regional linking: every identity known to be his is unlinked, and stays so."""
    found = access_identity(actor, identity_id, P.REGISTER)
    rows = locked(*sorted(cluster_of(found.id)))
    for identity in rows:
        change(
            actor,
            identity,
            "linking_refused" if refuses else "linking_accepted",
            reason=reason,
            refuses_linking=refuses,
        )
    if refuses:
        for one in links_of([row.id for row in rows]):
            cut(actor, one, code="refus", reason=reason)
        waiting = Pair.objects.filter(state__in=(Pair.State.PROPOSED, Pair.State.SECONDED))
        for side in ("one", "other"):
            waiting.filter(**{f"{side}__in": rows}).update(state=Pair.State.LAPSED)
    to_be_matched(*rows)
    return next(row for row in rows if row.id == identity_id)


# -- what hospitals say (A24, A37)


def link_as_told(actor: Actor, one_id: UUID, other_id: UUID, told_at: datetime) -> bool:
    """A24. Two numbers of one domain are a duplicate to be looked at, never linked by a message; of two domains, linked.

    False when it was left to a person.
    """
    one, other = locked(merging.survivor_of(one_id), merging.survivor_of(other_id))
    if one.id == other.id:
        return True
    ended = Link.objects.filter(one__in=(one, other), other__in=(one, other), ended_at__gte=told_at).exists()
    if one.domain_id == other.domain_id or ended:
        raise_work(actor, WorkItem.Reason.DOUBLE if not ended else WorkItem.Reason.LINK, one, other=other)
        return False
    try:
        link(actor, one, other, Link.How.FEED)
    except NotLinkable:
        raise_work(actor, WorkItem.Reason.LINK, one, other=other)
        return False
    return True


def unlink_as_told(actor: Actor, one_id: UUID, other_id: UUID) -> bool:
    """A37 ends what an A24 made; a link that a person or a proof made is shown to a person."""
    one, other = locked(one_id, other_id)
    first, second = sorted((one.id, other.id))
    found = Link.objects.select_for_update(of=("self",)).filter(one=first, other=second, ended_at=None).first()
    if found is None:
        return True
    if found.how != Link.How.FEED:
        raise_work(actor, WorkItem.Reason.LINK, one, other=other)
        return False
    cut(actor, found, code="flux")
    return True
