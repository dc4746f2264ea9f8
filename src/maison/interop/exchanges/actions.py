"""Acts of the integrator, and the declaration of software that exchanges."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.errors import BusinessError, Forbidden, NotFound
from maison.foundations.events import publish

from . import journal, mending
from .errors import NothingToMend, NotReplayable, PayloadGone, ReasonNeeded, WeakKey
from .events import ClientRegistered, ExchangeReplayed, ExchangeSetAside
from .models import Client, Door, Exchange, exchange_target
from .permissions import P
from .rehearsals import Rehearsal, rehearse

KEY_BYTES = 32
SHORTEST_KEY = 32
LARGEST_SELECTION = 200


def key_hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def normal_fingerprint(text: str) -> str:
    """SHA-256 of the certificate in DER form, 64 lower-case hexadecimal digits, without separators."""
    return text.replace(":", "").replace(" ", "").lower()


@transaction.atomic
def register_client(*, actor: Actor, client_id: str, name: str, structure_id: UUID,
                    doors: Iterable[str] = (Door.HTTP,), key: str | None = None, certificate_fingerprint: str | None = None,
                    certificate_subject: str = "", mllp: tuple[str, str, int | None] | None = None,
                    active: bool = True) -> tuple[Client, str]:  # fmt: skip
    """Declare software, or bring it up to date. Returns it with its key, readable this once ("" when unchanged).

    A new client that opens the HTTPS door gets a key of 256 random bits unless one is given (demonstration, migration
    from another platform). Passing `key=""` withdraws the key. `mllp` is (MSH-3, MSH-4, listening port or None for any port):
    how software that shows no certificate is known at the MLLP door.
    """
    may_manage_clients(actor)
    if key and len(key) < SHORTEST_KEY:
        raise WeakKey
    found = Client.objects.select_for_update().filter(client_id=client_id).first()
    client = found or Client(client_id=client_id)
    client.name, client.structure_id, client.doors, client.active = name, structure_id, sorted(set(doors)), active
    if key is None and found is None and Door.HTTP in client.doors:
        key = secrets.token_urlsafe(KEY_BYTES)
    if key is not None:
        client.key_hash = key_hash(key) if key else ""
    if certificate_fingerprint is not None:
        client.certificate_fingerprint = normal_fingerprint(certificate_fingerprint)
        client.certificate_subject = certificate_subject
    if mllp is not None:
        client.mllp_application, client.mllp_facility, client.mllp_port = mllp
    client.full_clean(exclude=["structure"])
    client.save()
    audit.record(
        actor, "exchanges.client_registered", target=client, structure=structure_id,
        details={"client": client_id, "doors": client.doors, "key_changed": key is not None, "active": active},
    )  # fmt: skip
    publish(ClientRegistered(client.id))
    return client, key or ""


@transaction.atomic
def change_key(*, actor: Actor, client_pk: UUID) -> tuple[Client, str]:
    """A new key; the old one opens nothing from the next request on."""
    may_manage_clients(actor)
    client = Client.objects.select_for_update().filter(id=client_pk).first()
    if client is None:
        raise NotFound
    key = secrets.token_urlsafe(KEY_BYTES)
    client.key_hash = key_hash(key)
    client.save(update_fields=["key_hash"])
    audit.record(actor, "exchanges.key_changed", target=client, structure=client.structure_id)
    publish(ClientRegistered(client.id))
    return client, key


def may_manage_clients(actor: Actor) -> None:
    if not (actor.is_system or actor.can(P.MANAGE_CLIENTS)):
        raise Forbidden(permission=P.MANAGE_CLIENTS.code)


def access_exchange(actor: Actor, exchange_id: UUID, permission: Permission, *, lock: bool = False) -> Exchange:
    """The exchange, if the actor may do this to it. Unseen: NotFound. Seen without the right: Forbidden."""
    rows = Exchange.objects.visible_to(actor).filter(id=exchange_id)
    exchange = (rows.select_for_update() if lock else rows).first()
    if exchange is None:
        raise NotFound
    if permission is not P.VIEW and not Exchange.objects.within(actor, permission).filter(id=exchange_id).exists():
        raise Forbidden(f"Il faut : « {permission.label} ».", permission=permission.code)
    return exchange


def may(actor: Actor, exchange: Exchange, permission: Permission) -> bool:
    """Whether a button is worth showing; the action checks again."""
    return Exchange.objects.within(actor, permission).filter(id=exchange.id).exists()


@transaction.atomic
def read_payload(*, actor: Actor, exchange_id: UUID) -> tuple[Exchange, bytes]:
    """The bytes of a message, with a reading trace (HUB-08)."""
    exchange = access_exchange(actor, exchange_id, P.READ_PAYLOAD)
    payload = journal.payload_of(exchange)
    if payload is None:
        raise PayloadGone
    audit.record(
        actor, "exchanges.payload_read", target=exchange_target(exchange.id),
        details={"type": exchange.message_type, "case": exchange.case_ref},
    )  # fmt: skip
    return exchange, payload


@transaction.atomic
def replay(*, actor: Actor, exchange_id: UUID) -> Exchange:
    """Deal again with a refused or waiting message, from its bytes, as if it had just arrived; or send again a message nobody
    took (HUB-01)."""
    exchange = access_exchange(actor, exchange_id, P.MEND, lock=True)
    if not exchange.is_replayable:
        raise NotReplayable
    if journal.payload_of(exchange) is None:
        raise PayloadGone
    mending.close(actor, exchange)
    exchange.needs_mending, exchange.relay_id = False, None
    exchange.attempts, exchange.next_attempt_at = 0, timezone.now()
    exchange.fault_code, exchange.faults = "", []
    state = Exchange.State.RECEIVED if exchange.direction == Exchange.Direction.IN else Exchange.State.TO_SEND
    journal.update(exchange, state=state, note="Rejoué à la demande d'une personne", by=actor.subject)
    audit.record(
        actor, "exchanges.replayed", target=exchange_target(exchange.id), details={"type": exchange.message_type}
    )
    publish(ExchangeReplayed(exchange.id))
    return exchange


@transaction.atomic
def replay_all(
    *, actor: Actor, exchange_ids: Iterable[UUID]
) -> tuple[list[Exchange], list[tuple[UUID, BusinessError]]]:
    """Replay a selection in the order the messages came. Returns those replayed, and those that cannot be with the reason."""
    done: list[Exchange] = []
    left: list[tuple[UUID, BusinessError]] = []
    for exchange_id in _in_order(exchange_ids):
        try:
            with transaction.atomic():
                done.append(replay(actor=actor, exchange_id=exchange_id))
        except (NotReplayable, PayloadGone, NotFound, Forbidden) as refusal:
            left.append((exchange_id, refusal))
    return done, left


def rehearse_all(*, actor: Actor, exchange_ids: Iterable[UUID]) -> list[Rehearsal]:
    """What replaying these would change, with nothing done; a trace says who asked."""
    told = []
    for exchange_id in _in_order(exchange_ids):
        exchange = access_exchange(actor, exchange_id, P.MEND)
        if not exchange.is_replayable:
            told.append(Rehearsal(exchange, possible=False, why=NotReplayable.message))
            continue
        told.append(rehearse(exchange))
        audit.record(
            actor, "exchanges.rehearsed", target=exchange_target(exchange.id), details={"state": told[-1].state}
        )
    return told


def _in_order(exchange_ids: Iterable[UUID]) -> list[UUID]:
    found = Exchange.objects.filter(id__in=list(exchange_ids)[:LARGEST_SELECTION]).order_by("seq")
    return list(found.values_list("id", flat=True))


@transaction.atomic
def trace_patient_search(*, actor: Actor, key: str) -> None:
    """Looking for the messages of one patient is a reading of its own (X-03); the trace holds the blind key."""
    if not actor.can(P.READ_PAYLOAD):
        raise Forbidden(permission=P.READ_PAYLOAD.code)
    audit.record(actor, "exchanges.patient_searched", target=("exchanges.patient_key", key))


@transaction.atomic
def set_aside(*, actor: Actor, exchange_id: UUID, reason: str) -> Exchange:
    """Nothing will be done of this message; the reason is kept with it."""
    exchange = access_exchange(actor, exchange_id, P.MEND, lock=True)
    if not exchange.needs_mending:
        raise NothingToMend
    if not reason.strip():
        raise ReasonNeeded
    mending.close(actor, exchange)
    exchange.needs_mending = False
    journal.update(exchange, note=f"Classé sans suite : {reason.strip()}", by=actor.subject)
    audit.record(actor, "exchanges.set_aside", target=exchange_target(exchange.id), reason=reason)
    publish(ExchangeSetAside(exchange.id))
    return exchange
