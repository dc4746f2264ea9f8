"""Links between identities of two domains: made, cut, and the guards on them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.events import publish
from maison.registries.identity.errors import NotLinkable
from maison.registries.identity.events import IdentitiesLinked, IdentitiesUnlinked
from maison.registries.identity.models import Identity, Link

from .clusters import cluster_of, one_writer, recompute


def why_not(one: Identity, other: Identity) -> str:
    """Why these two may not be linked, in French; "" when they may."""
    if one.domain_id == other.domain_id:
        return "Elles sont du même domaine : c'est un doublon à fusionner."
    if not (one.is_active and other.is_active):
        return "L'une d'elles est fusionnée ou clôturée."
    if one.is_fictive or other.is_fictive:
        return "Une identité fictive ne se rapproche de personne."
    if one.refuses_linking or other.refuses_linking:
        return "Le patient a refusé le rapprochement régional."
    numbers = {
        (row.ins_matricule, row.ins_oid)
        for row in Identity.objects.filter(id__in=cluster_of(one.id) | cluster_of(other.id)).exclude(ins_matricule="")
        if row.is_active
    }
    if len(numbers) > 1:
        return "Elles portent deux INS différents."
    return ""


def link(actor: Actor, one: Identity, other: Identity, how: str, *, reason: str = "") -> Link | None:
    """The caller holds both identities. None when they are linked already."""
    one_writer()
    if refusal := why_not(one, other):
        raise NotLinkable(refusal)
    first, second = sorted((one, other), key=lambda row: row.id)
    found = Link.objects.filter(one=first, other=second, ended_at=None).first()
    if found is not None:
        return None
    made = Link.objects.create(one=first, other=second, how=how, by=actor.subject[:64], reason=reason[:300])
    recompute([first.id, second.id])
    for identity, counterpart in ((first, second), (second, first)):
        audit.record(
            actor, "identity.linked", target=("identity.link", made.id), patient=identity.id, reason=reason,
            structure=identity.domain.structure_id, details={"how": how, "with": str(counterpart.id)},
        )  # fmt: skip
    publish(IdentitiesLinked(first.id, second.id, how))
    return made


def cut(actor: Actor, found: Link, *, code: str, reason: str = "") -> None:
    """End one link; the groups become what the others say."""
    found.ended_at, found.ended_by, found.ended_code = timezone.now(), actor.subject[:64], code
    found.ended_reason = reason[:300]
    found.save(update_fields=["ended_at", "ended_by", "ended_code", "ended_reason"])
    recompute([found.one_id, found.other_id])
    audit.record(
        actor, "identity.unlinked", target=("identity.link", found.id), patient=found.one_id, reason=reason,
        details={"code": code, "with": str(found.other_id)},
    )  # fmt: skip
    publish(IdentitiesUnlinked(found.one_id, found.other_id, code))


def links_of(ids: Iterable[UUID]) -> list[Link]:
    wanted = list(ids)
    return list(Link.objects.filter(Q(one__in=wanted) | Q(other__in=wanted), ended_at=None).order_by("id"))
