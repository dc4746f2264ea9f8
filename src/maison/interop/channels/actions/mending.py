"""Stopped messages: put back on their way, or given up with a reason (HUB-01)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit, relay
from maison.foundations.access.actor import Actor
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish
from maison.interop.channels import desks
from maison.interop.channels.access import access_stopped, access_task, may_mend, require_in
from maison.interop.channels.errors import NothingToMend, ReasonNeeded
from maison.interop.channels.events import MessageMended
from maison.interop.channels.models import Delivery, DeskRule, Passage
from maison.interop.channels.permissions import P
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange

ALL_AT_ONCE = 500

type Stopped = Passage | Delivery


def _told(actor: Actor, stopped: Stopped, outcome: str, reason: str = "") -> None:
    passage_id = stopped.passage_id if isinstance(stopped, Delivery) else stopped.id
    audit.record(
        actor, f"channels.message_{outcome}", target=stopped, structure=stopped.channel.structure_id, reason=reason,
        details={"channel": stopped.channel.code, "motive": stopped.reason, "exchange": str(stopped.exchange_id)},
    )  # fmt: skip
    publish(MessageMended(stopped.channel_id, passage_id, outcome))


def _take(actor: Actor, kind: type[Passage] | type[Delivery], stopped_id: UUID) -> Stopped:
    stopped = access_stopped(actor, kind, stopped_id)
    if stopped.state != "stopped":
        raise NothingToMend
    return stopped


@transaction.atomic
def replay(*, actor: Actor, kind: type[Passage] | type[Delivery], stopped_id: UUID) -> Stopped:
    """Deal with it again: a message by the version in service, a delivery under its first key. It keeps its rank."""
    stopped = _take(actor, kind, stopped_id)
    task = stopped.relay_id
    _told(actor, stopped, "replayed")
    stopped.state = "pending" if isinstance(stopped, Delivery) else "received"
    stopped.attempts, stopped.due_at, stopped.relay_id = 0, timezone.now(), None
    stopped.reason = stopped.words = ""
    if isinstance(stopped, Delivery):
        stopped.since = timezone.now()
        note = (
            "Renvoyé par la maison : ce qui manquait est venu"
            if actor.is_system
            else "Renvoyé à la demande d'une personne"
        )
        _in_journal(stopped, Exchange.State.TO_SEND, note, actor.subject)
    stopped.save()
    desks.close(actor, task)
    return stopped


@transaction.atomic
def abandon(*, actor: Actor, kind: type[Passage] | type[Delivery], stopped_id: UUID, reason: str) -> Stopped:
    """Nothing more will be done of it; those behind it in its lanes go on."""
    stopped = _take(actor, kind, stopped_id)
    if not reason.strip():
        raise ReasonNeeded
    task = stopped.relay_id
    _told(actor, stopped, "abandoned", reason)
    stopped.state, stopped.done_at, stopped.relay_id = "abandoned", timezone.now(), None
    stopped.words = f"Abandonné : {reason.strip()}"[:300]
    stopped.save()
    if isinstance(stopped, Delivery):
        _in_journal(stopped, Exchange.State.FAILED, stopped.words, actor.subject)
        _finish(stopped.passage_id)
    desks.close(actor, task)
    return stopped


def _finish(passage_id: UUID) -> None:
    from maison.interop.channels.receipts import finish_passages

    finish_passages([passage_id])


def _in_journal(stopped: Delivery, state: str, note: str, by: str) -> None:
    exchange = Exchange.objects.filter(id=stopped.exchange_id, at=stopped.exchange_at).first()
    if exchange is not None:
        exchange.fault_code = "" if state == Exchange.State.TO_SEND else exchange.fault_code
        journal.update(exchange, state=state, note=note, by=by)


def _each(task_id: UUID) -> Iterable[tuple[type[Passage] | type[Delivery], UUID]]:
    kinds: tuple[type[Passage] | type[Delivery], ...] = (Passage, Delivery)
    for kind in kinds:
        for stopped_id in (
            kind.objects.filter(relay_id=task_id, state="stopped")
            .order_by("seq")
            .values_list("id", flat=True)[:ALL_AT_ONCE]
        ):
            yield kind, stopped_id


def _all(actor: Actor, task_id: UUID, act: Callable[[type[Passage] | type[Delivery], UUID], object]) -> int:
    access_task(actor, task_id)
    count = 0
    for kind, stopped_id in list(_each(task_id)):
        act(kind, stopped_id)
        count += 1
    return count


@transaction.atomic
def replay_all(*, actor: Actor, task_id: UUID) -> int:
    """Every message of a task, oldest first, at most 500 at once; returns how many."""
    return _all(actor, task_id, lambda kind, stopped_id: replay(actor=actor, kind=kind, stopped_id=stopped_id))


@transaction.atomic
def abandon_all(*, actor: Actor, task_id: UUID, reason: str) -> int:
    if not reason.strip():
        raise ReasonNeeded
    return _all(
        actor, task_id, lambda kind, stopped_id: abandon(actor=actor, kind=kind, stopped_id=stopped_id, reason=reason)
    )


@transaction.atomic
def take_task(*, actor: Actor, task_id: UUID) -> None:
    """Say that one looks after it."""
    task, desk, channel = access_task(actor, task_id)
    if not may_mend(actor, desk, task, channel):
        raise Forbidden(f"Il faut : « {desk.permission.label} ».", permission=desk.permission.code)
    relay.mark(actor, task_id, desks.TAKEN)


@transaction.atomic
def choose_desk(*, actor: Actor, reason: str, desk: str) -> None:
    """Which desk mends a reason from now on; open tasks stay where they are."""
    from maison.interop.exchanges.mending import mender

    agency = mender()
    rules = desks.rules()
    if agency is None or reason not in rules or desk not in desks.DESKS:
        raise NothingToMend("Ce motif ou ce bureau n'existe pas.")
    require_in(actor, P.APPROVE, agency)
    was = rules[reason]
    DeskRule.objects.update_or_create(
        reason=reason, defaults={"desk": desk, "changed_at": timezone.now(), "changed_by": actor.name}
    )
    audit.record(actor, "channels.desk_chosen", structure=agency, details={"reason": reason, "from": was, "to": desk})
