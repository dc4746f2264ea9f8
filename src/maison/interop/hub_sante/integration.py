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

from django.db import OperationalError, close_old_connections, connection, transaction
from django.utils import timezone

from maison.formats.hub_sante import wire
from maison.foundations import audit, gathering
from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.events import publish
from maison.interop.exchanges import journal, mending
from maison.interop.exchanges.events import ExchangeRefused
from maison.interop.exchanges.lanes import LaneLoop
from maison.interop.exchanges.models import Client, Exchange, exchange_target
from maison.interop.exchanges.sealing import unseal

from . import CHANNEL, intake, outbound, refusals, rooms
from .refusals import Refusal

log = logging.getLogger(__name__)
State = Exchange.State

BATCH = 25
"""Messages of one transaction: enough to share what each costs, few enough for screens to hear of the first soon."""
AHEAD = 4 * BATCH
"""Messages looked at to find lanes nobody is on."""
ALONE_SECONDS = 0.1
"""Messages dealt with one by one: the batch ends after this time."""
ATTEMPTS = 8
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
LOCK = 7_310_041
ANSWER_SECONDS = 0.25
"""While messages keep coming, facts that others must hear are looked for this often; as soon as there is a lull otherwise."""

# Written by hand: these run for every message of the region.
LANES = """
WITH due AS MATERIALIZED (
  SELECT lane FROM (
    SELECT lane, seq FROM exchanges_exchange WHERE channel = %s AND state = 'received' AND next_attempt_at <= %s
      AND lane NOT IN (
        SELECT lane FROM exchanges_exchange
        WHERE channel = %s AND state = 'received' AND attempts > 0 AND next_attempt_at > %s)
    ORDER BY seq LIMIT %s) AS first
  GROUP BY lane ORDER BY min(seq))
SELECT lane FROM due WHERE pg_try_advisory_xact_lock(%s, hashtext(lane)) LIMIT %s
"""
COLUMNS = tuple(field.attname for field in Exchange._meta.concrete_fields if field.attname not in {"faults", "history"})
_COLUMNS = ", ".join(COLUMNS)
PENDING = f"""
SELECT {_COLUMNS}, (SELECT body FROM exchanges_payload p WHERE p.id = e.id AND p.at = e.at) FROM (
  SELECT {_COLUMNS} FROM exchanges_exchange
  WHERE channel = %s AND state = 'received' AND lane = ANY(%s::text[]) ORDER BY seq LIMIT %s) AS e
ORDER BY seq
"""  # noqa: S608 -- names of ours
WAITING = """
SELECT DISTINCT case_ref FROM exchanges_exchange
WHERE channel = %s AND state = 'waiting' AND case_ref = ANY(%s::text[]) AND fault_code = ''
"""


class Alone(Exception):
    """Not a message to deal with in the company of others: it is refused, or its bytes are gone."""


SEALED = "sealed"
"""The bytes read with a pending exchange, still sealed."""
CHANGED = ("state", "state_at", "note", "fault_code", "attempts", "case_ref")


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
    """The first lanes that nobody is on: together when all goes well, one by one as soon as something does not."""
    lanes = _due(limit)
    clients = _clients(lanes)
    steady = [lane for lane in lanes if not any(exchange.attempts for exchange in lane)]
    if limit > 1 and steady and _together([exchange for lane in steady for exchange in lane], clients):
        lanes = [lane for lane in lanes if lane not in steady]
        count = sum(map(len, steady))
    else:
        count = 0
    deadline = time.monotonic() + ALONE_SECONDS
    for lane in lanes:
        for exchange in lane:
            count += 1
            if not _deal_with(exchange, clients.get(exchange.client_id)):
                break
        if time.monotonic() > deadline:
            break
    return count


def _due(limit: int) -> list[list[Exchange]]:
    """The messages to deal with, lane by lane. Their lanes are locked first, then read: another worker may just have
    dealt with some. A lane whose first message waits for its next attempt waits whole."""
    now = timezone.now()
    _, due = gathering.ask((gathering.KEEP_PLANS, []), (LANES, [CHANNEL, now, CHANNEL, now, AHEAD, LOCK, limit]))
    if not due:
        return []
    (rows,) = gathering.ask((PENDING, [CHANNEL, [row[0] for row in due], limit]))
    lanes: dict[str, list[Exchange]] = {}
    shut: set[str] = set()
    for *values, sealed in rows:
        exchange = Exchange.from_db("default", COLUMNS, values)
        setattr(exchange, SEALED, sealed)
        if exchange.next_attempt_at > now:
            shut.add(exchange.lane)
        if exchange.lane not in shut:
            lanes.setdefault(exchange.lane, []).append(exchange)
    return list(lanes.values())


def _clients(lanes: list[list[Exchange]]) -> dict[UUID | None, Client]:
    asked = {exchange.client_id for lane in lanes for exchange in lane if exchange.client_id}
    return {client.id: client for client in Client.objects.filter(id__in=asked)} if asked else {}


# -- together


def _together(exchanges: list[Exchange], clients: dict[UUID | None, Client]) -> bool:
    """All these messages, or none: what they read is read at once, what they write is written at once."""
    before = [{name: getattr(exchange, name) for name in CHANGED} for exchange in exchanges]
    try:
        with transaction.atomic(), gathering.gathered():
            work = [(exchange, *_readable(exchange, clients.get(exchange.client_id))) for exchange in exchanges]
            foreseen = _foreseen([envelope for _, envelope, _ in work])
            for exchange, envelope, client in work:
                _note_done(exchange, _room(exchange, client, envelope, foreseen))
            journal.update_all((exchange, exchange.state, exchange.note, "") for exchange in exchanges)
            integrated = [
                (exchange, envelope) for exchange, envelope, _ in work if _is_acknowledged(exchange, envelope)
            ]
            outbound.acknowledge_all(integrated, "INTEGRE")
            _free_waiting([exchange for exchange, _ in integrated])
            gathering.settle()
            connection.check_constraints()  # here, where only this batch is undone; not at the commit, where the loop falls
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 -- the message it belongs to meets it again alone, where it is dealt with
        log.warning("hub_sante.one_by_one %s", type(error).__name__)
        for exchange, values in zip(exchanges, before, strict=True):
            exchange.__dict__.update(values)
            exchange.__dict__.pop("faults", None)  # read again when asked
        return False
    return True


def _readable(exchange: Exchange, client: Client | None) -> tuple[wire.Envelope, Client | None]:
    sealed = getattr(exchange, SEALED, None)
    if sealed is None:
        raise Alone
    judgement = intake.judge(unseal(exchange.id, bytes(sealed)))
    envelope = judgement.envelope
    if judgement.refusal or envelope is None or client is None or client.client_id != envelope.sender_id:
        raise Alone
    return envelope, client


def _foreseen(envelopes: list[wire.Envelope]) -> dict[rooms.Foresight, object]:
    """What each room that reads ahead has read for all its messages."""
    asked: dict[rooms.Foresight, list[wire.Envelope]] = {}
    for envelope in envelopes:
        for rank, content in enumerate(envelope.contents):
            room = rooms.room_of(content.type.code)
            if room is not None and room.foresee is not None:
                asked.setdefault(room.foresee, []).append(_alone(envelope, content, rank))
    return {foresee: foresee(messages) for foresee, messages in asked.items()}


# -- one by one


def _deal_with(exchange: Exchange, client: Client | None) -> bool:
    """One message, in its savepoint. False: it failed on our side and its lane waits for its next attempt."""
    try:
        with transaction.atomic():
            _integrate(exchange, client)
            connection.check_constraints()
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
    sealed = getattr(exchange, SEALED, None)
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
    _note_done(exchange, _room(exchange, client, envelope, {}))
    journal.update(exchange, state=exchange.state, note=exchange.note)
    if _is_acknowledged(exchange, envelope):
        outbound.acknowledge(exchange, envelope, "INTEGRE")
        _free_waiting([exchange])


# -- what a message becomes


def _note_done(exchange: Exchange, done: Done) -> None:
    exchange.state, exchange.state_at, exchange.note = done.state, timezone.now(), done.note
    exchange.fault_code, exchange.faults = "", []
    exchange.case_ref = done.case_ref or exchange.case_ref
    exchange.attempts += 1


def _is_acknowledged(exchange: Exchange, envelope: wire.Envelope) -> bool:
    return exchange.state == State.INTEGRATED and envelope.type.code not in intake.ACKNOWLEDGING


def _actor(exchange: Exchange, client: Client | None) -> Actor:
    if client is None:
        return Actor.software("hub", "Hub Santé", exchange_id=exchange.id)
    return Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=exchange.id)


def _room(
    exchange: Exchange, client: Client | None, envelope: wire.Envelope, foreseen: dict[rooms.Foresight, object]
) -> Done:
    """Give each use case of the envelope to its room. The transport carries one; the schema allows several."""
    actor = _actor(exchange, client)
    done: list[Done] = []
    for rank, content in enumerate(envelope.contents):
        if content.type.code in intake.ACKNOWLEDGING:
            done.append(_answered(content))
            continue
        room = rooms.room_of(content.type.code)
        if room is None:
            done.append(Done(State.KEPT, "Type reconnu et conservé : aucun service de la maison ne le traite encore."))
            continue
        outcome = _outcome(room, actor, _alone(envelope, content, rank), foreseen)
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


def _outcome(
    room: rooms.Room, actor: Actor, envelope: wire.Envelope, foreseen: dict[rooms.Foresight, object]
) -> rooms.Outcome:
    if room.foresee is not None:
        return room.handler(actor, envelope, *([foreseen[room.foresee]] if room.foresee in foreseen else []))
    # It may read again what it has just written: in a savepoint of its own, nothing it writes waits.
    gathering.settle()
    with transaction.atomic():
        return room.handler(actor, envelope)


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


def _free_waiting(integrated: list[Exchange]) -> None:
    """Cases have come: the updates their rooms kept are now part of them, and their senders are told."""
    cases = {exchange.case_ref for exchange in integrated if exchange.case_ref and exchange.message_type == "RS-EDA"}
    if not cases:
        return
    (found,) = gathering.ask((WAITING, [CHANNEL, list(cases)]))
    if not found:
        return
    waiting = Exchange.objects.select_for_update().filter(
        channel=CHANNEL, state=State.WAITING, case_ref__in=[row[0] for row in found], fault_code=""
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


class Turn:
    """One batch of each kind of work: messages for the rooms, then facts that others must hear."""

    def __init__(self) -> None:
        self.answered_at = 0.0

    def __call__(self) -> int:
        done = integrate_pending()
        if not done or time.monotonic() - self.answered_at > ANSWER_SECONDS:
            done += outbound.answer_events()
            self.answered_at = time.monotonic()
        return done


loop = LaneLoop(Turn(), name="integration")
