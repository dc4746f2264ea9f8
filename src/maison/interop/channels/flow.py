"""Who talks to whom, how much, how fast, with which faults; silence, errors and certificates that end (the map of flows)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.interop.exchanges.models import Client, Door
from maison.ui.french import count, duration

from . import live
from .language.configuration import Configuration
from .language.errors import BadConfiguration
from .models import Certificate, Channel, SourceState, TargetState, Version
from .ports import base

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CERTIFICATE_LATE, CERTIFICATE_NEAR = timedelta(days=7), timedelta(days=30)
FEWEST = 5
"""Below this many messages in the hour a rate of errors says nothing."""
DOWN_AFTER = timedelta(minutes=5)
RANKS = {"danger": 0, "warn": 1, "waiting": 2, "ok": 3, "neutral": 4, "stale": 5}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one channel. `last_at` is its last message, whenever it was; the rest is of 24 hours, `hour_*` of one."""

    messages: int = 0
    stopped: int = 0
    waiting: int = 0
    hour: int = 0
    hour_faults: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """`faults` are what an alert says: (what, words)."""

    word: str
    kind: str
    figures: Figures
    faults: tuple[tuple[str, str], ...] = ()


CHANNEL_FIGURES = """
SELECT c.id,
  (SELECT count(*) FROM channels_passage p WHERE p.channel_id = c.id AND p.received_at > %(day)s),
  (SELECT count(*) FROM channels_passage p WHERE p.channel_id = c.id AND p.state = 'stopped')
    + (SELECT count(*) FROM channels_delivery d WHERE d.channel_id = c.id AND d.state = 'stopped'),
  (SELECT count(*) FROM channels_passage p WHERE p.channel_id = c.id AND p.state = 'received')
    + (SELECT count(*) FROM channels_delivery d WHERE d.channel_id = c.id AND d.state = 'pending'),
  (SELECT count(*) FROM channels_passage p WHERE p.channel_id = c.id AND p.received_at > %(hour)s),
  (SELECT count(*) FROM channels_passage p WHERE p.channel_id = c.id AND p.received_at > %(hour)s AND (p.state = 'stopped'
     OR EXISTS (SELECT 1 FROM channels_delivery d WHERE d.passage_id = p.id AND d.state = 'stopped'))),
  (SELECT p.received_at FROM channels_passage p WHERE p.channel_id = c.id ORDER BY p.received_at DESC LIMIT 1)
FROM channels_channel c WHERE c.id = ANY(%(ids)s)
"""


def figures(channels: Iterable[Channel]) -> dict[UUID, Figures]:
    """One query, whatever the number of channels."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CHANNEL_FIGURES, {"ids": [channel.id for channel in channels], "day": now - DAY, "hour": now - HOUR}
        )
        return {row[0]: Figures(*row[1:]) for row in cursor.fetchall()}


def healths(channels: Sequence[Channel], versions: Mapping[UUID, Version]) -> dict[UUID, Health]:
    """What a chip says of each channel, the worst first, and what must alert."""
    known = figures(channels)
    down: dict[UUID, list[TargetState]] = {}
    for state in TargetState.objects.filter(channel__in=channels).exclude(down_since=None):
        down.setdefault(state.channel_id, []).append(state)
    mute = {one.channel_id: one for one in SourceState.objects.filter(channel__in=channels).exclude(down_since=None)}
    return {
        channel.id: _health(
            channel,
            versions.get(channel.id),
            known.get(channel.id, Figures()),
            down.get(channel.id, []),
            mute.get(channel.id),
        )
        for channel in channels
    }


def _health(
    channel: Channel, version: Version | None, seen: Figures, down: Sequence[TargetState], mute: SourceState | None
) -> Health:
    if channel.suspended_at is not None:
        return Health("Suspendu", "warn", seen)
    config = _configuration(version)
    if version is None:
        return Health("Pas en service", "neutral", seen)
    if config is None:
        return Health(
            "Version illisible",
            "danger",
            seen,
            (("errors", "La version en service ne se lit plus : un adaptateur manque."),),
        )
    now = timezone.now()
    faults: list[tuple[str, str]] = []
    if (
        mute is not None
        and mute.down_since is not None
        and base.source(config.source.kind).may_be_mute
        and now - mute.down_since > DOWN_AFTER
    ):
        faults.append(
            (
                "source",
                f"La source ne répond plus depuis {duration((now - mute.down_since).total_seconds())}. {mute.words}",
            )
        )
    for state in down:
        if state.down_since is not None and now - state.down_since > DOWN_AFTER:
            faults.append(
                (
                    "target",
                    f"La cible {state.target} ne répond plus depuis {duration((now - state.down_since).total_seconds())}.",
                )
            )
    since = max(filter(None, (seen.last_at, version.live_at)), default=None)
    if config.rhythm_minutes and since is not None and now - since > timedelta(minutes=config.rhythm_minutes):
        faults.append(
            (
                "silence",
                f"Aucun message depuis {duration((now - since).total_seconds())}, un message est attendu toutes les {config.rhythm_minutes} min.",
            )
        )
    if seen.hour >= FEWEST and seen.hour_faults * 100 > config.error_percent * seen.hour:
        faults.append(("errors", f"{count(seen.hour_faults, 'message')} en faute sur {seen.hour} dans l'heure."))
    words = {"source": "Source muette", "target": "Cible muette", "silence": "Silencieux", "errors": "Trop d'erreurs"}
    if faults:
        return Health(words[faults[0][0]], "danger", seen, tuple(faults))
    return Health("À réparer", "warn", seen) if seen.stopped else Health("En marche", "ok", seen)


def _configuration(version: Version | None) -> Configuration | None:
    if version is None:
        return None
    try:
        return live.configuration(version)
    except BadConfiguration:
        return None


# -- the map


@dataclass(frozen=True, slots=True)
class Link:
    """One flow in or out of the house, over 24 hours. Times in seconds, None when nothing says."""

    who: str
    direction: str
    by: str
    messages: int
    faults: int
    waiting: int
    p50: float | None
    p95: float | None
    last_at: datetime | None
    kind: str = "ok"
    word: str = "En marche"
    url: str = ""

    @property
    def latency(self) -> str:
        if self.p50 is None or self.p95 is None:
            return "—"
        return f"{_seconds(self.p50)} · {_seconds(self.p95)}"


def _seconds(value: float) -> str:
    return (
        f"{value * 1000:.0f}\u00a0ms"
        if value < 1
        else f"{value:.1f}\u00a0s".replace(".", ",")
        if value < 60
        else duration(value)
    )


# A message without a known door counts with the one door its software uses in that direction, when there is only one.
CLIENT_LINKS = """
WITH said AS (
  SELECT e.client_id, e.direction, CASE WHEN e.door = ANY(%(doors)s) THEN e.door ELSE '' END AS door, e.state, e.needs_mending, e.at, e.state_at
  FROM exchanges_exchange e WHERE e.at > %(day)s AND e.client_id = ANY(%(clients)s) AND e.channel NOT LIKE 'canal:%%'),
sole AS (
  SELECT client_id, direction, min(door) AS door FROM said WHERE door <> '' GROUP BY client_id, direction HAVING count(DISTINCT door) = 1)
SELECT client_id, direction, coalesce(nullif(said.door, ''), sole.door, '') AS by_door, count(*),
  count(*) FILTER (WHERE state IN ('refused', 'failed') OR needs_mending),
  count(*) FILTER (WHERE state IN ('received', 'to_send')), max(at),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM state_at - at)) FILTER (WHERE state IN ('integrated', 'acknowledged')),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM state_at - at)) FILTER (WHERE state IN ('integrated', 'acknowledged'))
FROM said LEFT JOIN sole USING (client_id, direction)
GROUP BY 1, 2, 3
"""
NO_DOOR = "porte non précisée"
TARGET_LINKS = """
SELECT d.channel_id, d.target, count(*), count(*) FILTER (WHERE d.state = 'stopped'), count(*) FILTER (WHERE d.state = 'pending'),
  max(d.done_at) FILTER (WHERE d.state = 'delivered'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.done_at - d.received_at)) FILTER (WHERE d.state = 'delivered'),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM d.done_at - d.received_at)) FILTER (WHERE d.state = 'delivered')
FROM channels_delivery d WHERE d.channel_id = ANY(%(channels)s) AND (d.received_at > %(day)s OR d.state IN ('pending', 'stopped'))
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class FlowMap:
    links: list[Link]
    alerts: list[tuple[str, str]] = field(default_factory=list)
    at: datetime = field(default_factory=timezone.now)

    def side(self, direction: str) -> list[Link]:
        return [link for link in self.links if link.direction == direction]


type Source = Callable[[Actor], Iterable[tuple[Link, str]]]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Flows that another room of the floor leads: each with what must alert, or nothing, as far as the actor may see them."""
    _sources.append(source)


def flow_map(actor: Actor) -> FlowMap:
    """What the actor may see of it: software of its structures, channels of its structures; all from the agency."""
    channels = list(Channel.objects.visible_to(actor).select_related("structure"))
    versions = {
        version.channel_id: version
        for version in Version.objects.filter(channel__in=channels, state=Version.State.LIVE)
        .select_related("channel")
        .defer("report")
    }
    states = healths(channels, versions)
    links = [*_software(actor), *_channels(channels, versions, states)]
    alerts = [(channel.title, words) for channel in channels for _, words in states[channel.id].faults]
    alerts += [(one.who, one.words) for one in certificates(actor) if one.kind != "ok"]
    for link, words in (found for source in _sources for found in source(actor)):
        links.append(link)
        if words:
            alerts.append((link.who, words))
    return FlowMap(sorted(links, key=lambda link: (RANKS[link.kind], -link.messages, link.who)), alerts)


def _software(actor: Actor) -> Iterable[Link]:
    clients = {client.id: client for client in Client.objects.visible_to(actor)}
    with connection.cursor() as cursor:
        cursor.execute(CLIENT_LINKS, {"day": timezone.now() - DAY, "clients": list(clients), "doors": Door.values})
        rows = cursor.fetchall()
    journal = reverse("exchanges:journal")
    for client_id, direction, door, messages, faults, waiting, last_at, p50, p95 in rows:
        kind, word = ("warn", "Fautes") if faults else ("ok", "En marche")
        yield Link(
            str(clients[client_id]), direction, str(Door(door).label) if door else NO_DOOR, messages, faults, waiting, p50, p95, last_at, kind, word,
            f"{journal}?logiciel={client_id}",
        )  # fmt: skip


def _channels(
    channels: Sequence[Channel], versions: Mapping[UUID, Version], states: Mapping[UUID, Health]
) -> Iterable[Link]:
    with connection.cursor() as cursor:
        cursor.execute(TARGET_LINKS, {"day": timezone.now() - DAY, "channels": [channel.id for channel in channels]})
        sent = {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
    down = {
        (state.channel_id, state.target)
        for state in TargetState.objects.filter(channel__in=channels).exclude(down_since=None)
    }
    for channel in channels:
        config, health = _configuration(versions.get(channel.id)), states[channel.id]
        url = reverse("channels:channel", args=[channel.code])
        if config is not None:
            seen = health.figures
            yield Link(source_name(config), "in",
                       f"canal {channel.title}", seen.messages, seen.stopped, seen.waiting, None, None, seen.last_at, health.kind, health.word, url)  # fmt: skip
        names = dict.fromkeys([target.name for target in config.targets] if config else [])
        names |= dict.fromkeys(target for channel_id, target in sent if channel_id == channel.id)
        for name in names:
            row: Any = sent.get((channel.id, name), (0, 0, 0, None, None, None))
            messages, faults, waiting, last_at, p50, p95 = row
            mute = (channel.id, name) in down
            kind, word = (
                ("danger", "Cible muette") if mute else ("warn", "À réparer") if faults else ("ok", "En marche")
            )
            yield Link(
                f"{name} · {channel.code}",
                "out",
                f"canal {channel.title}",
                messages,
                faults,
                waiting,
                p50,
                p95,
                last_at,
                kind,
                word,
                url,
            )


def source_name(config: Configuration) -> str:
    """« Dossier surveillé chu/entree »."""
    shape = base.source(config.source.kind).shape
    first = next(
        (
            str(value)
            for field in shape.fields
            if isinstance(value := config.source.values.get(field.name), str) and value
        ),
        "",
    )
    return f"{shape.label} {first}".strip()


# -- certificates


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate and when it ends. `expires_at` None: it was never declared, or cannot be read."""

    who: str
    subject: str
    expires_at: datetime | None
    kind: str
    words: str
    client_id: UUID | None = None
    channel_id: UUID | None = None


def certificates(actor: Actor | None = None) -> list[Ending]:
    """Those software present to the house, those the house presents to its targets; the nearest end first. None: all of them."""
    clients = Client.objects.in_use().exclude(certificate_fingerprint="")
    declared = {one.client_id: one for one in Certificate.objects.all()}
    found = []
    for client in clients.visible_to(actor) if actor is not None else clients:
        one = declared.get(client.id)
        current = one if one is not None and one.fingerprint == client.certificate_fingerprint else None
        found.append(
            _ending(
                client.name, client.certificate_subject, current.expires_at if current else None, client_id=client.id
            )
        )
    channels = Channel.objects.visible_to(actor) if actor is not None else Channel.objects.all()
    for version in (
        Version.objects.filter(state=Version.State.LIVE, channel__in=channels).select_related("channel").defer("report")
    ):
        config = _configuration(version)
        for target in config.targets if config is not None else ():
            for path in base.target(target.kind).certificate_files(target):
                subject, expires_at = read_file(path)
                found.append(
                    _ending(
                        f"{version.channel.title}, cible {target.name}",
                        subject,
                        expires_at,
                        channel_id=version.channel_id,
                    )
                )
    return sorted(found, key=lambda one: (RANKS[one.kind], one.expires_at or timezone.now()))


def _ending(who: str, subject: str, expires_at: datetime | None, **ids: Any) -> Ending:
    if expires_at is None:
        return Ending(who, subject, None, "neutral", "Certificat non déclaré : sa fin n'est pas surveillée.", **ids)
    left = expires_at - timezone.now()
    if left < timedelta():
        return Ending(who, subject, expires_at, "danger", "Certificat expiré : les échanges sont refusés.", **ids)
    days = count(left.days, "jour")
    kind = "danger" if left < CERTIFICATE_LATE else "warn" if left < CERTIFICATE_NEAR else "ok"
    return Ending(
        who,
        subject,
        expires_at,
        kind,
        f"Certificat à renouveler : il expire dans {days}." if kind != "ok" else f"Expire dans {days}.",
        **ids,
    )


def read_certificate(pem: bytes) -> x509.Certificate:
    """Raises ValueError."""
    return x509.load_pem_x509_certificate(pem)


def read_file(path: str) -> tuple[str, datetime | None]:
    try:
        certificate = read_certificate(Path(path).read_bytes())
    except (OSError, ValueError):
        return "illisible", None
    return certificate.subject.rfc4514_string()[:300], certificate.not_valid_after_utc
