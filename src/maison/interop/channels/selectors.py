"""Reads for the screens of channels."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.relay.models import Relay

from . import desks, flow
from .authors import names_of
from .language import text
from .language.configuration import Configuration
from .language.errors import BadConfiguration, Fault
from .models import Channel, Delivery, MappingTable, Passage, SourceState, TableVersion, TargetState, Version
from .ports import base
from .ports.base import vocabulary


@dataclass(frozen=True, slots=True)
class ChannelRow:
    channel: Channel
    live: Version | None
    open: Version | None
    health: flow.Health

    @property
    def way(self) -> str:
        """« Dossier surveillé chu/entree → dpi, ror », of the version in service, else of the one in preparation."""
        version = self.live or self.open
        config = understood(version.text).configuration if version is not None else None
        if config is None or config.source.kind not in vocabulary().sources:
            return ""
        return f"{flow.source_name(config)} → {', '.join(target.name for target in config.targets) or 'aucune cible'}"


def channel_rows(actor: Actor, *, wanted: str = "") -> list[ChannelRow]:
    """Every channel the actor sees, those that need a look first. A fixed number of queries."""
    channels = list(Channel.objects.visible_to(actor).select_related("structure"))
    if wanted:
        channels = [
            channel
            for channel in channels
            if wanted.lower() in f"{channel.code} {channel.title} {channel.structure.name}".lower()
        ]
    versions = Version.objects.filter(channel__in=channels, state__in=(*Version.OPEN, Version.State.LIVE)).defer(
        "report"
    )
    live = {version.channel_id: version for version in versions if version.state == Version.State.LIVE}
    opened = {version.channel_id: version for version in versions if version.is_open}
    healths = flow.healths(channels, live)
    rows = [
        ChannelRow(channel, live.get(channel.id), opened.get(channel.id), healths[channel.id]) for channel in channels
    ]
    return sorted(rows, key=lambda row: (flow.RANKS[row.health.kind], row.channel.title))


def shown_version(channel: Channel) -> Version | None:
    """What the editor starts from: the version in preparation, else the one in service, else the last."""
    rows = Version.objects.filter(channel=channel).select_related("channel")
    return (
        rows.filter(state__in=Version.OPEN).first()
        or rows.filter(state=Version.State.LIVE).first()
        or rows.order_by("-number").first()
    )


@dataclass(frozen=True, slots=True)
class Understood:
    """A text as it is understood: `configuration` is None when it cannot be."""

    configuration: Configuration | None
    faults: list[Fault]


def understood(said: str) -> Understood:
    try:
        config, faults = text.read_loose(said, vocabulary())
    except BadConfiguration as error:
        return Understood(None, error.faults)
    return Understood(config, faults)


def versions_of(channel: Channel) -> QuerySet[Version]:
    return Version.objects.filter(channel=channel).defer("report", "text").order_by("-number")


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: str
    text: str


def difference(before: str, after: str) -> list[DiffLine]:
    """Line by line, each text as the house writes it, with three lines around each change: only what differs in meaning shows."""
    old, new = _plain(before), _plain(after)
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [DiffLine(kinds.get(line[:1], "same"), line) for line in lines if not line.startswith(("---", "+++"))]


def _plain(said: str) -> str:
    config = understood(said).configuration
    return text.write(config) if config is not None else said


def messages_of(channel: Channel, *, state: str = "", reason: str = "") -> QuerySet[Passage]:
    found = Passage.objects.filter(channel=channel).prefetch_related("deliveries").order_by("-seq")
    if state in Passage.State.values:
        found = found.filter(state=state)
    return found.filter(reason=reason) if reason else found


def target_states(channel: Channel) -> list[TargetState]:
    return list(TargetState.objects.filter(channel=channel).order_by("target"))


def source_state(channel: Channel, config: Configuration | None) -> SourceState | None:
    """How its source lives, for one that may not answer."""
    kinds = vocabulary().sources
    if config is None or config.source.kind not in kinds or not base.source(config.source.kind).may_be_mute:
        return None
    return SourceState.objects.filter(channel=channel).first()


@dataclass(frozen=True, slots=True)
class TaskRow:
    relay: Relay
    label: str
    count: int
    oldest: datetime | None


def tasks_of(channel: Channel) -> list[TaskRow]:
    """Open tasks of a channel, whatever their desk."""
    kinds = {kind.code: desks.DESKS[code].label for code, kind in desks.KINDS.items()}
    tasks = Relay.objects.filter(
        subject_type="channels.channel", subject_id=channel.id, kind_code__in=kinds, ending=""
    ).order_by("sent_at")
    counts: dict[UUID, tuple[int, datetime | None]] = {}
    for rows, at in ((Passage.objects.all(), "received_at"), (Delivery.objects.all(), "received_at")):
        for relay_id, count, oldest in (
            rows.filter(channel=channel, state="stopped")
            .order_by()
            .values_list("relay_id")
            .annotate(n=Count("id"), oldest=Max(at))
        ):
            known = counts.get(relay_id, (0, None))
            counts[relay_id] = known[0] + count, oldest
    return [TaskRow(task, kinds[task.kind_code], *counts.get(task.id, (0, None))) for task in tasks]


ACTS = {
    "channels.version_written": "a écrit le brouillon", "channels.version_tested": "a essayé la version sur le trafic",
    "channels.version_submitted": "a demandé l'approbation", "channels.version_approved": "a approuvé et mis en service",
    "channels.version_replaced": "a remplacé", "channels.version_sent_back": "a renvoyé en brouillon", "channels.version_restored": "a rétabli",
    "channels.version_retired": "a retiré du service", "channels.version_dropped": "a abandonné", "channels.suspended": "a suspendu le canal",
    "channels.resumed": "a repris le canal",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TraceRow:
    at: datetime
    who: str
    said: str
    moved: str
    reason: str


def traces_of(channel: Channel, limit: int = 20) -> list[TraceRow]:
    """Who changed it, how, from which state to which, newest first."""
    versions = list(Version.objects.filter(channel=channel).defer("report", "text"))
    targets = [str(version.id) for version in versions]
    mine = Q(target_type="channels.version", target_id__in=targets) | Q(
        target_type="channels.channel", target_id=str(channel.id)
    )
    found = list(Entry.objects.filter(mine, code__in=ACTS).order_by("-at", "-seq")[:limit])
    names = names_of(((entry.subject, entry.auth) for entry in found), versions)
    states = dict(Version.State.choices)
    rows = []
    for entry in found:
        was, now, number = (entry.details.get(name, "") for name in ("from", "to", "version"))
        moved = (
            f"version {number} : {states.get(was, was)} → {states.get(now, now)}"
            if number and was
            else f"version {number}"
            if number
            else ""
        )
        rows.append(TraceRow(entry.at, names[entry.subject], ACTS[entry.code], moved, entry.reason))
    return rows


@dataclass(frozen=True, slots=True)
class TableRow:
    table: MappingTable
    approved: TableVersion | None
    draft: TableVersion | None
    used_by: list[str]


def table_rows(actor: Actor) -> list[TableRow]:
    tables = list(MappingTable.objects.visible_to(actor).select_related("structure"))
    versions = TableVersion.objects.filter(table__in=tables).order_by("number").defer("entries", "tests")
    approved = {version.table_id: version for version in versions if version.state == TableVersion.State.APPROVED}
    drafts = {version.table_id: version for version in versions if version.state == TableVersion.State.DRAFT}
    used = tables_in_service()
    return [TableRow(table, approved.get(table.id), drafts.get(table.id), used.get(table.code, [])) for table in tables]


def tables_in_service() -> dict[str, list[str]]:
    """Code of a table → `channel (version named)`, for the versions in service."""
    found: dict[str, list[str]] = {}
    for version in Version.objects.filter(state=Version.State.LIVE).select_related("channel").defer("report"):
        config = understood(version.text).configuration
        for reference in config.tables if config is not None else ():
            code, _, number = reference.partition("@")
            found.setdefault(code, []).append(f"{version.channel.title} (v{number})")
    return found


def approved_references() -> list[str]:
    rows = (
        TableVersion.objects.filter(state=TableVersion.State.APPROVED).select_related("table").defer("entries", "tests")
    )
    return [version.reference for version in rows.order_by("table__code", "-number")]


def newer_tables(config: Configuration) -> dict[str, str]:
    """Reference named → last approved reference of the same table, when there is a newer one."""
    last: dict[str, int] = dict(
        TableVersion.objects.filter(state=TableVersion.State.APPROVED)
        .order_by()
        .values_list("table__code")
        .annotate(n=Max("number"))
    )
    found = {}
    for reference in config.tables:
        code, _, number = reference.partition("@")
        if last.get(code, 0) > int(number):
            found[reference] = f"{code}@{last[code]}"
    return found
