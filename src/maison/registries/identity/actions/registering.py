"""Register a patient, correct traits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.civil_status import (
    check_birth_date,
    check_birth_place,
    check_sex,
    civil_name,
    first_of,
    is_placeholder,
)
from maison.foundations.access import Actor
from maison.foundations.ids import uuid7
from maison.registries.identity.access import access_identity
from maison.registries.identity.domains import house_domain, next_number
from maison.registries.identity.errors import ReasonNeeded, SearchFirst, TraitsLocked
from maison.registries.identity.models import Identity, Number, SearchTicket, WorkItem
from maison.registries.identity.permissions import P
from maison.registries.identity.searching import covers
from maison.registries.identity.writing import COMPLEMENTARY, change, create, must_be_active, raise_work

UNKNOWN_NAME = "INCONNU"


@dataclass(frozen=True, slots=True)
class TraitsTyped:
    """Strict traits as typed in a form. `first_names` may be empty for a new-born who has none yet."""

    birth_name: str
    first_names: str
    birth_date: date | None
    sex: str
    birth_place: str
    first_name: str = ""
    birth_date_known: str = Identity.Known.DAY
    used_name: str = ""
    complementary: dict[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """In civil-status spelling. Raises InvalidTrait, whose `trait` names the field to mend."""
        first_names = civil_name(self.first_names, "first_names") if self.first_names.strip() else ""
        if is_placeholder(first_names):
            first_names = ""  # « BEBE », « X » : nobody's name
        first = civil_name(self.first_name, "first_name") if self.first_name.strip() else ""
        if self.birth_date is not None:
            check_birth_date(self.birth_date, timezone.localdate())
        return {
            "birth_name": civil_name(self.birth_name),
            "first_names": first_names,
            "first_name": first_of(first_names, first),
            "birth_date": self.birth_date,
            "birth_date_known": self.birth_date_known,
            "sex": check_sex(self.sex),
            "birth_place": check_birth_place(self.birth_place),
        }


@transaction.atomic
def register(*, actor: Actor, ticket_id: UUID, traits: TraitsTyped) -> Identity:
    """A new provisional identity, after a search of the same person by the same agent (INS-08)."""
    domain = house_domain(actor)
    ticket = SearchTicket.objects.select_for_update().filter(id=ticket_id).first()
    values = traits.values()
    if (
        ticket is None
        or ticket.subject != actor.subject[:64]
        or not ticket.is_usable
        or not covers(ticket, traits.birth_date, values["birth_name"], values["first_names"], traits.used_name)
    ):
        raise SearchFirst
    ticket.used_at = timezone.now()
    ticket.save(update_fields=["used_at"])
    identity = Identity(id=uuid7(), domain=domain, **values, **_complementary(traits))
    return _written(actor, identity, "registered")


@transaction.atomic
def register_unknown(*, actor: Actor, sex: str, birth_year: int | None, note: str = "") -> Identity:
    """Someone who cannot say who he is: cared for at once under a doubtful identity that nobody will take for another's."""
    domain = house_domain(actor)
    number = next_number()
    identity = Identity(
        id=uuid7(), domain=domain, birth_name=UNKNOWN_NAME, first_names="", first_name="", sex=check_sex(sex),
        birth_date=date(birth_year, 12, 31) if birth_year else None, birth_date_known=Identity.Known.ABOUT,
        birth_place="99999", is_doubtful=True, attributes_source=Identity.Source.HOUSE, comments=["DOUT"],
    )  # fmt: skip
    return _written(actor, identity, "registered_unknown", number=number, reason=note)


def _complementary(traits: TraitsTyped) -> dict[str, Any]:
    values = {name: value for name, value in traits.complementary.items() if name in COMPLEMENTARY}
    if traits.used_name.strip():
        values["used_name"] = civil_name(traits.used_name, "used_name")
    return values


def _written(actor: Actor, identity: Identity, code: str, *, number: str = "", reason: str = "") -> Identity:
    create(actor, identity, code, reason=reason)
    Number.objects.create(domain=identity.domain, ipp=number or next_number(), identity=identity)
    look_for_namesakes(actor, identity)
    return identity


def look_for_namesakes(actor: Actor, identity: Identity) -> None:
    """Same date, same beginnings of names in the same domain: twins or homonyms, that a person must tell apart."""
    if identity.birth_date is None or not identity.name_key or not identity.first_key:
        return
    alike = (
        Identity.objects.active()
        .filter(
            domain=identity.domain, birth_date=identity.birth_date, name_key=identity.name_key,
            first_key__startswith=identity.first_key[0],
        )
        .exclude(id=identity.id)
        .order_by("id")
        .first()
    )  # fmt: skip
    if alike is not None:
        raise_work(actor, WorkItem.Reason.NAMESAKE, identity, other=alike)


@transaction.atomic
def correct_strict(*, actor: Actor, identity_id: UUID, traits: TraitsTyped, reason: str = "") -> Identity:
    """Strict traits of a provisional identity only (INS-06)."""
    identity = access_identity(actor, identity_id, P.REGISTER, lock=True)
    must_be_active(identity)
    if identity.status != Identity.Status.PROV:
        raise TraitsLocked
    if not reason.strip():
        raise ReasonNeeded
    if change(actor, identity, "corrected", reason=reason, **traits.values()):
        look_for_namesakes(actor, identity)
    return identity


@transaction.atomic
def change_complementary(*, actor: Actor, identity_id: UUID, values: dict[str, Any]) -> Identity:
    """Always possible, whatever the status."""
    identity = access_identity(actor, identity_id, P.REGISTER, lock=True)
    must_be_active(identity)
    kept = {name: value for name, value in values.items() if name in COMPLEMENTARY}
    for name in ("used_name", "mother_name", "used_first_name"):
        if kept.get(name):
            kept[name] = civil_name(kept[name], name)
    change(actor, identity, "complemented", **kept)
    return identity
