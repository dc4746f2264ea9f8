"""Calls to INSi: asked by a person, put by a job, answered whenever the service answers. Care never waits for them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.civil_status import has_right_key
from maison.formats.insi import ONE, Person, Query
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.events import publish
from maison.registries.identity.access import access_identity
from maison.registries.identity.environment import is_of_this_world
from maison.registries.identity.errors import NotForInsi
from maison.registries.identity.events import InsiAnswered
from maison.registries.identity.insi import InsiFailure, InsiRefusal, insi
from maison.registries.identity.models import Identity, InsiCall
from maison.registries.identity.permissions import P
from maison.registries.identity.writing import change, locked, must_be_active

from .acts import withdraw_after_ko

ATTEMPTS = 8


@transaction.atomic
def ask_by_traits(
    *, actor: Actor, identity_id: UUID, with_all_names: bool = False, with_place: bool = False
) -> InsiCall:
    """Name, first given name, date and sex; then the other given names, then the place, when several were found (INS-04)."""
    identity = access_identity(actor, identity_id, P.CALL_INSI, lock=True)
    _may_be_asked(identity)
    if not (identity.birth_name and identity.first_names and identity.birth_date and identity.sex in ("M", "F")):
        raise NotForInsi("Il faut le nom, un prénom, la date de naissance et le sexe.")
    if identity.birth_date_known != Identity.Known.DAY:
        raise NotForInsi("La date de naissance n'est pas connue au jour près.")
    names = [identity.first_name]
    if with_all_names:
        names += identity.first_names.removeprefix(identity.first_name).split()
    criteria = {
        "birth_name": identity.birth_name, "first_names": names, "birth_date": identity.birth_date.isoformat(),
        "sex": identity.sex, "birth_place": identity.birth_place if with_place else "",
    }  # fmt: skip
    return _asked(actor, identity, InsiCall.Kind.TRAITS, criteria)


@transaction.atomic
def ask_by_card(*, actor: Actor, identity_id: UUID, beneficiary: str) -> InsiCall:
    """`beneficiary` is what the card reader gave for the person chosen on the card; it is used once and not kept after the answer."""
    identity = access_identity(actor, identity_id, P.CALL_INSI, lock=True)
    _may_be_asked(identity)
    return _asked(actor, identity, InsiCall.Kind.CARD, {"beneficiary": beneficiary[:200]})


@transaction.atomic
def ask_verification(*, actor: Actor, identity_id: UUID) -> InsiCall:
    """Is this INS still this person's? At each doubt, and every few years."""
    identity = access_identity(actor, identity_id, P.CALL_INSI, lock=True)
    _may_be_asked(identity)
    if not identity.ins_matricule:
        raise NotForInsi("Elle n'a pas d'INS à vérifier.")
    return _asked(actor, identity, InsiCall.Kind.VERIFY, {})


def _may_be_asked(identity: Identity) -> None:
    must_be_active(identity)
    if identity.is_doubtful or identity.is_fictive:
        raise NotForInsi("Elle est douteuse ou fictive : levez d'abord cet attribut.")


def _asked(actor: Actor, identity: Identity, kind: str, criteria: dict[str, Any]) -> InsiCall:
    """One question at a time: asking again while one waits gives back the one that waits."""
    from maison.registries.identity.tasks import call_insi

    waiting = InsiCall.objects.filter(
        identity=identity, kind=kind, criteria=criteria, state=InsiCall.State.WAITING
    ).first()
    if waiting is not None:
        return waiting
    call = InsiCall.objects.create(
        identity=identity, kind=kind, criteria=criteria, identity_version=identity.version, asked_by=actor.subject[:64],
        structure_id=actor.structure_id,
    )  # fmt: skip
    audit.record(
        actor, "identity.insi_asked", target=call, patient=identity.id, structure=identity.domain.structure_id, details={"kind": kind}
    )  # fmt: skip
    call_insi.defer(call_id=str(call.id))
    return call


def person_of(identity: Identity) -> Person:
    return Person(
        identity.ins_matricule, identity.ins_oid, identity.birth_name, identity.first_name, identity.first_names,
        identity.birth_date.isoformat() if identity.birth_date else "", identity.sex, identity.birth_place,
    )  # fmt: skip


def put(call_id: UUID) -> None:
    """Ask INSi, outside any transaction, and write what it says. Run twice, the second finds the answer and does nothing.

    Raises InsiFailure when it should be tried again; after the last attempt the call ends without answer.
    """
    call = InsiCall.objects.select_related("identity").filter(id=call_id, state=InsiCall.State.WAITING).first()
    if call is None:
        return None
    identity = call.identity
    if identity.is_doubtful or identity.is_fictive or not identity.is_active:
        return _end(call.id, failure="plus-permis")
    try:
        answer = _question(call, identity)
    except InsiFailure as failure:
        if _tried(call.id, failure.code) >= ATTEMPTS:
            return _end(call.id, failure=failure.code)
        raise
    except InsiRefusal as refusal:
        return _end(call.id, failure=refusal.code)
    return _write(call.id, answer)


def _question(call: InsiCall, identity: Identity) -> tuple[str, Person | None]:
    port = insi()
    if call.kind == InsiCall.Kind.VERIFY:
        return ("OK" if port.verify(person_of(identity)) else "KO"), None
    if call.kind == InsiCall.Kind.CARD:
        answer = port.search_by_card(call.criteria["beneficiary"])
    else:
        asked = call.criteria
        answer = port.search(
            Query(
                asked["birth_name"], tuple(asked["first_names"]), date.fromisoformat(asked["birth_date"]), asked["sex"],
                asked["birth_place"],
            )
        )  # fmt: skip
    return answer.code, answer.person


@transaction.atomic
def _tried(call_id: UUID, code: str) -> int:
    call = InsiCall.objects.select_for_update().get(id=call_id)
    call.attempts, call.tried_at, call.failure = call.attempts + 1, timezone.now(), code
    call.save(update_fields=["attempts", "tried_at", "failure"])
    publish(InsiAnswered(call.id, call.identity_id, code))
    return call.attempts


@transaction.atomic
def _end(call_id: UUID, *, failure: str) -> None:
    call = InsiCall.objects.select_for_update().get(id=call_id)
    call.state, call.failure, call.tried_at = InsiCall.State.FAILED, failure, timezone.now()
    _forget_card(call)
    call.save()
    audit.record(_actor(call), "identity.insi_failed", target=call, patient=call.identity_id, outcome="failed", details={"code": failure})  # fmt: skip
    publish(InsiAnswered(call.id, call.identity_id, failure))


@transaction.atomic
def _write(call_id: UUID, answer: tuple[str, Person | None]) -> None:
    code, person = answer
    call = InsiCall.objects.select_for_update().get(id=call_id)
    if call.state != InsiCall.State.WAITING:
        return
    if code == ONE and (person is None or not is_of_this_world(person.oid) or not has_right_key(person.matricule)):
        code, person = "99", None  # an identity of another world, or with a wrong key, is no answer
    call.state, call.code, call.answered_at = InsiCall.State.ANSWERED, code, timezone.now()
    call.failure, call.attempts = "", call.attempts + 1
    call.answer = person.as_json() if person else None
    if call.kind == InsiCall.Kind.VERIFY:
        call.outcome = InsiCall.Outcome.DONE
        _verified(call, code)
    elif code != ONE:
        call.outcome = InsiCall.Outcome.DONE
    _forget_card(call)
    call.save()
    audit.record(_actor(call), "identity.insi_answered", target=call, patient=call.identity_id, details={"code": code})
    publish(InsiAnswered(call.id, call.identity_id, code))


def _verified(call: InsiCall, code: str) -> None:
    apply_verdict(_actor(call), call.identity_id, code == "OK", call.identity.ins_matricule)


def apply_verdict(actor: Actor, identity_id: UUID, is_right: bool, matricule: str) -> None:
    """OK: the date moves. KO: the INS goes, a steward looks. The INS changed meanwhile: the verdict is of another one."""
    (identity,) = locked(identity_id)
    if identity.ins_matricule != matricule or not matricule:
        return
    if is_right:
        change(actor, identity, "ins_verified", ins_verified_at=timezone.now())
    else:
        withdraw_after_ko(actor, identity, timezone.now())


def _forget_card(call: InsiCall) -> None:
    """What the reader gave is of no use once answered."""
    if call.kind == InsiCall.Kind.CARD:
        call.criteria = {}


def _actor(call: InsiCall) -> Actor:
    return Actor.system("insi")
