"""The two acts that make a status: INSi answered, a document checked; and what undoes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.civil_status import StrictTraits, coherent, first_of
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Conflict, NotFound
from maison.registries.identity import documents
from maison.registries.identity.access import access_identity
from maison.registries.identity.environment import is_of_this_world
from maison.registries.identity.errors import (
    AnswerNotUsable,
    DocumentNotEnough,
    NotForInsi,
    OtherWorld,
    ReasonNeeded,
    TraitsDiffer,
)
from maison.registries.identity.models import DocumentSeen, Identity, InsiCall, WorkItem
from maison.registries.identity.permissions import P
from maison.registries.identity.writing import NO_CHECK, NO_INSI, change, must_be_active, raise_work


def strict_from(answer: dict[str, str]) -> StrictTraits:
    """The traits of an INSi answer as it is kept (ISO date)."""
    born = date.fromisoformat(answer["birth_date"]) if answer.get("birth_date") else None
    first_names = answer.get("first_names", "")
    return StrictTraits(
        answer.get("birth_name", ""), first_of(first_names, answer.get("first_name", "")), first_names, born,
        answer.get("sex", ""), answer.get("birth_place", ""),
    )  # fmt: skip


@transaction.atomic
def take_insi(*, actor: Actor, call_id: UUID) -> Identity:
    """« Reprendre les traits »: a person accepts the one answer, having seen both sets of traits.

    Provisional: traits are overwritten (récupérée). Validated: they must agree (qualifiée), or it stays validated and a
    steward looks. Both states are kept in the history.
    """
    call = InsiCall.objects.select_for_update().filter(id=call_id).first()
    if call is None:
        raise NotFound
    identity = access_identity(actor, call.identity_id, P.CALL_INSI, lock=True)
    must_be_active(identity)
    if identity.is_doubtful or identity.is_fictive:
        raise NotForInsi("Elle est douteuse ou fictive.")
    if not call.can_be_taken or call.answer is None:
        raise AnswerNotUsable
    if call.identity_version != identity.version and identity.status == Identity.Status.PROV:
        raise Conflict("L'identité a changé depuis l'appel : interrogez INSi à nouveau.")
    answer = call.answer
    if not is_of_this_world(answer["oid"]):
        raise OtherWorld
    traits = strict_from(answer)
    ins = {
        "insi_at": call.answered_at, "ins_verified_at": call.answered_at, "ins_matricule": answer["matricule"],
        "ins_oid": answer["oid"],
        "insi_source": Identity.InsHow.CARD if call.kind == InsiCall.Kind.CARD else Identity.InsHow.TRAITS,
    }  # fmt: skip
    call.outcome = InsiCall.Outcome.TAKEN
    if identity.checked_at is not None and not coherent(identity.strict, traits):
        raise_work(actor, WorkItem.Reason.INS_DIFFERS, identity)
        call.outcome = InsiCall.Outcome.DECLINED
        call.save(update_fields=["outcome"])
        return identity
    call.save(update_fields=["outcome"])
    change(actor, identity, "insi_taken", **_as_fields(traits), **ins)
    look_for_the_same_ins(actor, identity)
    return identity


def _as_fields(traits: StrictTraits) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "birth_name": traits.birth_name, "first_name": traits.first_name, "first_names": traits.first_names,
        "sex": traits.sex, "birth_place": traits.birth_place,
    }  # fmt: skip
    if traits.birth_date is not None:
        fields |= {"birth_date": traits.birth_date, "birth_date_known": Identity.Known.DAY}
    return fields


@transaction.atomic
def decline_insi(*, actor: Actor, call_id: UUID) -> InsiCall:
    """It is someone else: nothing changes, the answer is put aside with its trace."""
    call = InsiCall.objects.select_for_update().filter(id=call_id).first()
    if call is None:
        raise NotFound
    identity = access_identity(actor, call.identity_id, P.CALL_INSI)
    if call.outcome == InsiCall.Outcome.NONE and not call.is_waiting:
        call.outcome = InsiCall.Outcome.DECLINED
        call.save(update_fields=["outcome"])
        audit.record(
            actor, "identity.insi_declined", target=call, patient=identity.id, structure=identity.domain.structure_id
        )
    return call


@transaction.atomic
def take_apcv(*, actor: Actor, identity_id: UUID, answer: dict[str, str]) -> Identity:
    """The carte Vitale application authenticates its bearer: both acts at once. Called by the reader of ApCV, never by a form."""
    identity = access_identity(actor, identity_id, P.CHECK, lock=True)
    must_be_active(identity)
    if identity.is_doubtful or identity.is_fictive:
        raise NotForInsi("Elle est douteuse ou fictive.")
    if not is_of_this_world(answer["oid"]):
        raise OtherWorld
    now = timezone.now()
    change(
        actor, identity, "apcv_read", **_as_fields(strict_from(answer)), insi_at=now, insi_source=Identity.InsHow.APCV,
        ins_matricule=answer["matricule"], ins_oid=answer["oid"], ins_verified_at=now, checked_at=now,
        check_source=Identity.Source.HOUSE, check_document="AV", check_structure_id=actor.structure_id,
    )  # fmt: skip
    look_for_the_same_ins(actor, identity)
    return identity


@transaction.atomic
def check_document(*, actor: Actor, identity_id: UUID, kind: str, traits_agree: bool, valid_until: date | None = None,
                   is_resident: bool = False) -> Identity:  # fmt: skip
    """Someone saw a document in original. `traits_agree`: the five traits were compared one by one and are the same.

    A document that is not enough is refused with its reason and changes nothing.
    """
    identity = access_identity(actor, identity_id, P.CHECK, lock=True)
    must_be_active(identity)
    why_not = documents.refusal(kind, age_years=_age(identity.birth_date), is_resident=is_resident)
    if not traits_agree:
        raise TraitsDiffer
    if valid_until is not None and valid_until < timezone.localdate() and not why_not:
        why_not = "Elle est périmée : demandez une pièce en cours de validité."
    if identity.is_doubtful or identity.is_fictive:
        why_not = "L'identité est douteuse ou fictive : levez d'abord cet attribut."
    _must_be_whole(identity)
    if why_not:
        raise DocumentNotEnough(why_not)
    DocumentSeen.objects.create(
        identity=identity, kind=kind, valid_until=valid_until, seen_by=actor.subject[:64], seen_by_name=actor.name[:120],
        structure_id=actor.structure_id,
    )  # fmt: skip
    change(
        actor, identity, "document_checked", checked_at=timezone.now(), check_source=Identity.Source.HOUSE,
        check_document=kind, check_structure_id=actor.structure_id,
    )  # fmt: skip
    return identity


def _must_be_whole(identity: Identity) -> None:
    traits = identity.strict
    if not (traits.birth_name and traits.first_names and traits.birth_date and traits.sex and traits.birth_place):
        raise TraitsDiffer("Il manque un trait : complétez l'identité d'abord.")


def _age(born: date | None) -> int | None:
    if born is None:
        return None
    today = timezone.localdate()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@transaction.atomic
def invalidate_ins(*, actor: Actor, identity_id: UUID, reason: str) -> Identity:
    """Take the INS back: matricule and OID go, the history keeps them; qualified becomes validated."""
    identity = access_identity(actor, identity_id, P.STEWARD, lock=True)
    must_be_active(identity)
    if not reason.strip():
        raise ReasonNeeded
    change(actor, identity, "ins_invalidated", reason=reason, **NO_INSI)
    return identity


@transaction.atomic
def devalidate(*, actor: Actor, identity_id: UUID, reason: str) -> Identity:
    """Back to provisional: the document is challenged, or traits must be corrected (INS-06). Both acts are to be done again."""
    identity = access_identity(actor, identity_id, P.STEWARD, lock=True)
    must_be_active(identity)
    if not reason.strip():
        raise ReasonNeeded
    change(actor, identity, "devalidated", reason=reason, **NO_INSI, **NO_CHECK)
    return identity


def withdraw_after_ko(actor: Actor, identity: Identity, at: datetime) -> None:
    """INSi says this INS is not of this person any more: withdrawn at once; a steward looks (INS-05). The caller holds the lock."""
    change(actor, identity, "ins_ko", **NO_INSI)
    raise_work(actor, WorkItem.Reason.INS_KO, identity)


def look_for_the_same_ins(actor: Actor, identity: Identity) -> None:
    """Two identities of a domain with one matricule: a duplicate, or two persons under one number. A person decides."""
    if not identity.ins_matricule:
        return
    others = Identity.objects.active().filter(
        domain=identity.domain, ins_matricule=identity.ins_matricule, ins_oid=identity.ins_oid
    )
    other = others.exclude(id=identity.id).order_by("id").first()
    if other is not None:
        same = coherent(other.strict, identity.strict)
        raise_work(actor, WorkItem.Reason.DOUBLE if same else WorkItem.Reason.INS_OTHER, identity, other=other)
