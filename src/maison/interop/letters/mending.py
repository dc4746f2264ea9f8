"""What was held leaves again: by itself when the admissions desk has qualified the identity, by a person who gives an address."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden, NotFound
from maison.interop.channels import desks
from maison.interop.channels.actions.mending import replay
from maison.interop.channels.errors import NothingToMend
from maison.interop.channels.models import Delivery
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

from . import DMP, legs
from .clearance import MENDED_BY_IDENTITY, Held, clear, clear_for_dmp
from .errors import AddressRefused, NothingWaits
from .identity import identities
from .models import Leg, Letter
from .permissions import P
from .ports.chosen import is_trusted
from .reading import documents_of

WATCH_SECONDS = 2.0
AT_ONCE = 200
QUALIFIED = "L'identité a été mise à jour par l'établissement : le courrier repart."


def turn() -> int:
    """What people did to deliveries, then what the admissions desk told since."""
    return follow_people() + watch()


def follow_people() -> int:
    """A delivery that a person gave up ends the leg it carried."""
    given_up = Delivery.objects.filter(state="abandoned")
    legs_of = Leg.objects.filter(state__in=(Leg.State.HELD, Leg.State.FAILED), delivery_id__in=given_up.values("id"))
    words = dict(given_up.filter(id__in=legs_of.values("delivery_id")).values_list("id", "words"))
    count = 0
    for leg in legs_of[:AT_ONCE]:
        legs.move(leg, Leg.State.GIVEN_UP, words.get(leg.delivery_id, ""))
        count += 1
    return count


def watch() -> int:
    """Letters held for an identity, whose patient is spoken of since: those that may leave now do. Returns how many."""
    held = Leg.objects.filter(state=Leg.State.HELD, reason__in=MENDED_BY_IDENTITY).select_related("letter")
    fresh = identities().spoken_of_since(held).order_by("state_at")[:AT_ONCE]
    return sum(_reconsider(leg, identities().newest(leg.letter)) for leg in fresh)


def _reconsider(leg: Leg, newest: int) -> bool:
    """Only what would really leave is put back on its way: its task is not closed for nothing."""
    if not _would_leave(leg):
        Leg.objects.filter(pk=leg.pk).update(looked_at=newest)
        return False
    try:
        again(Actor.system("letters"), leg, QUALIFIED)
    except (NothingToMend, NotFound):
        Leg.objects.filter(pk=leg.pk).update(looked_at=newest)
        return False
    return True


def _would_leave(leg: Leg) -> bool:
    letter = leg.letter
    exchange = Exchange.objects.filter(id=letter.exchange_id, at=letter.exchange_at).first()
    payload = journal.payload_of(exchange) if exchange is not None else None
    one = next((found for found in documents_of(payload or b"") if found.rank == letter.rank), None)
    if one is None:
        return False
    standing = identities().standing(letter)
    found = clear_for_dmp(one, standing, wants_ins_inside=False) if leg.kind == DMP else clear(one, standing)
    return not isinstance(found, Held)


@transaction.atomic
def again(actor: Actor, leg: Leg, words: str) -> None:
    """Put the delivery of this leg back on its way; raises NothingToMend when it is not stopped."""
    replay(actor=actor, kind=Delivery, stopped_id=leg.delivery_id)
    legs.move(leg, Leg.State.WAITING, words)
    audit.record(
        actor, "letters.sent_again", target=leg.letter, structure=leg.letter.structure_id, details={"leg": leg.kind}
    )


@transaction.atomic
def give_address(*, actor: Actor, letter_id: UUID, address: str) -> Letter:
    """A secretary found the mailbox of the recipient; the letter leaves again for it."""
    letter = access_letter(actor, letter_id, lock=True)
    if not Letter.objects.within(actor, P.ADDRESS).filter(id=letter.id).exists():
        raise Forbidden(f"Il faut : « {P.ADDRESS.label} ».", permission=P.ADDRESS.code)
    leg = letter.legs.filter(reason__in=(desks.ADDRESS, desks.SILENT)).first()
    if leg is None or not Delivery.objects.filter(id=leg.delivery_id, state="stopped").exists():
        raise NothingWaits
    address = address.strip().lower()
    if not is_trusted(address):
        raise AddressRefused
    was, letter.given_addresses = list(letter.given_addresses), [address]
    letter.save(update_fields=["given_addresses"])
    audit.record(
        actor,
        "letters.address_given",
        target=letter,
        structure=letter.structure_id,
        details={"from": was, "to": [address]},
    )
    replay(actor=Actor.system("letters"), kind=Delivery, stopped_id=leg.delivery_id)
    legs.move(leg, Leg.State.WAITING, "Une adresse a été donnée : le courrier repart.")
    return letter


def access_letter(actor: Actor, letter_id: UUID, *, lock: bool = False) -> Letter:
    """The letter, if the actor may follow it. Unseen: NotFound."""
    rows = Letter.objects.visible_to(actor).filter(id=letter_id)
    letter = (rows.select_for_update(of=("self",)) if lock else rows.select_related("structure")).first()
    if letter is None:
        raise NotFound
    return letter
