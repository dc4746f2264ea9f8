"""A version tried on the last days of its source: what each message becomes, place by place, beside the version in service.

What is kept says paths and counts. Values are shown by `show`, to those who may read contents, one message at a time, traced.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Client, Exchange

from . import live, reach
from .access import access_channel, version_of
from .errors import PayloadGone
from .language import engine, formats, text
from .language.configuration import Configuration
from .language.engine import Outcome
from .language.errors import Unreadable
from .models import Channel
from .permissions import P
from .ports.base import vocabulary

log = logging.getLogger(__name__)

HANDFUL = 50
"""Messages tried at once, while the person waits; more are the work of a job."""
MOST = 50_000
"""Messages of a trial, the newest of its period."""
PAGE = 50
SHOWN = 100
PLACES = 2_000
"""Places counted; the rarest are forgotten when there are twice as many."""
LONGEST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Period:
    """Messages received from `since` (included) to `until` (excluded)."""

    since: datetime
    until: datetime

    @classmethod
    def last(cls, days: int) -> Period:
        now = timezone.now()
        return cls(now - timedelta(days=min(max(days, 1), LONGEST_DAYS)), now)

    @property
    def days(self) -> int:
        return max(1, round((self.until - self.since) / timedelta(days=1)))


@dataclass(slots=True)
class Report:
    period: Period
    total: int = 0
    left_out: int = 0
    routed: int = 0
    filtered: int = 0
    refused: int = 0
    changed: int = 0
    unlike_live: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        """As JSON in the version: identifiers of exchanges, paths, reasons, counts."""
        return {
            "jours": self.period.days, "depuis": self.period.since.isoformat(), "avant": self.period.until.isoformat(),
            "messages": self.total, "au_dela": self.left_out, "transmis": self.routed, "ecartes": self.filtered,
            "refuses": self.refused, "changes": self.changed, "autrement": self.unlike_live, "defauts": self.failed,
            "motifs": dict(self.reasons.most_common(20)), "chemins": dict(self.paths.most_common(40)), "cibles": dict(self.targets),
            "signales": dict(self.flags.most_common(20)), "lignes": sorted(self.rows, key=_rank)[:SHOWN],
        }  # fmt: skip

    def trim(self) -> None:
        """Bounded whatever the traffic: the rows to show first, the places most seen."""
        if len(self.rows) > 4 * SHOWN:
            self.rows = sorted(self.rows, key=_rank)[:SHOWN]
        for counter in (self.paths, self.flags):
            if len(counter) > 2 * PLACES:
                kept = counter.most_common(PLACES)
                counter.clear()
                counter.update(dict(kept))


def _rank(row: dict[str, Any]) -> tuple[bool, bool, bool]:
    return row["issue"] != "defaut", row["issue"] != "refused", not row.get("autrement")


def source_exchanges(channel: Channel, config: Configuration, period: Period) -> QuerySet[Exchange]:
    """The messages this configuration's source would have brought, newest first."""
    rows = (
        Exchange.objects.filter(direction="in", at__gte=period.since, at__lt=period.until)
        .exclude(sha256="")
        .exclude(state__in=("refused", "duplicate"))
        .order_by("-seq")
    )
    if config.source.kind != "journal":
        return rows.filter(channel=channel.journal_channel)
    rows = rows.exclude(channel__startswith="canal:")
    if (heard := reach.software(channel)) is not None:
        rows = rows.filter(client_id__in=heard)
    source = config.source
    for name, column in (("porte", "door"), ("nature", "message_type")):
        if source.text(name):
            rows = rows.filter(**{column: source.text(name)})
    if source.text("logiciel"):
        rows = rows.filter(client_id__in=Client.objects.filter(client_id=source.text("logiciel")).values("id"))
    return rows


def count(channel: Channel, config: Configuration, period: Period, at_most: int = MOST) -> int:
    """How many there are, counted up to one more than `at_most`."""
    return source_exchanges(channel, config, period)[: at_most + 1].count()


def run(
    channel: Channel, config: Configuration, period: Period, going_on: Callable[[int], None] = lambda looked: None
) -> Report:
    """Writes nothing. `going_on` is told how many were looked at, page after page, and may raise to stop.

    One page of headers and one content are in memory at a time, whatever the traffic.
    """
    report = Report(period)
    trying = _Trying(channel, config)
    looked, last = 0, None
    while looked < MOST:
        rows = source_exchanges(channel, config, period)
        page = list((rows.filter(seq__lt=last) if last is not None else rows).defer("history", "faults")[:PAGE])
        for exchange in page:
            trying.one(report, exchange)
        looked += len(page)
        report.trim()
        if len(page) < PAGE:
            return report
        last = page[-1].seq
        going_on(looked)
    report.left_out = source_exchanges(channel, config, period).filter(seq__lt=last)[:1].count()
    return report


class _Trying:
    """The version tried and the one in service, side by side."""

    def __init__(self, channel: Channel, config: Configuration) -> None:
        self.config, self.tables = config, live.tables(config.tables, drafts=True)
        running = live.live_version(channel.id)
        self.other = live.configuration(running) if running is not None else None
        self.other_tables = live.tables(self.other.tables) if self.other is not None else {}

    def one(self, report: Report, exchange: Exchange) -> None:
        payload = journal.payload_of(exchange)
        if payload is None:
            return
        report.total += 1
        try:
            outcome = _apply(self.config, payload, self.tables, exchange)
            beside = _apply(self.other, payload, self.other_tables, exchange) if self.other is not None else None
        except Exception as error:  # a defect met by a trial is a result of the trial, told and kept out of service
            log.exception("channels.trial_failed %s", exchange.id)
            report.failed += 1
            report.rows.append({"echange": str(exchange.id), "issue": "defaut", "motif": type(error).__name__})
            return
        _count(report, exchange, outcome, beside)


def _apply(config: Configuration, payload: bytes, tables: engine.Tables, exchange: Exchange) -> Outcome:
    return engine.run(config, payload, tables, exchange.at, test_world=not settings.PRODUCTION, compare=True)


def _count(report: Report, exchange: Exchange, outcome: Outcome, beside: Outcome | None) -> None:
    paths = [path for path, _, _ in outcome.changes]
    unlike = beside is not None and (outcome.verdict, outcome.payload, outcome.targets) != (
        beside.verdict,
        beside.payload,
        beside.targets,
    )
    report.routed += outcome.verdict == "routed"
    report.filtered += outcome.verdict == "filtered"
    report.refused += outcome.verdict == "refused"
    report.changed += bool(paths)
    report.unlike_live += unlike
    report.paths.update(paths)
    report.targets.update(outcome.targets)
    report.flags.update(outcome.flags)
    if outcome.refusal is not None:
        report.reasons[outcome.refusal.reason] += 1
    report.rows.append(
        {
            "echange": str(exchange.id), "type": exchange.message_type, "issue": outcome.verdict, "cibles": list(outcome.targets),
            "chemins": paths[:30], "motif": outcome.refusal.reason if outcome.refusal else "",
            "endroit": outcome.refusal.path if outcome.refusal else "", "autrement": unlike,
        }
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One message before and after, with its values."""

    exchange: Exchange
    outcome: Outcome
    leaves: list[tuple[str, str]]


@transaction.atomic
def show(*, actor: Actor, code: str, number: int, exchange_id: UUID) -> Shown:
    """Apply a version to one message of its source and show the values; leaves a reading trace (HUB-08)."""
    from maison.interop.exchanges.actions import access_exchange

    channel = access_channel(actor, code, P.VIEW)
    version = version_of(channel, number)
    exchange = _of_channel(channel, exchange_id) or access_exchange(actor, exchange_id, P.READ_PAYLOAD)
    access_channel(actor, code, P.READ_PAYLOAD)
    payload = journal.payload_of(exchange)
    if payload is None:
        raise PayloadGone
    config = text.read(version.text, vocabulary())
    outcome = engine.run(
        config,
        payload,
        live.tables(config.tables, drafts=True),
        timezone.now(),
        test_world=not settings.PRODUCTION,
        compare=True,
    )
    try:
        leaves = list(formats.read(config.format, payload).leaves())
    except Unreadable:
        leaves = []
    audit.record(
        actor, "channels.values_shown", target=("exchanges.exchange", exchange.id), structure=channel.structure_id,
        details={"channel": channel.code, "version": number, "type": exchange.message_type},
    )  # fmt: skip
    return Shown(exchange, outcome, leaves)


def _of_channel(channel: Channel, exchange_id: UUID) -> Exchange | None:
    return Exchange.objects.filter(id=exchange_id, channel=channel.journal_channel, direction="in").first()


def sample_paths(channel: Channel, config: Configuration, limit: int = 300) -> list[str]:
    """The paths of the last message of the source, without their values: for the path picker."""
    for exchange in source_exchanges(channel, config, Period.last(LONGEST_DAYS))[:1]:
        payload = journal.payload_of(exchange)
        if payload is not None:
            try:
                return [path for path, _ in formats.read(config.format, payload).leaves()][:limit]
            except Unreadable:
                return []
    return []
