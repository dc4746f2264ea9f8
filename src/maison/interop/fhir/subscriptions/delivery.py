"""Notifications leave, each subscription at its own pace (HUB-02): nothing is dropped, nothing overtakes.

A subscription is lent to one sender at a time, for longer than an answer may take; the network is outside any transaction. What was
taken is written at once: a crash in between sends the same numbers again, never less than once. A mute subscriber is tried with one
event, later and later up to an hour, for as long as it stands.
"""

from __future__ import annotations

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from django.conf import settings
from django.db import close_old_connections, connections, transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, Value
from django.utils import timezone

from maison.formats.fhir.wire import MEDIA_TYPE
from maison.foundations.ids import uuid7
from maison.interop.channels.ports.https import allowed
from maison.interop.exchanges.errors import PayloadUnsealable
from maison.interop.exchanges.sealing import unseal
from maison.interop.fhir import authentication
from maison.interop.fhir.tracing import write_traces

from . import lifecycle, notifications
from .models import STANDING, Notice, Subscription

log = logging.getLogger(__name__)
Status = Subscription.Status

LOAN = timedelta(seconds=90)
"""Longer than the longest answer (30 s) and the writing around it."""
TURN_SECONDS = 10.0
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
AT_ONCE, LOOKED_AT = 8, 200
HANDSHAKE, HEARTBEAT, EVENTS = "handshake", "heartbeat", "event-notification"


@dataclass(frozen=True, slots=True)
class Loan:
    """One notification in hand. `refusal`: why it may not even be tried."""

    pk: UUID
    token: UUID
    version: int
    kind: str
    said: notifications.Said
    endpoint: str
    headers: list[tuple[str, str]]
    timeout_seconds: int
    refusal: str = ""


def turn() -> int:
    """Serve every subscription that is due, several at once; returns how many notifications were tried."""
    due = due_subscriptions()
    if not due:
        return 0
    if len(due) == 1:
        return serve(due[0])
    with ThreadPoolExecutor(min(AT_ONCE, len(due)), thread_name_prefix="fhir-subscription") as pool:
        return sum(pool.map(_serve_apart, due))


def _serve_apart(pk: UUID) -> int:
    close_old_connections()
    try:
        return serve(pk)
    finally:
        connections.close_all()


def due_subscriptions() -> list[UUID]:
    now = timezone.now()
    beat = ExpressionWrapper(F("heartbeat_seconds") * Value(timedelta(seconds=1)), output_field=DurationField())
    something = (
        Q(greeted=False)
        | Q(sent__lt=F("numbered"))
        | Q(
            heartbeat_seconds__gt=0,
            last_sent_at__lte=ExpressionWrapper(Value(now) - beat, output_field=DateTimeField()),
        )
        | Q(ends_at__lte=now)
    )
    rows = Subscription.objects.standing().filter(
        something, channel="rest-hook", lent_until__lte=now, paused_until__lte=now
    )
    return list(rows.order_by("paused_until").values_list("id", flat=True)[:LOOKED_AT])


def serve(pk: UUID) -> int:
    """What is due of one subscription, in its order, until nothing is left, an answer is missing, or its turn is over."""
    deadline = time.monotonic() + TURN_SECONDS
    tried = 0
    while time.monotonic() < deadline:
        loan = _claim(pk)
        if loan is None:
            break
        words = loan.refusal or _post(loan)
        tried += 1
        if not settle(loan, words) or words:
            break
    return tried


@transaction.atomic
def _claim(pk: UUID) -> Loan | None:
    from maison.interop.fhir.views import base

    now = timezone.now()
    rows = Subscription.objects.select_for_update(of=("self",), skip_locked=True).select_related("client")
    row = rows.filter(pk=pk, status__in=STANDING, deleted_at=None, lent_until__lte=now, paused_until__lte=now).first()
    if row is None:
        return None
    caller = authentication.of_client(row.client.client_id)
    if caller is None or not caller.may(row.resource_type, "r"):
        lifecycle.stop(row, lifecycle.RIGHTS)
        return None
    pending = list(Notice.objects.filter(subscription=row, number__gt=row.sent).order_by("number")[: 1 if row.down_since else row.max_count])  # fmt: skip
    if row.ends_at is not None and row.ends_at <= now and not pending:
        lifecycle.stop(row, lifecycle.ENDED)
        return None
    if not row.greeted:
        kind, said = HANDSHAKE, notifications.sign(row, HANDSHAKE, base())
    elif pending:
        kind, said = EVENTS, notifications.told(row, pending, caller, base(), EVENTS)
    elif row.heartbeat_seconds and (row.last_sent_at is None or row.last_sent_at + timedelta(seconds=row.heartbeat_seconds) <= now):  # fmt: skip
        kind, said = HEARTBEAT, notifications.sign(row, HEARTBEAT, base())
    else:
        return None
    refusal = allowed(row.endpoint)
    headers: list[tuple[str, str]] = []
    try:
        headers = (
            [(name, value) for name, value in json.loads(unseal(row.id, bytes(row.headers)))] if row.headers else []
        )
    except PayloadUnsealable:
        refusal = "Les en-têtes scellés de l'abonnement ne s'ouvrent plus : le logiciel doit les redonner."
    if not refusal:
        write_traces((caller.actor, trace) for trace in said.traces)
    row.lent_until, row.lent_to = now + LOAN, uuid7()
    row.save(update_fields=["lent_until", "lent_to"])
    return Loan(row.id, row.lent_to, row.version, kind, said, row.endpoint, headers, row.timeout_seconds, refusal)


def _post(loan: Loan) -> str:
    """Empty when the subscriber took it, else why not. One connection for one notification: an answer is never taken for another's."""
    headers = {"User-Agent": "maison-esante", **dict(loan.headers), "Content-Type": MEDIA_TYPE}
    timeout = httpx.Timeout(loan.timeout_seconds, connect=min(loan.timeout_seconds, 5))
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", loan.endpoint, content=loan.said.body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"L'abonné ne répond pas ({type(error).__name__})."
    return "" if 200 <= status < 300 else f"L'abonné n'a pas pris la notification (HTTP {status})."


@transaction.atomic
def settle(loan: Loan, words: str) -> bool:
    """Write what became of it and give the subscription back. False when somebody else has it now."""
    now = timezone.now()
    row = Subscription.objects.select_for_update(of=("self",)).select_related("client").get(pk=loan.pk)
    ours = row.lent_to == loan.token
    if ours:
        row.lent_until = now
    if not words:
        _taken(row, loan, now)
    elif ours and row.version == loan.version:
        _missed(row, words, now)
    row.save(update_fields=["lent_until", "sent", "greeted", "failures", "down_since", "paused_until", "last_ok_at", "last_sent_at", "words"])  # fmt: skip
    return ours


def _taken(row: Subscription, loan: Loan, now: datetime) -> None:
    row.sent = max(row.sent, loan.said.last)
    row.last_ok_at = row.last_sent_at = now
    if row.version != loan.version:
        return  # the owner changed it meanwhile: what it asks now has not been greeted yet
    row.greeted = True
    row.failures, row.down_since, row.paused_until = 0, None, now
    if row.status == Status.REQUESTED or (row.status == Status.ERROR and row.reason == lifecycle.MUTE):
        lifecycle.activate(row)
    elif row.status == Status.ACTIVE:
        row.words = ""


def _missed(row: Subscription, words: str, now: datetime) -> None:
    row.failures += 1
    row.down_since = row.down_since or now
    row.paused_until = now + min(FIRST_RETRY * 2 ** min(row.failures - 1, 12), LONGEST_RETRY)
    row.words = words[:300]
    if row.status in STANDING and now - row.down_since >= limit():
        lifecycle.fail(row, lifecycle.MUTE, words)


def limit() -> timedelta:
    """How long without an answer before a person is asked."""
    return timedelta(minutes=settings.FHIR_MUTE_MINUTES)


def watch() -> int:
    """Mute for too long while nothing was due: said all the same. Returns how many. What is only read by `$events` ends here too."""
    with transaction.atomic():
        over = Subscription.objects.standing().filter(ends_at__lte=timezone.now()).exclude(channel="rest-hook")
        for ended in over.select_for_update(of=("self",), skip_locked=True).select_related("client"):
            lifecycle.stop(ended, lifecycle.ENDED)
    late = Subscription.objects.standing().exclude(status=Status.ERROR).filter(down_since__lte=timezone.now() - limit())
    told = 0
    for pk in late.values_list("id", flat=True):
        with transaction.atomic():
            row = (
                Subscription.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("client")
                .filter(pk=pk)
                .first()
            )
            if (
                row is not None
                and row.status in STANDING
                and row.down_since is not None
                and row.down_since <= timezone.now() - limit()
            ):
                lifecycle.fail(row, lifecycle.MUTE, row.words)
                told += 1
    return told  # fmt: skip


def forget() -> int:
    """Events taken long ago go; those still to be taken never do."""
    old = timezone.now() - timedelta(days=settings.FHIR_EVENTS_DAYS)
    rows = Notice.objects.filter(at__lt=old, number__lte=F("subscription__sent")).values_list("id", flat=True)[:5000]
    return Notice.objects.filter(id__in=list(rows)).delete()[0]
