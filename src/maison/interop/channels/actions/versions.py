"""The life of a version: written, tried on real traffic, submitted, approved by someone else, in service, restored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.events import publish
from maison.interop.channels import live, reach
from maison.interop.channels.access import access_channel, require_in, version_of
from maison.interop.channels.errors import (
    ChannelExists,
    ConfigurationRefused,
    NothingToRestore,
    NotInService,
    NotReady,
    ReasonNeeded,
    SamePerson,
    VersionFrozen,
)
from maison.interop.channels.events import ChannelSuspended, VersionMoved
from maison.interop.channels.language import text
from maison.interop.channels.language.configuration import Configuration
from maison.interop.channels.language.errors import BadConfiguration
from maison.interop.channels.models import Channel, Delivery, TableVersion, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports import base
from maison.interop.channels.ports.base import vocabulary
from maison.interop.channels.trial import Period

State = Version.State


def move(actor: Actor, version: Version, to: str, code: str, reason: str = "", **details: Any) -> None:
    """Write the state with its trace (both states) and its fact."""
    was = version.state
    if to != was and to not in Version.MOVES[was]:
        raise VersionFrozen
    version.state = to
    version.save()
    audit.record(
        actor, code, target=version, structure=version.channel.structure_id, reason=reason,
        details={"channel": version.channel.code, "version": version.number, "from": was, "to": to, **details},
    )  # fmt: skip
    publish(VersionMoved(version.channel_id, version.number, to))


@transaction.atomic
def create_channel(*, actor: Actor, structure_id: UUID, configuration: Configuration) -> Channel:
    """A channel with its first draft. The draft may be incomplete: only what is tested must be whole."""
    require_in(actor, P.EDIT, structure_id)
    if Channel.objects.filter(code=configuration.code).exists():
        raise ChannelExists
    channel = Channel.objects.create(code=configuration.code, title=configuration.title, structure_id=structure_id)
    version = Version(
        channel=channel, number=1, text=text.write(configuration), editors=[actor.subject], editor_names=[actor.name]
    )
    move(actor, version, State.DRAFT, "channels.version_written")
    return channel


def draft_of(channel: Channel) -> Version | None:
    """The version in preparation, whatever its state."""
    return Version.objects.filter(channel=channel, state__in=Version.OPEN).select_related("channel").first()


@transaction.atomic
def write_draft(
    *, actor: Actor, code: str, said: str, comment: str | None = None, based_on: int | None = None
) -> Version:
    """Keep a text as the draft of a channel, made from the version in service when there is none.

    The text may hold faults (they are shown), but must name its own channel. A tested draft becomes a draft again.
    """
    channel = access_channel(actor, code, P.EDIT, lock=True)
    if len(said) > text.LONGEST:
        raise ConfigurationRefused(f"Le texte d'un canal compte au plus {text.LONGEST} caractères.")
    version = Version.objects.select_for_update().filter(channel=channel, state__in=Version.OPEN).first()
    if version is None:
        last = Version.objects.filter(channel=channel).order_by("-number").values_list("number", flat=True).first() or 0
        running = live.live_version(channel.id)
        version = Version(channel=channel, number=last + 1, based_on=based_on or (running.number if running else None))
    elif not version.is_editable:
        raise VersionFrozen
    version.channel = channel
    try:
        config = text.read(said, vocabulary())
    except BadConfiguration:
        config = None
    if config is not None and config.code != channel.code:
        raise ConfigurationRefused(f"Ce texte est celui du canal « {config.code} », pas de « {channel.code} ».")
    changed = version.text != said
    version.text, version.changed_at = said, timezone.now()
    if comment is not None:
        version.comment = comment[:300]
    if actor.subject not in version.editors:
        version.editors = [*version.editors, actor.subject]
        version.editor_names = [*version.editor_names, actor.name]
    if changed and version.state == State.TESTED:
        version.report, version.tested_at = {}, None
    to = State.DRAFT if changed or version.state == State.DRAFT else version.state
    move(actor, version, to, "channels.version_written")
    return version


def write_configuration(*, actor: Actor, code: str, configuration: Configuration) -> Version:
    return write_draft(actor=actor, code=code, said=text.write(configuration))


@transaction.atomic
def drop_draft(*, actor: Actor, code: str, reason: str) -> Version:
    """Give a version in preparation up: it is kept, retired without having served."""
    channel = access_channel(actor, code, P.EDIT, lock=True)
    version = draft_of(channel)
    if version is None:
        raise VersionFrozen
    if not reason.strip():
        raise ReasonNeeded
    was, version.state, version.ended_at = version.state, State.RETIRED, timezone.now()
    version.comment = reason.strip()[:300]
    version.save()
    audit.record(actor, "channels.version_dropped", target=version, structure=channel.structure_id, reason=reason,
                 details={"channel": channel.code, "version": version.number, "from": was, "to": State.RETIRED})  # fmt: skip
    publish(VersionMoved(channel.id, version.number, State.RETIRED))
    return version


def try_version(
    *, actor: Actor, code: str, days: int = 7, period: Period | None = None, at_once: bool = False
) -> Version:
    """See `trials.try_version`."""
    from .trials import try_version as try_it

    return try_it(actor=actor, code=code, period=period or Period.last(days), at_once=at_once)


def obstacles(version: Version) -> list[str]:
    """What prevents this version from being put in service, in French; empty when nothing does."""
    try:
        config = text.read(version.text, vocabulary())
    except BadConfiguration as error:
        return [str(fault) for fault in error.faults]
    found: list[str] = []
    shapes = [
        vocabulary().sources[config.source.kind],
        *(vocabulary().targets[target.kind] for target in config.targets),
    ]
    found += [shape.absent for shape in shapes if shape.absent]
    found += base.source(config.source.kind).faults(config)
    found += reach.faults(version.channel, config)
    for target in config.targets:
        adapter = base.target(target.kind)
        found += [
            f"Cible {target.name} : {words}" for words in (*adapter.misfits(config, target), *adapter.faults(target))
        ]
    approved = live.tables(config.tables)
    for reference in config.tables:
        if reference not in approved:
            found.append(f"La table {reference} n'existe pas ou n'est pas approuvée.")
    for one in TableVersion.objects.filter(
        table__code__in=[reference.partition("@")[0] for reference in config.tables]
    ).select_related("table"):
        if one.reference in config.tables and one.failing:
            found.append(f"Les essais de la table {one.reference} ne passent pas.")
    if not version.report:
        found.append("Elle n'a pas été essayée sur le trafic.")
    elif version.report.get("defauts"):
        found.append("Son essai a rencontré un défaut de la maison.")
    return found


@transaction.atomic
def submit(*, actor: Actor, code: str, comment: str) -> Version:
    """Ask a second person to approve; the text is frozen from here on."""
    channel = access_channel(actor, code, P.EDIT, lock=True)
    version = draft_of(channel)
    if version is None:
        raise VersionFrozen
    if found := obstacles(version):
        raise NotReady(" ".join(found))
    if not comment.strip():
        raise ReasonNeeded("L'approbateur a besoin de savoir ce qui change et pourquoi.")
    version.comment, version.submitted_at = comment.strip()[:300], timezone.now()
    move(actor, version, State.SUBMITTED, "channels.version_submitted", reason=comment)
    return version


@transaction.atomic
def send_back(*, actor: Actor, code: str, reason: str) -> Version:
    """A submitted version becomes a draft again: the approver refuses, or its author takes it back."""
    channel = access_channel(actor, code, P.VIEW, lock=True)
    version = draft_of(channel)
    if version is None or version.state != State.SUBMITTED:
        raise VersionFrozen
    access_channel(actor, code, P.EDIT if actor.subject in version.editors else P.APPROVE)
    if not reason.strip():
        raise ReasonNeeded
    version.submitted_at = None
    move(actor, version, State.DRAFT, "channels.version_sent_back", reason=reason)
    return version


@transaction.atomic
def approve(*, actor: Actor, code: str, number: int) -> Version:
    """The second person puts the version in service; the one before is replaced at the same instant (HUB-07)."""
    channel = access_channel(actor, code, P.APPROVE, lock=True)
    version = version_of(channel, number, lock=True)
    if version.state != State.SUBMITTED:
        raise VersionFrozen
    if actor.subject in version.editors:
        raise SamePerson
    if found := obstacles(version):
        raise NotReady(" ".join(found))
    version.approved_by, version.approver_name = actor.subject, actor.name
    _enter_service(actor, channel, version, "channels.version_approved")
    return version


def _enter_service(actor: Actor, channel: Channel, version: Version, code: str, **details: Any) -> None:
    now = timezone.now()
    running = Version.objects.select_for_update().filter(channel=channel, state=State.LIVE).first()
    if running is not None:
        running.channel, running.ended_at = channel, now
        move(actor, running, State.REPLACED, "channels.version_replaced", by=version.number)
    version.channel, version.live_at = channel, now
    if version.state == State.LIVE:
        version.save()
        audit.record(actor, code, target=version, structure=channel.structure_id,
                     details={"channel": channel.code, "version": version.number, "to": State.LIVE, **details})  # fmt: skip
        publish(VersionMoved(channel.id, version.number, State.LIVE))
    else:
        move(actor, version, State.LIVE, code, **details)
    channel.title = live.configuration(version).title[:200]
    channel.save(update_fields=["title"])


@transaction.atomic
def roll_back(*, actor: Actor, code: str, number: int) -> Version:
    """A version that has already served serves again, as a new one, at once: two people had approved it."""
    channel = access_channel(actor, code, P.APPROVE, lock=True)
    old = version_of(channel, number)
    if old.state not in (State.REPLACED, State.RETIRED) or old.live_at is None:
        raise NothingToRestore
    last = Version.objects.filter(channel=channel).order_by("-number").values_list("number", flat=True)[0]
    version = Version(
        channel=channel, number=last + 1, state=State.LIVE, text=old.text, comment=f"Rétablit la version {old.number}", editors=old.editors,
        editor_names=old.editor_names, based_on=old.number, tested_at=old.tested_at, report=old.report, submitted_at=old.submitted_at,
        approved_by=old.approved_by, approver_name=old.approver_name, restored_by=actor.name,
    )  # fmt: skip
    try:  # an adapter it needs may have gone since
        config = text.read(old.text, vocabulary())
    except BadConfiguration as error:
        raise ConfigurationRefused(str(error)) from error
    if found := reach.faults(channel, config):
        raise NotReady(" ".join(found))
    _enter_service(actor, channel, version, "channels.version_restored", restores=old.number)
    return version


@transaction.atomic
def retire(*, actor: Actor, code: str, reason: str) -> Version:
    """The channel takes no more messages. What it still owes its targets leaves."""
    channel = access_channel(actor, code, P.APPROVE, lock=True)
    version = live.live_version(channel.id)
    if version is None:
        raise NotInService
    if not reason.strip():
        raise ReasonNeeded
    version.ended_at = timezone.now()
    move(actor, version, State.RETIRED, "channels.version_retired", reason=reason)
    base.source(live.configuration(version).source.kind).forget(channel)
    return version


@transaction.atomic
def suspend(*, actor: Actor, code: str, suspended: bool, reason: str = "") -> Channel:
    """Stop a channel at once, or let it go on: nothing is taken nor sent meanwhile, and everything keeps its order."""
    channel = access_channel(actor, code, P.APPROVE, lock=True)
    if suspended and not reason.strip():
        raise ReasonNeeded
    if bool(channel.suspended_at) != suspended:
        channel.suspended_at = timezone.now() if suspended else None
        channel.save(update_fields=["suspended_at"])
        audit.record(actor, "channels.suspended" if suspended else "channels.resumed", target=channel, structure=channel.structure_id,
                     reason=reason, details={"waiting": Delivery.objects.filter(channel=channel, state="pending").count()})  # fmt: skip
        publish(ChannelSuspended(channel.id, suspended))
    return channel
