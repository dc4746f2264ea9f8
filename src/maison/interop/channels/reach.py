"""What a channel may hear and reach: everything for the agency's, what belongs to its structure for any other.

A legal entity hears the software of its sites; a site does not hear its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import Client

from . import live
from .language.configuration import Configuration
from .models import Channel, Version


def hears_everything(channel: Channel) -> bool:
    return Structure.objects.filter(id=channel.structure_id, kind=Structure.Kind.AGENCY).exists()


def software(channel: Channel) -> frozenset[UUID] | None:
    """The software whose messages it may take; None: any, and messages of no software."""
    if hears_everything(channel):
        return None
    own = Client.objects.filter(structure__lineage__contains=[channel.structure_id])
    return frozenset(own.values_list("id", flat=True))


def strange_software(channel: Channel, names: Iterable[str]) -> list[str]:
    """What to say of software it names that is not its own, nor of one of its sites."""
    wanted = list(names)
    own = Client.objects.filter(structure__lineage__contains=[channel.structure_id], client_id__in=wanted)
    known = set(own.values_list("client_id", flat=True))
    return [
        f"Le logiciel « {name} » n'est pas déclaré pour la structure de ce canal."
        for name in wanted
        if name not in known
    ]


def faults(channel: Channel, config: Configuration) -> list[str]:
    """What this configuration asks for beyond the reach of its channel, in French."""
    from .ports import base

    if hears_everything(channel):
        return []
    found = base.source(config.source.kind).reach(channel, config)
    for target in config.targets:
        found = [
            *found,
            *(f"Cible {target.name} : {words}" for words in base.target(target.kind).reach(channel, target)),
        ]
    return [*found, *_folder_faults(channel, config)]


def _folders(config: Configuration) -> dict[str, Path]:
    from .ports.folders import place

    said = [item.text("chemin") for item in (config.source, *config.targets) if item.kind == "dossier"]
    return {text: found for text in said if (found := place(text)) is not None}


def _folder_faults(channel: Channel, config: Configuration) -> list[str]:
    """A folder that serves another structure, or is inside or around one, holds messages that are not this channel's."""
    own = _folders(config)
    others = Version.objects.filter(state=Version.State.LIVE).exclude(channel__structure_id=channel.structure_id)
    taken = [folder for version in others for folder in _folders(live.configuration(version)).values()] if own else []
    return [
        f"Le dossier « {text} » sert déjà à un canal d'une autre structure."
        for text, folder in own.items()
        if any(folder.is_relative_to(other) or other.is_relative_to(folder) for other in taken)
    ]
