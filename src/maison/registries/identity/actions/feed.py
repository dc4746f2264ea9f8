"""What hospitals say of their patients (PAM): the registry's side of the port by which stays know patients.

A hospital is the authority on its own numbers and on the acts it declares; what a person did in the house stays until a
person undoes it. A message older than what is known changes nothing. Nothing here ever links or merges by likeness.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from maison.formats.civil_status import coherent, nir_remarks
from maison.foundations.access import Actor
from maison.foundations.ids import uuid7
from maison.registries.identity.domains import domain_of_message
from maison.registries.identity.environment import is_of_this_world
from maison.registries.identity.models import Domain, Identity, Number, WorkItem
from maison.registries.identity.pam import Told
from maison.registries.identity.writing import NO_CHECK, NO_INSI, STRICT, change, create, heard, locked, raise_work

from .attributes import attribute_values
from .registering import look_for_namesakes

FEED = Identity.Source.FEED
TRUSTED_INS = frozenset({Identity.InsHow.FEED})


def refer(actor: Actor, code: str, ipp: str, told: Told, sent_at: datetime, *, only_if_unknown: bool = False,
          known_before: Callable[[], UUID | None] | None = None) -> tuple[Identity, bool]:  # fmt: skip
    """The identity of this number, created or brought up to date; and whether the message came late.

    `known_before` gives the reference that a number unknown here had before the registry. `only_if_unknown`: the message names the patient without telling him (a merge): traits are taken only if none are known.
    """
    domain, is_new = domain_of_message(actor, code)
    number = Number.objects.filter(domain=domain, ipp=ipp[:80]).values_list("identity_id", flat=True).first()
    if number is None:
        adopted_id = known_before() if known_before else None
        identity, created = _first_heard(actor, domain, ipp[:80], told, sent_at, adopted_id)
    else:
        if only_if_unknown and (named := Identity.objects.filter(id=number).exclude(birth_name="").first()) is not None:
            return named, False  # read only: two opposite merges must not hold one patient each
        (identity,), created = locked(number), False
    if is_new:
        raise_work(actor, WorkItem.Reason.DOMAIN, identity)
    if created:
        return identity, False
    if only_if_unknown and identity.birth_name:
        return identity, False
    if identity.told_at is not None and sent_at < identity.told_at:
        return identity, True
    _bring_up_to_date(actor, identity, told, sent_at)
    return identity, False


def _first_heard(actor: Actor, domain: Domain, ipp: str, told: Told, sent_at: datetime, adopted_id: UUID | None) -> tuple[Identity, bool]:  # fmt: skip
    """Two first messages of one number at the same moment make one identity: the number is taken first."""
    identity = Identity(id=adopted_id or uuid7(), domain=domain)
    values, work = _values(identity, told, sent_at, actor)
    for name, value in values.items():
        setattr(identity, name, value)
    create(actor, identity, "told", told_at=sent_at)
    taken = Number(domain=domain, ipp=ipp, identity=identity)
    Number.objects.bulk_create([taken], ignore_conflicts=True)
    holder = Number.objects.values_list("identity_id", flat=True).get(domain=domain, ipp=ipp)
    if holder != identity.id:
        # Somebody else's message was first: this row never served and is closed, never shown.
        change(actor, identity, "never_used", state=Identity.State.CLOSED)
        return locked(holder)[0], False
    _raise_all(actor, identity, work)
    look_for_namesakes(actor, identity)
    return identity, True


def _bring_up_to_date(actor: Actor, identity: Identity, told: Told, sent_at: datetime) -> None:
    values, work = _values(identity, told, sent_at, actor)
    changed = change(actor, identity, "told", told_at=sent_at, **values)
    if not changed:
        heard(identity, sent_at)
    _raise_all(actor, identity, work)
    if {"birth_date", "birth_name", "first_names"}.intersection(changed):
        look_for_namesakes(actor, identity)


type _Work = list[tuple[str, Identity | None]]


def _values(identity: Identity, told: Told, sent_at: datetime, actor: Actor) -> tuple[dict[str, Any], _Work]:
    """What the message changes, and what it asks a person to look at."""
    values, work = dict(told.fields), list[tuple[str, Identity | None]]()
    _set_aside_impossible(values)
    if _done_in_the_house(identity):
        # INS-06: strict traits that a person of the house proved are not overwritten by a message.
        strict = {name: values.pop(name) for name in STRICT if name in values}
        if any(getattr(identity, name) != value for name, value in strict.items() if name in ("birth_name", "first_names", "birth_date", "sex", "birth_place")):  # fmt: skip
            work.append((WorkItem.Reason.TRAITS, None))
    _attributes(identity, told, values)
    if values.get("is_doubtful", identity.is_doubtful) or values.get("is_fictive", identity.is_fictive):
        if told.carried:
            work.append((WorkItem.Reason.INS_ASIDE, None))
        return values, work
    _check(identity, told, values, sent_at, actor)
    _insi(identity, told, values, work, sent_at)
    return values, work


def _set_aside_impossible(values: dict[str, Any]) -> None:
    """A date of birth to come, or a place that is no code, is not taken: the known value stays."""
    born: date | None = values.get("birth_date")
    if born is not None and born.year > timezone.localdate().year:
        for name in ("birth_date", "birth_date_known", "birth_date_corrected"):
            values.pop(name, None)
    place = values.get("birth_place", "")
    if place and not (len(place) == 5 and place.isascii() and place.isalnum()):
        values.pop("birth_place")


def _done_in_the_house(identity: Identity) -> bool:
    """Someone of the house took INSi's traits or checked a document: only a person goes back on it."""
    by_insi = identity.insi_at is not None and identity.insi_source not in TRUSTED_INS
    return by_insi or (identity.checked_at is not None and identity.check_source == Identity.Source.HOUSE)


def _attributes(identity: Identity, told: Told, values: dict[str, Any]) -> None:
    if not told.says_reliability or identity.attributes_source == Identity.Source.HOUSE:
        return
    flags = {"is_homonym": told.homonym, "is_doubtful": told.doubtful, "is_fictive": told.fictive}
    values |= attribute_values(identity, FEED, flags)
    values["comments"] = sorted(
        {*(code for code in values["comments"] if code in ("HOMA", "DOUT", "FICT")), *told.comments}
    )
    if values["comments"] == sorted(identity.comments):
        values.pop("comments")


def _check(identity: Identity, told: Told, values: dict[str, Any], sent_at: datetime, actor: Actor) -> None:
    """The document that the establishment checked, as long as it says so."""
    if identity.check_source == Identity.Source.HOUSE:
        return
    if told.is_checked:
        if identity.checked_at is None:
            values |= {"checked_at": sent_at, "check_source": FEED, "check_structure_id": actor.structure_id}
        values["check_document"] = told.document
    elif told.says_reliability:
        values |= NO_CHECK


def _insi(identity: Identity, told: Told, values: dict[str, Any], work: _Work, sent_at: datetime) -> None:
    """INS-10: an INS is taken only from a checked feed, for an identity it says qualified, with a right key, of this world."""
    from_feed = identity.insi_at is None or identity.insi_source in TRUSTED_INS
    if told.ins is None:
        if told.carried:
            work.append((WorkItem.Reason.INS_ASIDE, None))
        if from_feed and told.says_reliability:
            values |= _retrieved_only(identity, told, sent_at)
        return
    if not identity.domain.is_trusted or not is_of_this_world(told.ins.system):
        work.append((WorkItem.Reason.INS_ASIDE, None))
        return
    if not from_feed:
        if (identity.ins_matricule, identity.ins_oid) != (told.ins.matricule, told.ins.system):
            work.append((WorkItem.Reason.INS_ASIDE, None))
        return
    holder = _other_holder(identity, told, values)
    if holder is not None and not _may_share(holder, identity, values):
        # The INS of a parent for a child, or a collision: not taken, a person looks.
        work.append((WorkItem.Reason.INS_OTHER, holder))
        return
    if holder is not None:
        work.append((WorkItem.Reason.DOUBLE, holder))
    at = told.insi_at or sent_at
    if (identity.ins_matricule, identity.ins_oid) != (told.ins.matricule, told.ins.system):
        values |= {
            "insi_at": at, "insi_source": Identity.InsHow.FEED, "ins_matricule": told.ins.matricule,
            "ins_oid": told.ins.system, "ins_verified_at": at,
        }  # fmt: skip
    if nir_remarks(told.ins.matricule, _with(identity, values).strict):
        work.append((WorkItem.Reason.NIR, None))


def _retrieved_only(identity: Identity, told: Told, sent_at: datetime) -> dict[str, Any]:
    """Récupérée there: the act is known, the INS does not travel with it. Provisional again: the act is gone."""
    if told.is_retrieved:
        if identity.insi_at is not None and not identity.ins_matricule:
            return {}
        return NO_INSI | {"insi_at": told.insi_at or sent_at, "insi_source": Identity.InsHow.FEED}
    return NO_INSI if identity.insi_at is not None else {}


def _other_holder(identity: Identity, told: Told, values: dict[str, Any]) -> Identity | None:
    if told.ins is None:
        return None
    rows = Identity.objects.active().filter(
        domain=identity.domain, ins_matricule=told.ins.matricule, ins_oid=told.ins.system
    )
    return rows.exclude(id=identity.id).order_by("id").first()


def _may_share(holder: Identity, identity: Identity, values: dict[str, Any]) -> bool:
    """The same traits: a duplicate to be merged by a person; other traits: somebody else."""
    return coherent(holder.strict, _with(identity, values).strict)


def _with(identity: Identity, values: dict[str, Any]) -> Identity:
    """The identity as it would be, without touching it."""
    fields = {name: values.get(name, getattr(identity, name)) for name in STRICT}
    return Identity(id=identity.id, **fields)


def _raise_all(actor: Actor, identity: Identity, work: _Work) -> None:
    for reason, other in work:
        raise_work(actor, reason, identity, other=other)
