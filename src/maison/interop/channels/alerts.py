"""What supervision reads of the flows, and who is told: silence, errors, mute targets, certificates that end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from maison.foundations.events import publish
from maison.foundations.notifications.actions import notify_holders
from maison.foundations.supervision import Reading, register_probe
from maison.foundations.supervision.probes import State
from maison.ui.french import count

from . import flow
from .events import FlowAlerted
from .models import Channel, Delivery, LaneTime, Passage, Version
from .permissions import P

GROUP, SOURCE = "Flux", "canaux d'échange"
WATCH_SECONDS = 60.0
LOCK = 7_310_062
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 2000


def register() -> None:
    register_probe("channels.flows", flows)
    register_probe("channels.certificates", certificates)


def _running() -> tuple[list[Channel], dict[UUID, Version]]:
    rows = Version.objects.filter(state=Version.State.LIVE).select_related("channel").defer("report")
    versions = {version.channel_id: version for version in rows}
    return [version.channel for version in versions.values()], versions


def flows() -> list[Reading]:
    """One reading for each channel in service; what fails alerts those who look after the house."""
    channels, versions = _running()
    found = []
    for channel_id, health in flow.healths(channels, versions).items():
        title = next(channel.title for channel in channels if channel.id == channel_id)
        state: State = "failed" if health.kind == "danger" else "late" if health.kind == "warn" else "ok"
        words = " ".join(words for _, words in health.faults)
        found.append(
            Reading(f"Canal « {title} »", words or f"{health.word}, {count(health.figures.messages, 'message')} en 24 h", at=health.figures.last_at,
                    state=state, group=GROUP, source=SOURCE)
        )  # fmt: skip
    return found


def certificates() -> list[Reading]:
    """Those that end within thirty days (shown), within seven (alert)."""
    return [
        Reading(f"Certificat de {one.who}", one.words, at=one.expires_at, state="failed" if one.kind == "danger" else "late", group=GROUP, source=SOURCE)
        for one in flow.certificates()
        if one.kind in ("danger", "warn")
    ]  # fmt: skip


def watch() -> int:
    """Tell the people of a channel's structure, once for each fault until it ends; returns how many were told anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        told = 0
        channels, versions = _running()
        states = flow.healths(channels, versions)
        for channel in channels:
            health = states[channel.id]
            for what, words in health.faults:
                since = health.figures.last_at or versions[channel.id].live_at
                told += _tell(
                    channel,
                    what,
                    words,
                    f"{since:%Y%m%d%H}" if since and what == "silence" else f"{timezone.localdate():%Y%m%d}",
                )
        for one in flow.certificates():
            if one.kind in ("danger", "warn") and one.expires_at is not None:
                told += _certificate(one)
        return told


def _tell(channel: Channel, what: str, words: str, since: str) -> int:
    new = notify_holders(
        P.EDIT, structure_id=channel.structure_id, kind="channels.alert", title=f"Canal « {channel.title} »", text=words[:500],
        url_name="channels:channel", url_args=(channel.code,), key=f"channels:{channel.id}:{what}:{since}"[:160], mail=True,
    )  # fmt: skip
    if new:
        publish(FlowAlerted(channel.id, what))
    return new


def _certificate(one: flow.Ending) -> int:
    key = f"channels:certificate:{one.client_id or one.channel_id}:{one.kind}:{one.expires_at:%Y%m%d}"
    new = notify_holders(
        P.EDIT,
        kind="channels.alert",
        title="Certificat à renouveler",
        text=f"{one.who} : {one.words}",
        url_name="channels:flow",
        key=key[:160],
        mail=True,
    )
    if new:
        publish(FlowAlerted(one.channel_id, "certificate"))
    return new


def forget() -> int:
    """Finished passages and the times of calm lanes go after ninety days; the journal keeps the headers of exchanges."""
    limit = timezone.now() - KEPT
    old = list(
        Passage.objects.filter(state__in=("filtered", "done", "abandoned"), done_at__lt=limit)
        .order_by("done_at")
        .values_list("id", flat=True)[:FORGOTTEN_AT_ONCE]
    )
    with transaction.atomic():
        Delivery.objects.filter(passage_id__in=old).delete()
        Passage.objects.filter(id__in=old).delete()
    gone = LaneTime.objects.filter(moved_at__lt=limit).values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]
    LaneTime.objects.filter(pk__in=list(gone)).delete()
    return len(old)
