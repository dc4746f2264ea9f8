"""The versions in service, read once: their text never changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from .language import text
from .language.configuration import Configuration
from .language.engine import Entry, Tables
from .models import Channel, TableVersion, Version
from .ports.base import vocabulary


@lru_cache(maxsize=512)
def _read(version_id: UUID, said: str) -> Configuration:
    return text.read(said, vocabulary())


def configuration(version: Version) -> Configuration:
    """Raises BadConfiguration when an adapter it needs is no longer plugged."""
    return _read(version.id, version.text)


def running() -> list[tuple[Channel, Version]]:
    """Channels in service and not suspended, with their version. One query."""
    versions = Version.objects.filter(state=Version.State.LIVE, channel__suspended_at=None).select_related("channel")
    return [(version.channel, version) for version in versions.order_by("channel__code")]


def live_version(channel_id: UUID) -> Version | None:
    return Version.objects.filter(channel_id=channel_id, state=Version.State.LIVE).select_related("channel").first()


@lru_cache(maxsize=256)
def _entries(version_id: UUID) -> dict[str, Entry]:
    """An approved version never changes."""
    return {given: Entry(*to) for given, to in TableVersion.objects.get(id=version_id).entries.items()}


def tables(references: Iterable[str], *, drafts: bool = False) -> Tables:
    """The tables a configuration names. Those not approved are left out, unless `drafts` (for a test)."""
    found: dict[str, dict[str, Entry]] = {}
    for reference in references:
        code, _, number = reference.partition("@")
        version = TableVersion.objects.filter(table__code=code, number=int(number)).first()
        if version is None:
            continue
        if version.state != TableVersion.State.DRAFT:
            found[reference] = _entries(version.id)
        elif drafts:
            found[reference] = {given: Entry(*to) for given, to in version.entries.items()}
    return found
