"""A version tried on past traffic: a handful of messages at once, more by the worker, page after page (HUB-09)."""

from __future__ import annotations

import hashlib
import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.interop.channels import tasks, trial
from maison.interop.channels.access import access_channel, version_of
from maison.interop.channels.errors import ConfigurationRefused, VersionFrozen
from maison.interop.channels.language import text
from maison.interop.channels.language.configuration import Configuration
from maison.interop.channels.language.errors import BadConfiguration
from maison.interop.channels.models import Trial, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports.base import vocabulary
from maison.interop.channels.trial import Period, Report

from .versions import draft_of, move

log = logging.getLogger(__name__)
State = Trial.State
CHANGED = "Le brouillon a changé pendant l'essai : recommencez-le."


class _Overtaken(Exception):
    """The text changed, or another trial took the place of this one."""


def try_version(*, actor: Actor, code: str, period: Period, at_once: bool = False) -> Version:
    """Run the draft on messages of its source; the report keeps paths and counts, never a value.

    Up to a handful of messages, or `at_once` (a load without worker), the version comes back tested. Beyond, a trial is asked
    of the worker (`open_trial`).
    """
    channel = access_channel(actor, code, P.EDIT)
    version = draft_of(channel)
    if version is None or not version.is_editable:
        raise VersionFrozen
    config = _read(version)
    if at_once or trial.count(channel, config, period, trial.HANDFUL) <= trial.HANDFUL:
        return _keep(actor, version, trial.run(channel, config, period))
    _ask(actor, version, period)
    return version


def open_trial(version: Version | None) -> Trial | None:
    """The trial under way."""
    return Trial.objects.filter(version=version, state__in=Trial.OPEN).first() if version is not None else None


def last_trial(version: Version | None) -> Trial | None:
    return Trial.objects.filter(version=version).first() if version is not None else None


def _read(version: Version) -> Configuration:
    try:
        return text.read(version.text, vocabulary())
    except BadConfiguration as error:
        raise ConfigurationRefused(str(error)) from error


def _fingerprint(version: Version) -> str:
    return hashlib.sha256(version.text.encode()).hexdigest()


@transaction.atomic
def _ask(actor: Actor, version: Version, period: Period) -> Trial:
    """A new trial takes the place of the one under way."""
    locked = version_of(version.channel, version.number, lock=True)
    if locked.text != version.text or not locked.is_editable:
        raise VersionFrozen(CHANGED)
    Trial.objects.filter(version=locked, state__in=Trial.OPEN).update(
        state=State.STOPPED, moved_at=timezone.now(), words="Remplacé par un nouvel essai"
    )
    asked = Trial.objects.create(
        version=locked, fingerprint=_fingerprint(locked), since=period.since, until=period.until, asked_by=actor.subject,
        asker_name=actor.name,
    )  # fmt: skip
    audit.record(
        actor, "channels.trial_asked", target=locked, structure=locked.channel.structure_id,
        details={"channel": locked.channel.code, "version": locked.number, "trial": str(asked.id)},
    )  # fmt: skip
    tasks.try_version.defer(trial_id=str(asked.id))
    return asked


def run(trial_id: UUID) -> None:
    """The work of the job."""
    asked = Trial.objects.select_related("version__channel").filter(id=trial_id).first()
    if asked is None or not asked.is_open:
        return
    version = asked.version
    try:
        config = _read(version)
        period = Period(asked.since, asked.until)
        total = min(trial.MOST, trial.count(version.channel, config, period))
        _go_on(asked, 0, state=State.RUNNING, total=total)
        report = trial.run(version.channel, config, period, lambda looked: _go_on(asked, looked))
        with transaction.atomic():
            _go_on(asked, report.total, state=State.DONE)
            by = Actor.system("channels.trial")
            _keep(by, version, report, asked_by=asked.asked_by, trial=str(asked.id))
    except _Overtaken:
        log.info("channels.trial_overtaken %s", trial_id)
    except (VersionFrozen, ConfigurationRefused):
        Trial.objects.filter(id=trial_id, state__in=Trial.OPEN).update(
            state=State.STOPPED, moved_at=timezone.now(), words=CHANGED
        )


def _go_on(asked: Trial, looked: int, **changes: object) -> None:
    """Say how far it is; stop as soon as nobody waits for its result any more."""
    version = Version.objects.get(id=asked.version_id)
    if not version.is_editable or _fingerprint(version) != asked.fingerprint:
        raise VersionFrozen(CHANGED)
    open_ = Trial.objects.filter(id=asked.id, state__in=Trial.OPEN)
    if not open_.update(looked=looked, moved_at=timezone.now(), **changes):
        raise _Overtaken


@transaction.atomic
def _keep(actor: Actor, version: Version, report: Report, **details: Any) -> Version:
    locked = version_of(version.channel, version.number, lock=True)
    if locked.text != version.text or not locked.is_editable:
        raise VersionFrozen(CHANGED)
    locked.report, locked.tested_at = report.kept(), timezone.now()
    move(
        actor,
        locked,
        Version.State.TESTED,
        "channels.version_tested",
        messages=report.total,
        refused=report.refused,
        **details,
    )
    return locked
