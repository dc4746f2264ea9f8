"""The channels of the demonstration, written, tried and approved by two of its people through the house's own actions."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from maison.foundations.access.actor import Actor, grants_from
from maison.foundations.structures.models import Structure
from maison.interop.channels.actions import tables, versions
from maison.interop.channels.language import text
from maison.interop.channels.models import Channel, MappingTable, Version
from maison.interop.channels.ports.base import vocabulary

from .channels import APPROVER, AUTHOR, COMMENT, DRAFT, DRAFT_FOLDER, DRAFT_TEXT, LIVE, LIVE_FOLDER, LIVE_TEXT, TABLES
from .people import professional

DAYS = 7


def _actor(family_name: str, agency: UUID) -> Actor:
    person = professional(family_name)
    return Actor(
        subject=person.idnat,
        name=person.full_name,
        auth="psc",
        structure_id=agency,
        grants=grants_from([("integrateur", [agency])]),
    )


def load_channels(agency: UUID) -> int:
    """Write what is not there yet; returns how many channels stand."""
    author, approver = _actor(AUTHOR, agency), _actor(APPROVER, agency)
    for folder in (LIVE_FOLDER, DRAFT_FOLDER):
        (settings.CHANNEL_FOLDERS / folder).mkdir(parents=True, exist_ok=True)
    for code, (title, entries, tests, origin) in TABLES.items():
        if MappingTable.objects.filter(code=code).exists():
            continue
        tables.create_table(actor=author, code=code, title=title, structure_id=agency)
        lines = {given: list(to) for given, to in entries.items()}
        written = tables.write_table(actor=author, code=code, entries=lines, tests=tests, origin=origin)
        tables.approve_table(actor=approver, code=code, number=written.number)
    for code, said in ((LIVE, LIVE_TEXT), (DRAFT, DRAFT_TEXT)):
        if not Channel.objects.filter(code=code).exists():
            versions.create_channel(actor=author, structure_id=agency, configuration=text.read(said, vocabulary()))
            versions.try_version(actor=author, code=code, days=DAYS, at_once=True)
            if code == LIVE:
                version = versions.submit(actor=author, code=code, comment=COMMENT)
                versions.approve(actor=approver, code=code, number=version.number)
    return Channel.objects.filter(code__in=(LIVE, DRAFT)).count()


def try_draft() -> None:
    """Try the draft on what the hospitals have told since; nothing when somebody has already taken it further."""
    agency = Structure.objects.filter(kind=Structure.Kind.AGENCY).values_list("id", flat=True).first()
    version = Version.objects.filter(channel__code=DRAFT, state__in=(Version.State.DRAFT, Version.State.TESTED)).first()
    if agency is not None and version is not None:
        versions.try_version(actor=_actor(AUTHOR, agency), code=DRAFT, days=DAYS, at_once=True)
