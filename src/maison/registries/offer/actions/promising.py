"""A bed asked for, held, answered, given back or let go. Who holds a bed, until when and why it was given back is always known."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit, clock, relay
from maison.foundations.access import Actor
from maison.foundations.crisis.models import Level
from maison.foundations.crisis.selectors import level_of as crisis_level
from maison.foundations.errors import NotFound
from maison.foundations.events import publish
from maison.foundations.notifications.actions import notify
from maison.foundations.relay.errors import RelayEnded, StepNotPossible
from maison.foundations.structures.models import Structure
from maison.registries.offer.access import access_offer, access_promise, asking_structure
from maison.registries.offer.delays import ARRIVAL, HOLD
from maison.registries.offer.errors import (
    AlreadyAsked,
    FigureTooOld,
    NoFreeBed,
    NotYourOwn,
    OfferClosed,
    PromiseEnded,
    ReasonMissing,
)
from maison.registries.offer.events import PromiseMoved
from maison.registries.offer.models import Offer, Promise
from maison.registries.offer.permissions import P
from maison.registries.offer.relays import ANSWERED, APPROVAL, BED, ENDED, RECEIVED
from maison.registries.offer.selectors.beds import free_beds

APPROVED_FROM = Level.EXCEPTIONAL
"""The level of crisis from which a new request is approved by the ARS or the regulation before it reaches the unit."""
State = Promise.State


@transaction.atomic
def ask_for_bed(*, actor: Actor, offer_id: UUID, need: Promise.Need, callback: str = "") -> Promise:
    """Hold a bed and ask the unit. In crisis the request waits first for an approval, and holds nothing meanwhile. The offer is locked
    before its free beds are counted: several promises never exceed them."""
    structure = asking_structure(actor)
    offer = access_offer(actor, offer_id, lock=True)
    _open(offer)
    waiting = Promise.objects.filter(offer=offer, from_structure=structure, asked_by=actor.subject)
    if waiting.filter(state__in=(State.TO_APPROVE, State.ASKED)).exists():
        raise AlreadyAsked
    _one_is_free(offer)
    approval = crisis_level(offer.site.department) >= APPROVED_FROM
    promise = Promise(
        offer=offer, need=need, with_approval=approval, from_structure=structure, asked_by=actor.subject,
        asked_by_name=actor.name, callback=callback.strip()[:20], state=State.TO_APPROVE,
    )  # fmt: skip
    if approval:
        _send_for_approval(actor, promise)
        return _moved(actor, promise, offer, "offer.bed_asked", new=True)
    _hold(actor, promise, offer)
    return _moved(actor, promise, offer, "offer.bed_held", new=True)


def _send_for_approval(actor: Actor, promise: Promise) -> None:
    agency = Structure.objects.open().filter(kind=Structure.Kind.AGENCY).order_by("id").first()
    if agency is not None:
        promise.relay = relay.send(
            actor, kind=APPROVAL, subject=("offer.promise", promise.id), to_structure=agency.id,
            from_structure=promise.from_structure_id, urgency=0,
        )  # fmt: skip


def _open(offer: Offer) -> None:
    if offer.state != Offer.State.PUBLISHED or not offer.has_beds:
        raise OfferClosed


def _one_is_free(offer: Offer) -> None:
    free = free_beds(offer)
    if free is None:
        raise FigureTooOld
    if free < 1:
        raise NoFreeBed


def _hold(actor: Actor, promise: Promise, offer: Offer) -> None:
    promise.state = State.ASKED
    promise.held_until = _until(HOLD)
    promise.relay = relay.send(
        actor, kind=BED, subject=("offer.promise", promise.id), to_structure=offer.structure_id,
        from_structure=promise.from_structure_id, urgency=0,
    )  # fmt: skip
    clock.start(HOLD, promise.id, due_at=promise.held_until)


def _until(code: str) -> datetime:
    return timezone.now() + timedelta(seconds=clock.seconds_of(code))


@transaction.atomic
def approve_request(*, actor: Actor, promise_id: UUID) -> Promise:
    """Let a request of crisis through: the bed is held from now on, if one is still free."""
    promise, offer = access_promise(actor, promise_id, P.APPROVE_REQUESTS)
    _to_approve(actor, promise)
    _open(offer)
    _one_is_free(offer)
    _answer_approval(actor, promise, "Approuvée")
    promise.approved_by_name = actor.name
    _hold(actor, promise, offer)
    return _moved(actor, promise, offer, "offer.request_approved")


@transaction.atomic
def reject_request(*, actor: Actor, promise_id: UUID, reason: str) -> Promise:
    promise, offer = access_promise(actor, promise_id, P.APPROVE_REQUESTS)
    _to_approve(actor, promise)
    promise.state, promise.reason, promise.approved_by_name = State.REJECTED, _reason(reason), actor.name
    _answer_approval(actor, promise, "Non approuvée")
    _tell_requester(promise, offer, "n'est pas approuvée")
    return _moved(actor, promise, offer, "offer.request_rejected")


def _to_approve(actor: Actor, promise: Promise) -> None:
    if promise.state != State.TO_APPROVE:
        raise PromiseEnded
    if promise.asked_by == actor.subject:
        raise NotYourOwn


def _answer_approval(actor: Actor, promise: Promise, note: str) -> None:
    if promise.relay_id is not None:
        relay.mark(actor, promise.relay_id, ANSWERED, note=note)


@transaction.atomic
def receive_requests(*, actor: Actor, promise_ids: list[UUID]) -> int:
    """The unit's screen shows them: whoever asked sees « reçue ». Said again without harm."""
    rows = Promise.objects.visible_to(actor).filter(
        id__in=promise_ids, state=State.ASKED, offer__structure__in=actor.structures_with(P.ANSWER_REQUESTS),
        relay__status=BED.steps[0].code, relay__ending="",
    )  # fmt: skip
    received = 0
    for promise in rows.select_related("offer"):
        assert promise.relay_id is not None
        try:
            relay.mark(actor, promise.relay_id, RECEIVED)
        except (RelayEnded, StepNotPossible):
            continue  # it went on between the reading of the list and now
        publish(_event(promise, promise.offer))
        received += 1
    return received


@transaction.atomic
def accept_request(*, actor: Actor, promise_id: UUID) -> Promise:
    """The unit promises the bed: it is held until the patient comes, with a new countdown."""
    promise, offer = access_promise(actor, promise_id, P.ANSWER_REQUESTS)
    if promise.state == State.ACCEPTED:
        return promise
    if promise.state != State.ASKED:
        raise PromiseEnded
    promise.state, promise.answered_by_name, promise.held_until = State.ACCEPTED, actor.name, _until(ARRIVAL)
    clock.start(HOLD, promise.id, due_at=promise.held_until)
    _mark(actor, promise, ANSWERED, "Lit promis")
    return _moved(actor, promise, offer, "offer.request_accepted")


@transaction.atomic
def refuse_request(*, actor: Actor, promise_id: UUID, reason: Promise.Refusal) -> Promise:
    promise, offer = access_promise(actor, promise_id, P.ANSWER_REQUESTS)
    if promise.state not in Promise.HOLDING:
        raise PromiseEnded
    return _refuse(actor, promise, offer, str(Promise.Refusal(reason).label))


def _refuse(actor: Actor, promise: Promise, offer: Offer, reason: str) -> Promise:
    promise.state, promise.answered_by_name, promise.reason = State.REFUSED, actor.name, reason
    _mark(actor, promise, ENDED, f"Refusée : {reason}")
    _tell_requester(promise, offer, "est refusée par l'unité")
    return _moved(actor, promise, offer, "offer.request_refused")


@transaction.atomic
def receive_patient(*, actor: Actor, promise_id: UUID) -> Promise:
    """The patient is in the bed: the promise is kept."""
    promise, offer = access_promise(actor, promise_id, P.ANSWER_REQUESTS)
    if promise.state != State.ACCEPTED:
        raise PromiseEnded
    promise.state = State.TAKEN
    _mark(actor, promise, ENDED, "Patient arrivé")
    return _moved(actor, promise, offer, "offer.patient_received")


@transaction.atomic
def release_bed(*, actor: Actor, promise_id: UUID, reason: Promise.Release) -> Promise:
    """Whoever asked gives the bed back, and says why; the unit acknowledges it."""
    promise, offer = access_promise(actor, promise_id, P.REQUEST_BED)
    if promise.state not in Promise.ALIVE:
        raise PromiseEnded
    before = promise.state
    promise.state, promise.reason = State.RELEASED, str(Promise.Release(reason).label)
    if before == State.TO_APPROVE:
        _answer_approval(actor, promise, "Retirée par qui l'a faite")
    elif promise.relay_id is not None:
        relay.cancel(actor, promise.relay_id, note=promise.reason)
    return _moved(actor, promise, offer, "offer.bed_released")


@transaction.atomic
def acknowledge_end(*, actor: Actor, promise_id: UUID) -> Promise:
    """The unit knows that the bed is no longer held."""
    promise, offer = access_promise(actor, promise_id, P.ANSWER_REQUESTS)
    if promise.relay_id is not None:
        relay.acknowledge(actor, promise.relay_id)
    publish(_event(promise, offer))
    return promise


@transaction.atomic
def expire(promise_id: UUID) -> None:
    """The countdown has ended: the bed is free again, both sides see it. Run by the clock, at least once."""
    offer_id = Promise.objects.filter(id=promise_id).values_list("offer_id", flat=True).first()
    if offer_id is None:
        raise NotFound
    offer = Offer.objects.select_for_update(of=("self",)).select_related("structure", "site").get(id=offer_id)
    promise = Promise.objects.select_for_update(of=("self",)).get(id=promise_id)
    if promise.state not in Promise.HOLDING or promise.held_until is None:
        return
    if promise.held_until > timezone.now():
        clock.start(HOLD, promise.id, due_at=promise.held_until)
        return
    actor = Actor.system("clock")
    promise.state, promise.reason = State.EXPIRED, "Délai passé"
    if promise.relay_id is not None:
        relay.cancel(actor, promise.relay_id, note=promise.reason)
    _tell_requester(promise, offer, "a expiré")
    _moved(actor, promise, offer, "offer.bed_expired")


def end_for_closed(actor: Actor, offer: Offer) -> None:
    """A unit that closes keeps no promise; whoever asked is told."""
    for promise in Promise.objects.select_for_update(of=("self",)).filter(offer=offer, state__in=Promise.ALIVE):
        if promise.state == State.TO_APPROVE:
            _answer_approval(actor, promise, "Unité fermée")
            promise.state, promise.reason = State.REJECTED, "L'unité ferme"
            _tell_requester(promise, offer, "n'est pas possible : l'unité ferme")
            _moved(actor, promise, offer, "offer.request_rejected")
        else:
            _refuse(actor, promise, offer, "L'unité ferme")


def _mark(actor: Actor, promise: Promise, step: str, note: str) -> None:
    if promise.relay_id is not None:
        relay.mark(actor, promise.relay_id, step, note=note)


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing
    return text.strip()[:300]


def _tell_requester(promise: Promise, offer: Offer, what: str) -> None:
    notify(
        [promise.asked_by], kind="offer.promise", title=f"Votre demande de lit {what}", text=f"{offer.site.short_name}, {offer.name}",
        url_name="offer:asked", key=f"offer.promise:{promise.id}:{promise.state}",
    )  # fmt: skip


def _moved(actor: Actor, promise: Promise, offer: Offer, act: str, *, new: bool = False) -> Promise:
    if not promise.is_holding and not new:
        clock.stop(HOLD, promise.id)
        if promise.state != State.TO_APPROVE:
            promise.ended_at = timezone.now()
    promise.save()
    audit.record(actor, act, target=promise, structure=offer.structure_id, details={"state": promise.state})
    publish(_event(promise, offer))
    return promise


def _event(promise: Promise, offer: Offer) -> PromiseMoved:
    return PromiseMoved(promise.id, offer.id, offer.structure_id, promise.from_structure_id, promise.state)
