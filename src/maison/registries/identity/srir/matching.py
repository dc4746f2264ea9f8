"""Who else an identity may be: asked after each change, out of the way of those who wait. Links by itself only what is proved.

A loop of the worker takes the identities that wait (`to_match`); killed at any moment, it leaves each as it was or done.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from maison.formats.civil_status import equal
from maison.foundations.access import Actor
from maison.registries.identity.models import Identity, Link, Pair, WorkItem
from maison.registries.identity.writing import print_of, raise_work

from . import candidates, scoring
from .links import cut, link, links_of, why_not

BATCH = 50


def match_pending(limit: int = BATCH) -> int:
    """Deal with some of those that wait, one transaction each; returns how many."""
    done = 0
    while done < limit and _match_one():
        done += 1
    return done


@transaction.atomic
def _match_one() -> bool:
    found = (
        Identity.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("domain").filter(to_match=True).order_by("changed_at").first()
    )  # fmt: skip
    if found is None:
        return False
    # Said before the work: a change that comes meanwhile waits for our lock, then asks again.
    found.to_match = False
    found.save(update_fields=["to_match"])
    match(Actor.system("srir"), found)
    return True


def match(actor: Actor, identity: Identity) -> None:
    """The caller holds the identity. Others are read, never changed: a link or a pair is a row of its own."""
    _review_links(actor, identity)
    if not identity.is_active or identity.is_fictive:
        _forget_pairs(identity)
        candidates.forget(identity.id)
        return
    found = candidates.of(identity)
    for other in found:
        if not _linked_by_proof(actor, identity, other):
            _propose(identity, other)
    _lapse_what_no_longer_looks_alike(identity, {other.id for other in found})


def proved(one: Identity, other: Identity) -> bool:
    """Same matricule and OID, both qualified, equal strict traits, two domains, nobody refuses: the one automatic link."""
    return (
        one.outward_ins is not None
        and one.outward_ins == other.outward_ins
        and equal(one.strict, other.strict)
        and one.domain_id != other.domain_id
        and not (one.refuses_linking or other.refuses_linking)
    )


def _linked_by_proof(actor: Actor, identity: Identity, other: Identity) -> bool:
    if not proved(identity, other):
        return False
    decided = _pair(identity, other)
    if (
        decided is not None
        and decided.state in (Pair.State.REJECTED, Pair.State.UNLINKED)
        and _same_prints(decided, identity, other)
    ):
        return True  # a person said they are two: not asked again
    if why_not(identity, other):
        return False
    link(actor, identity, other, Link.How.AUTOMATIC)
    if decided is not None and decided.is_waiting:
        decided.state = Pair.State.LAPSED
        decided.save(update_fields=["state"])
    return True


def _review_links(actor: Actor, identity: Identity) -> None:
    """A link that a machine made falls with its proof; one that a person made is shown to a person again."""
    for found in links_of([identity.id]):
        other = Identity.objects.select_related("domain").get(
            id=found.other_id if found.one_id == identity.id else found.one_id
        )
        if found.how == Link.How.AUTOMATIC and not proved(identity, other) and identity.is_active and other.is_active:
            cut(actor, found, code="traits")
            continue
        pair = _pair(identity, other)
        if pair is not None and pair.state == Pair.State.LINKED and not _same_prints(pair, identity, other):
            _remember_prints(pair, identity, other)
            raise_work(actor, WorkItem.Reason.LINK, identity, other=other)


def _propose(identity: Identity, other: Identity) -> None:
    if identity.domain_id != other.domain_id and (identity.refuses_linking or other.refuses_linking):
        return
    pair = _pair(identity, other)
    if (
        pair is not None
        and not pair.is_waiting
        and pair.state != Pair.State.LAPSED
        and _same_prints(pair, identity, other)
    ):
        return
    if pair is not None and pair.state == Pair.State.LINKED:
        return
    scored = scoring.score(identity, other)
    if scored is None:
        if pair is not None and pair.is_waiting:
            pair.state = Pair.State.LAPSED
            pair.save(update_fields=["state"])
        return
    first, second = sorted((identity, other), key=lambda row: row.id)
    values = {
        "state": Pair.State.PROPOSED, "score": scored.score, "verdict": scored.verdict, "explanation": scored.explanation,
        "model_version": scored.model_version, "one_print": print_of(first), "other_print": print_of(second),
        "first_decided_by": "", "first_decision": "",
    }  # fmt: skip
    if pair is not None and pair.is_waiting and _same_prints(pair, identity, other):
        return
    Pair.objects.update_or_create(one=first, other=second, defaults=values)


def _pair(one: Identity, other: Identity) -> Pair | None:
    first, second = sorted((one.id, other.id))
    return Pair.objects.filter(one=first, other=second).first()


def _same_prints(pair: Pair, one: Identity, other: Identity) -> bool:
    first, second = sorted((one, other), key=lambda row: row.id)
    return (pair.one_print, pair.other_print) == (print_of(first), print_of(second))


def _remember_prints(pair: Pair, one: Identity, other: Identity) -> None:
    first, second = sorted((one, other), key=lambda row: row.id)
    pair.one_print, pair.other_print = print_of(first), print_of(second)
    pair.save(update_fields=["one_print", "other_print"])


def _lapse_what_no_longer_looks_alike(identity: Identity, alike: set[UUID]) -> None:
    waiting = Pair.objects.filter(
        Q(one=identity) | Q(other=identity), state__in=(Pair.State.PROPOSED, Pair.State.SECONDED)
    )
    for pair in waiting:
        if (pair.other_id if pair.one_id == identity.id else pair.one_id) not in alike:
            pair.state = Pair.State.LAPSED
            pair.save(update_fields=["state"])


def _forget_pairs(identity: Identity) -> None:
    _lapse_what_no_longer_looks_alike(identity, set())
