"""The moves of a subscription the house makes by itself: in service, mute, stopped. Each is traced, published, and told to someone."""

from __future__ import annotations

from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.foundations.notifications.actions import notify_holders
from maison.interop.fhir.events import SubscriptionMoved
from maison.interop.fhir.permissions import P

from . import desk
from .models import Subscription

Status = Subscription.Status
RIGHTS, ENDED, MUTE, CRITERIA, CHANNEL, PERSON, OWNER = (
    "rights",
    "ended",
    "mute",
    "criteria",
    "channel",
    "person",
    "owner",
)
WORDS = {
    RIGHTS: "Le logiciel n'a plus le droit de lire ce type de ressource.",
    ENDED: "La fin demandée par le logiciel est passée.",
    CHANNEL: "La messagerie n'est pas raccordée à la maison : les événements se relèvent par $events.",
    OWNER: "Arrêté par le logiciel.",
    PERSON: "Arrêté par une personne de la maison.",
}
HOUSE = Actor.system("fhir-subscriptions")


def _move(row: Subscription, status: str, reason: str, words: str, actor: Actor = HOUSE) -> None:
    """Inside the transaction that holds the row's lock."""
    row.status, row.status_at, row.reason, row.words = status, timezone.now(), reason, words[:300]
    row.save(update_fields=["status", "status_at", "reason", "words", "relay_id"])
    audit.record(actor, f"fhir.subscription_{status}", target=("fhir.Subscription", row.id), structure=row.client.structure_id,
                 details={"client": row.client.client_id, "reason": reason, "numbered": row.numbered, "sent": row.sent})  # fmt: skip
    publish(SubscriptionMoved(row.id, status, row.client.structure_id))


def activate(row: Subscription) -> None:
    """Its receiver answers: greeted, or back."""
    desk.close(HOUSE, row)
    _move(row, Status.ACTIVE, "", "")


def stop(row: Subscription, reason: str, actor: Actor = HOUSE) -> None:
    """Nothing more is numbered nor sent; what waits stays, and leaves if it is asked for again."""
    desk.close(actor, row)
    _move(row, Status.OFF, reason, WORDS[reason], actor)
    if reason in {RIGHTS, PERSON}:
        _tell(row, "Abonnement FHIR arrêté", WORDS[reason])


def fail(row: Subscription, reason: str, words: str) -> None:
    """It cannot be served as it stands: the subscriber reads it in the status, a person gets it as a task. Events still come."""
    if row.status == Status.ERROR and row.reason == reason:
        return
    desk.ask(row)
    _move(row, Status.ERROR, reason, words)
    _tell(row, "Abonnement FHIR muet", words)


def _tell(row: Subscription, title: str, words: str) -> None:
    """Those who look after the software of that structure, once for each move."""
    notify_holders(
        P.VIEW_SUBSCRIPTIONS, structure_id=row.client.structure_id, kind="fhir.subscription", title=title,
        text=f"{row.client.name}, {row.resource_type} : {words}"[:500], url_name="subscriptions:detail", url_args=(row.id,),
        key=f"fhir:{row.id}:{row.status}:{row.status_at:%Y%m%d%H%M%S}"[:160], mail=True,
    )  # fmt: skip
