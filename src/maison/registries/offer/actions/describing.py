"""An offer from its draft to its closing: described by its structure, controlled and published by the regional manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.registries.facilities.selectors import facility_by_finess
from maison.registries.offer.access import access_offer
from maison.registries.offer.errors import MoveNotPossible, OfferIncomplete, ReasonMissing, SiteClosed, VersionPending
from maison.registries.offer.events import OfferMoved
from maison.registries.offer.models import Contact, Offer, Version
from maison.registries.offer.permissions import P

from .promising import end_for_closed

DESCRIBED = ("name", "offer_type", "field", "activity", "care_mode", "bed_kind", "audience", "sensitive")
SHOWN = ("name", "bed_kind", "audience")


@dataclass(frozen=True, slots=True)
class ContactSaid:
    label: str
    phone: str
    level: int = Contact.Level.BEDS


@transaction.atomic
def describe_offer(*, actor: Actor, structure_id: UUID, **described: Any) -> Offer:
    """Begin an offer in a structure: a draft that nobody else sees."""
    structure = Structure.objects.open().select_related("parent").filter(id=structure_id).first()
    if structure is None or not actor.can(P.DESCRIBE, structure_id):
        raise Forbidden
    return _begin(actor, structure, "", described)[0]


def _begin(actor: Actor, structure: Structure, identifier: str, described: Mapping[str, Any]) -> tuple[Offer, Version]:
    site = structure.parent if structure.kind == Structure.Kind.SERVICE and structure.parent else structure
    key = uuid7()
    offer = Offer.objects.create(
        id=key, identifier=identifier or f"maison/{key}", structure=structure, site=site,
        name=described.get("name", ""), bed_kind=described.get("bed_kind", ""),
        audience=described.get("audience", Offer.Audience.ADULT), sensitive=described.get("sensitive", False),
    )  # fmt: skip
    version = _write(actor, Version(offer=offer, number=1), described)
    _tell(actor, offer, "offer.offer_described", version)
    return offer, version


@transaction.atomic
def amend_offer(*, actor: Actor, offer_id: UUID, **described: Any) -> Version:
    """Change what an offer says. A draft, or one sent back, is rewritten; a published one gets a new version, submitted at once, and
    stays as it is until that one is published."""
    offer = access_offer(actor, offer_id, P.DESCRIBE, lock=True)
    pending = offer.versions.filter(state__in=Version.PENDING).first()
    if pending is not None:
        if pending.state not in (Version.State.DRAFT, Version.State.TO_MEND):
            raise VersionPending
        version = _write(actor, pending, described)
    else:
        current = offer.versions.filter(state=Version.State.PUBLISHED).first()
        if current is None or offer.state == Offer.State.CLOSED:
            raise MoveNotPossible
        new = Version(offer=offer, number=current.number + 1, state=Version.State.SUBMITTED)
        for name in DESCRIBED:
            setattr(new, name, getattr(current, name))
        version = _write(actor, new, described)
        _complete(version)
    _protect(offer, version)
    _tell(actor, offer, "offer.offer_amended", version)
    return version


def _write(actor: Actor, version: Version, described: Mapping[str, Any]) -> Version:
    for name in DESCRIBED:
        if name in described:
            setattr(version, name, described[name])
    version.written_by, version.written_by_name, version.written_at = actor.subject, actor.name, timezone.now()
    version.save()
    return version


def _protect(offer: Offer, version: Version) -> None:
    """A unit is hidden as soon as someone says it is sensitive, and shown again only once that is published. Before its first
    publication an offer bears what its draft says."""
    if offer.state in (Offer.State.DRAFT, Offer.State.SUBMITTED, Offer.State.TO_MEND, Offer.State.VALIDATED):
        for name in SHOWN:
            setattr(offer, name, getattr(version, name))
        offer.sensitive = version.sensitive
        offer.save(update_fields=[*SHOWN, "sensitive"])
    elif version.sensitive and not offer.sensitive:
        offer.sensitive = True
        offer.save(update_fields=["sensitive"])


def _complete(version: Version) -> None:
    missing = [Version.label_of(name) for name in Version.REQUIRED if not getattr(version, name)]
    if missing:
        raise OfferIncomplete(", ".join(missing) + ".")


@transaction.atomic
def submit_offer(*, actor: Actor, offer_id: UUID) -> Version:
    """Ask for the control of the regional manager. Refused while an obligatory field is empty."""
    offer = access_offer(actor, offer_id, P.DESCRIBE, lock=True)
    version = _pending(offer)
    _complete(version)
    return _move(actor, offer, version, Version.State.SUBMITTED)


@transaction.atomic
def send_back(*, actor: Actor, offer_id: UUID, remark: str) -> Version:
    """Say what is to be mended; the structure reads it on the sheet."""
    if not remark.strip():
        raise ReasonMissing
    offer = access_offer(actor, offer_id, P.VALIDATE, lock=True)
    version = _pending(offer)
    version.remark = remark.strip()[:400]
    return _move(actor, offer, version, Version.State.TO_MEND)


@transaction.atomic
def validate_offer(*, actor: Actor, offer_id: UUID) -> Version:
    offer = access_offer(actor, offer_id, P.VALIDATE, lock=True)
    version = _pending(offer)
    _complete(version)
    return _move(actor, offer, version, Version.State.VALIDATED)


@transaction.atomic
def publish_offer(*, actor: Actor, offer_id: UUID) -> Version:
    """Put the validated version in force; the one before is kept, replaced."""
    offer = access_offer(actor, offer_id, P.VALIDATE, lock=True)
    version = _pending(offer)
    if version.state != Version.State.VALIDATED:
        raise MoveNotPossible
    _open_site(offer)
    return _publish(actor, offer, version)


def _open_site(offer: Offer) -> None:
    facility = facility_by_finess("EG", offer.site.finess) if offer.site.finess else None
    if facility is not None and not facility.is_open:
        raise SiteClosed


def _publish(actor: Actor, offer: Offer, version: Version) -> Version:
    offer.versions.filter(state=Version.State.PUBLISHED).update(state=Version.State.REPLACED)
    version.state = Version.State.PUBLISHED
    version.save(update_fields=["state"])
    for name in (*SHOWN, "sensitive"):
        setattr(offer, name, getattr(version, name))
    if offer.state != Offer.State.CLOSED_FOR_NOW:
        offer.state = Offer.State.PUBLISHED
    offer.updated_at = timezone.now()
    offer.save()
    _tell(actor, offer, "offer.offer_published", version)
    return version


def _pending(offer: Offer) -> Version:
    version = offer.versions.filter(state__in=Version.PENDING).first()
    if version is None:
        raise MoveNotPossible
    return version


def _move(actor: Actor, offer: Offer, version: Version, to: Version.State) -> Version:
    if to not in Version.MOVES.get(Version.State(version.state), ()):
        raise MoveNotPossible
    version.state = to
    version.save(update_fields=["state", "remark"])
    if offer.state not in (Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW, Offer.State.CLOSED):
        offer.state = Offer.State(to.value)
        offer.save(update_fields=["state"])
    _tell(actor, offer, "offer.version_moved", version)
    return version


@transaction.atomic
def close_offer(*, actor: Actor, offer_id: UUID, for_good: bool, reason: str) -> Offer:
    """Close for a time (PRO) or for good (DEF). Beds held there are given back with that reason; nothing is deleted."""
    if not reason.strip():
        raise ReasonMissing
    offer = access_offer(actor, offer_id, P.VALIDATE, lock=True)
    _change(offer, Offer.State.CLOSED if for_good else Offer.State.CLOSED_FOR_NOW)
    offer.closing_reason = reason.strip()[:300]
    offer.save(update_fields=["state", "closing_reason"])
    end_for_closed(actor, offer)
    _tell(actor, offer, "offer.offer_closed", None)
    return offer


@transaction.atomic
def reopen_offer(*, actor: Actor, offer_id: UUID) -> Offer:
    offer = access_offer(actor, offer_id, P.VALIDATE, lock=True)
    _open_site(offer)
    _change(offer, Offer.State.PUBLISHED)
    offer.closing_reason = ""
    offer.save(update_fields=["state", "closing_reason"])
    _tell(actor, offer, "offer.offer_reopened", None)
    return offer


def _change(offer: Offer, to: Offer.State) -> None:
    if to not in Offer.MOVES.get(Offer.State(offer.state), ()):
        raise MoveNotPossible
    offer.state = to


@transaction.atomic
def confirm_unchanged(*, actor: Actor, offer_id: UUID) -> Offer:
    """« Rien à modifier »: the description is as recent as today (RE1.2)."""
    offer = access_offer(actor, offer_id, P.DESCRIBE, lock=True)
    if offer.state not in (Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW):
        raise MoveNotPossible
    offer.updated_at = timezone.now()
    offer.save(update_fields=["updated_at"])
    _tell(actor, offer, "offer.offer_confirmed", None)
    return offer


@transaction.atomic
def set_contacts(*, actor: Actor, offer_id: UUID, hours: str, contacts: Sequence[ContactSaid]) -> Offer:
    """Lines and hours change at once, without a new version."""
    offer = access_offer(actor, offer_id, P.DESCRIBE, lock=True)
    _set_contacts(offer, hours, contacts)
    _tell(actor, offer, "offer.contacts_changed", None)
    return offer


def _set_contacts(offer: Offer, hours: str, contacts: Sequence[ContactSaid]) -> None:
    offer.hours, offer.updated_at = hours.strip()[:200], timezone.now()
    offer.save(update_fields=["hours", "updated_at"])
    offer.contacts.exclude(label__in=[one.label for one in contacts]).delete()
    Contact.objects.bulk_create(
        [Contact(offer=offer, label=one.label, phone=one.phone, level=one.level) for one in contacts],
        update_conflicts=True, unique_fields=["offer", "label"], update_fields=["phone", "level"],
    )  # fmt: skip


@transaction.atomic
def load_offer(*, actor: Actor, structure_id: UUID, identifier: str, described: Mapping[str, Any], unit_code: str = "",
               contacts: Sequence[ContactSaid] = (), hours: str = "") -> tuple[Offer, bool]:  # fmt: skip
    """A load of the regional directory publishes an offer once; loading again changes nothing. For jobs only."""
    if not actor.is_system:
        raise Forbidden
    found = Offer.objects.filter(identifier=identifier).first()
    if found is not None:
        return found, False
    structure = Structure.objects.select_related("parent").get(id=structure_id)
    offer, version = _begin(actor, structure, identifier, described)
    _complete(version)
    offer.unit_code = unit_code
    _set_contacts(offer, hours, contacts)
    _publish(actor, offer, version)
    return offer, True


def _tell(actor: Actor, offer: Offer, act: str, version: Version | None) -> None:
    details = {"state": offer.state, **({"version": version.number, "version_state": version.state} if version else {})}
    audit.record(actor, act, target=offer, structure=offer.structure_id, details=details)
    publish(OfferMoved(offer.id, offer.structure_id, offer.state))
