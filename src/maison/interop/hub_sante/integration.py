"""From held messages to the rooms: in the order of each case, each message whole or not at all.

Several workers share the work. A *lane* is a case (or one message that belongs to none): whoever holds its lock deals
with its messages in the order they arrived, so that an error holds back only its own lane (HUB-02, HUB-03). What a
room does, the acknowledgement and the state of the exchange are one transaction: killed at any moment, a worker leaves
either the message as it was, or everything done.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from django.db import OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from maison.formats.hub_sante import wire
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.events import announcer, publish
from maison.foundations.jobs import Life
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.events import ExchangeRefused
from maison.interop.exchanges.models import Client, Exchange, exchange_target
from maison.interop.exchanges.sealing import unseal

from . import CHANNEL, intake, outbound, refusals, rooms
from .refusals import Refusal

log = logging.getLogger(__name__)
State = Exchange.State

BATCH = 50
BATCH_SECONDS = 0.1
"""A batch ends after this time: screens hear of its messages when it commits."""
ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
LOCK = 7_310_041
POLL_SECONDS = 1.0

CANDIDATES = """
SELECT lane FROM exchanges_exchange WHERE channel = %s AND state = 'received' AND next_attempt_at <= %s
ORDER BY seq LIMIT %s
"""
# Written by hand: these run for every message of the region.
# In two steps: joining two tables of many months costs 5 ms of planning, reading one row of a known month next to none.
PENDING = """
SELECT id, at FROM exchanges_exchange WHERE channel = %s AND state = 'received' AND lane = %s ORDER BY seq LIMIT %s FOR UPDATE
"""
ONE = """
SELECT e.*, p.body AS sealed FROM exchanges_exchange e LEFT JOIN exchanges_payload p ON p.id = e.id AND p.at = %(at)s
WHERE e.id = %(id)s AND e.at = %(at)s
"""
WAITING = """
SELECT 1 FROM exchanges_exchange
WHERE channel = %s AND state = 'waiting' AND case_ref = %s AND fault_code = '' LIMIT 1
"""
LOCKED = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))"


class RoomFailed(Exception):
    """A room met something it did not foresee; the message stays and is tried again."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one message."""

    state: str
    note: str = ""
    case_ref: str = ""


def integrate_pending(limit: int = BATCH) -> int:
    """Deal with the messages that are due; returns how many. Zero: nothing is due, or others are on it."""
    try:
        return _batch(limit)
    except OperationalError as error:
        # Two batches met on the rows of a room (deadlock), or the database went away: nothing was done. One by one
        # there is nothing to meet on.
        log.warning("hub_sante.batch_again %s", type(error).__name__)
        close_old_connections()
        return _batch(1)


@transaction.atomic
def _batch(limit: int) -> int:
    """Lane after lane, each locked only when its turn comes, so that others find lanes of their own."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [CHANNEL, timezone.now(), limit])
        lanes = list(dict.fromkeys(row[0] for row in cursor.fetchall()))
    deadline, count = time.monotonic() + BATCH_SECONDS, 0
    clients: dict[UUID | None, Client] = {}
    for lane in lanes:
        count += _lane(lane, limit - count, clients)
        if count >= limit or time.monotonic() > deadline:
            break
    return count


def _lane(lane: str, limit: int, clients: dict[UUID | None, Client]) -> int:
    """The messages of one lane that are due, in their order; zero when someone else is on it."""
    with connection.cursor() as cursor:
        cursor.execute(LOCKED, [LOCK, lane])
        if not cursor.fetchone()[0]:
            return 0
        # Read under the lock: another worker may just have dealt with some of them.
        cursor.execute(PENDING, [CHANNEL, lane, limit])
        pending = cursor.fetchall()
    count = 0
    for identity, at in pending:
        exchange = Exchange.objects.raw(ONE, {"id": identity, "at": at})[0]
        if exchange.next_attempt_at > timezone.now():
            break
        if exchange.client_id and exchange.client_id not in clients:
            clients[exchange.client_id] = Client.objects.get(id=exchange.client_id)
        count += 1
        if not _deal_with(exchange, clients.get(exchange.client_id)):
            break
    return count


def _deal_with(exchange: Exchange, client: Client | None) -> bool:
    """One message, in its savepoint. False: it failed on our side and its lane waits for its next attempt."""
    try:
        with transaction.atomic():
            _integrate(exchange, client)
    except OperationalError:
        raise
    except BusinessError as error:
        exchange.refresh_from_db()
        _refuse(exchange, client, Refusal(refusals.ROOM, f"{error.code} : {error.text}"))
    except (
        Exception
    ) as error:  # a defect of a room must not stop the others nor lose the message: held, logged, retried
        log.exception("hub_sante.integration_failed %s", exchange.id)
        exchange.refresh_from_db()
        return _try_later(exchange, type(error).__name__)
    return True


def _integrate(exchange: Exchange, client: Client | None) -> None:
    sealed = getattr(exchange, "sealed", None)
    if sealed is None:
        raise RoomFailed("the payload of a pending exchange is gone")
    judgement = intake.judge(unseal(exchange.id, bytes(sealed)))
    if judgement.broken:
        raise RoomFailed("the message could not be read")
    if judgement.refusal is not None:
        _refuse(exchange, client, judgement.refusal, judgement)
        return
    envelope = judgement.envelope
    if envelope is None:
        raise RoomFailed("neither read nor refused")
    if client is None and envelope.type.code != "RS-ERROR":
        # It came by the broker from someone unknown, and a person asked to take it again: known since, or still not.
        client = Client.objects.in_use().filter(client_id=envelope.sender_id).select_related("structure").first()
        if client is None:
            _refuse(exchange, client, Refusal(refusals.UNKNOWN_SENDER), judgement)
            return
    elif client is not None and client.client_id != envelope.sender_id:
        _refuse(exchange, client, Refusal(refusals.FORGED), judgement)
        return
    done = _room(exchange, client, envelope)
    exchange.fault_code, exchange.faults = "", []
    exchange.case_ref = done.case_ref or exchange.case_ref
    exchange.attempts += 1
    journal.update(exchange, state=done.state, note=done.note)
    if done.state == State.INTEGRATED and envelope.type.code not in intake.ACKNOWLEDGING:
        outbound.acknowledge(exchange, envelope, "INTEGRE")
        _free_waiting(exchange)


def _actor(exchange: Exchange, client: Client | None) -> Actor:
    if client is None:
        return Actor.software("hub", "Hub Santé", exchange_id=exchange.id)
    return Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=exchange.id)


def _room(exchange: Exchange, client: Client | None, envelope: wire.Envelope) -> Done:
    """Give each use case of the envelope to its room. The transport carries one; the schema allows several."""
    actor = _actor(exchange, client)
    done: list[Done] = []
    for rank, content in enumerate(envelope.contents):
        if content.type.code in intake.ACKNOWLEDGING:
            done.append(_answered(content))
            continue
        handler = rooms.handler_of(content.type.code)
        if handler is None:
            done.append(Done(State.KEPT, "Type reconnu et conservé : aucun service de la maison ne le traite encore."))
            continue
        outcome = handler(actor, _alone(envelope, content, rank))
        state = {"waiting": State.WAITING, "kept": State.KEPT}.get(outcome.status, State.INTEGRATED)
        note = getattr(outcome, "note", "") or (
            "Gardé jusqu'à la création du dossier" if state == State.WAITING else ""
        )
        done.append(Done(state, note, outcome.case_ref))
    for state in (State.WAITING, State.INTEGRATED):
        for one in done:
            if one.state == state:
                return one
    return done[0]


def _alone(envelope: wire.Envelope, content: wire.Content, rank: int) -> wire.Envelope:
    """The envelope as if this use case were alone in it, under its own identity."""
    if len(envelope.contents) == 1:
        return envelope
    return wire.Envelope(
        distribution_id=f"{envelope.distribution_id}#{rank}" if rank else envelope.distribution_id,
        sender_id=envelope.sender_id, sent_at=envelope.sent_at, expires_at=envelope.expires_at, kind=envelope.kind,
        status=envelope.status, recipient_id=envelope.recipient_id, contents=[content], scheme=envelope.scheme,
        language=envelope.language, format=envelope.format,
    )  # fmt: skip


def _answered(content: wire.Content) -> Done:
    """An acknowledgement or an error that answers one of our messages."""
    answers = outbound.confirm if content.type.code == "RC-REF" else outbound.denied
    found = answers(content.message)
    if found is None:
        return Done(State.KEPT, "Ne répond à aucun message émis par la maison.")
    return Done(State.INTEGRATED, f"Répond au message {found.distribution_id}", found.case_ref)


def _free_waiting(exchange: Exchange) -> None:
    """The case has come: the updates its room kept are now part of it, and their senders are told."""
    if not exchange.case_ref or exchange.message_type != "RS-EDA":
        return
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [CHANNEL, exchange.case_ref])
        if cursor.fetchone() is None:
            return
    waiting = Exchange.objects.select_for_update().filter(
        channel=CHANNEL, state=State.WAITING, case_ref=exchange.case_ref, fault_code=""
    )
    for late in waiting.order_by("seq"):
        journal.update(late, state=State.INTEGRATED, note="Intégré avec la création du dossier")
        if (payload := journal.payload_of(late)) is not None:
            outbound.acknowledge(late, wire.read_envelope(payload), "INTEGRE")


def _refuse(
    exchange: Exchange, client: Client | None, refusal: Refusal, judgement: intake.Judgement | None = None
) -> None:
    """Said to the sender, kept whole, handed to a person."""
    exchange.fault_code, exchange.faults, exchange.needs_mending = refusal.reason.code, refusal.kept_faults(), True
    exchange.attempts += 1
    journal.update(exchange, state=State.REFUSED, note=refusal.detail or refusal.reason.message)
    outbound.report_error(exchange, refusal, judgement)
    audit.record(
        _actor(exchange, client), "exchanges.refused", target=exchange_target(exchange.id), outcome="refused",
        details={"code": refusal.reason.code, "door": exchange.door, "type": exchange.message_type},
    )  # fmt: skip
    publish(ExchangeRefused(exchange.id, exchange.client_id, refusal.reason.code))
    mending.ask(exchange.id, client_id=exchange.client_id, fault_code=refusal.reason.code)


def _try_later(exchange: Exchange, error: str) -> bool:
    """5 s, 10 s, 20 s … one hour at most; after the last attempt a person looks, and the lane goes on."""
    exchange.attempts += 1
    exchange.next_attempt_at = timezone.now() + min(FIRST_RETRY * 2 ** (exchange.attempts - 1), LONGEST_RETRY)
    exchange.fault_code = refusals.HOUSE.code
    over = exchange.attempts >= ATTEMPTS
    exchange.needs_mending = over
    journal.update(
        exchange,
        state=State.WAITING if over else None,
        note=f"Défaut de la maison ({error}), tentative {exchange.attempts}",
    )
    if over:
        mending.ask(exchange.id, client_id=exchange.client_id, fault_code=refusals.HOUSE.code, urgency=0)
    return over


# -- the loop


class IntegrationLoop:
    """Runs in the worker: integrates what arrives, answers what rooms publish; woken by the database, at worst each second."""

    def __init__(self) -> None:
        self.listening: psycopg.Connection | None = None

    def __call__(self, life: Life) -> None:
        try:
            while not life.stopping:
                life.turned()
                if not self.turn():
                    self.wait()
        finally:
            if self.listening is not None:
                self.listening.close()
                self.listening = None

    def turn(self) -> int:
        """One batch of each kind of work; returns how much was done."""
        close_old_connections()
        try:
            done = integrate_pending()
            done += outbound.answer_events()
        finally:
            close_old_connections()
        return done

    def wait(self) -> None:
        try:
            if self.listening is None or self.listening.closed:
                self.listening = psycopg.connect(
                    announcer.connection_string(), autocommit=True, application_name="maison-integration"
                )
                self.listening.execute(f"LISTEN {announcer.CHANNEL}")
                return  # something may have come before we listened
            for _ in self.listening.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        except psycopg.Error as error:
            log.warning("hub_sante.listen_failed %s", type(error).__name__)
            if self.listening is not None:
                self.listening.close()
            self.listening = None
            time.sleep(POLL_SECONDS)


loop = IntegrationLoop()
