"""Who gets which channel, table or message."""

from __future__ import annotations

from uuid import UUID

from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure

from .desks import DESKS, KINDS, Desk
from .models import Channel, Delivery, MappingTable, Passage, Version
from .models.channel import everywhere
from .permissions import P


def access_channel(actor: Actor, code: str, permission: Permission, *, lock: bool = False) -> Channel:
    """The channel, if the actor may do this to it. Unseen: NotFound. Seen without the right: Forbidden."""
    rows = Channel.objects.visible_to(actor).filter(code=code).select_related("structure")
    channel = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if channel is None:
        raise NotFound
    if permission is not P.VIEW and not may(actor, channel, permission):
        raise Forbidden(f"Il faut : « {permission.label} ».", permission=permission.code)
    return channel


def may(actor: Actor, channel: Channel, permission: Permission) -> bool:
    """Whether a button is worth showing; the action checks again."""
    return Channel.objects.within(actor, permission).filter(id=channel.id).exists()


def version_of(channel: Channel, number: int, *, lock: bool = False) -> Version:
    rows = Version.objects.filter(channel=channel, number=number).select_related("channel")
    version = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if version is None:
        raise NotFound
    return version


def access_table(actor: Actor, code: str, permission: Permission, *, lock: bool = False) -> MappingTable:
    rows = MappingTable.objects.visible_to(actor).filter(code=code).select_related("structure")
    table = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if table is None:
        raise NotFound
    if permission is P.TABLES and not MappingTable.objects.within(actor, P.TABLES).filter(id=table.id).exists():
        raise Forbidden(f"Il faut : « {permission.label} ».", permission=permission.code)
    return table


def require_in(actor: Actor, permission: Permission, structure_id: UUID) -> None:
    """The actor holds it in this structure, or in the agency."""
    held = actor.structures_with(permission)
    if structure_id not in held and not everywhere(held):
        raise Forbidden(f"Il faut : « {permission.label} ».", permission=permission.code)


def structures_for(actor: Actor, permission: Permission) -> list[Structure]:
    """Where the actor may make a channel or a table: its own structures, every site and legal entity from the agency."""
    held = actor.structures_with(permission)
    rows = Structure.objects.open().exclude(kind=Structure.Kind.SERVICE)
    return list(rows.order_by("name") if everywhere(held) else rows.filter(id__in=held).order_by("name"))


def access_task(actor: Actor, relay_id: UUID) -> tuple[Relay, Desk, Channel]:
    """A task for the people of its desk, and for those who look after its channel."""
    kinds = {kind.code: code for code, kind in KINDS.items()}
    task = Relay.objects.filter(id=relay_id, kind_code__in=kinds).first()
    if task is None:
        raise NotFound
    desk = DESKS[kinds[task.kind_code]]
    channel = Channel.objects.select_related("structure").get(id=task.subject_id)
    if (
        not actor.can(desk.permission, task.to_structure_id)
        and not Channel.objects.visible_to(actor).filter(id=channel.id).exists()
    ):
        raise NotFound
    return task, desk, channel


def may_mend(actor: Actor, desk: Desk, task: Relay, channel: Channel) -> bool:
    return actor.can(desk.permission, task.to_structure_id) or may(actor, channel, P.MEND)


def access_stopped(actor: Actor, kind: type[Passage] | type[Delivery], stopped_id: UUID) -> Passage | Delivery:
    """A stopped message, locked, for those who may mend it."""
    found = kind.objects.select_for_update(of=("self",)).select_related("channel").filter(id=stopped_id).first()
    if found is None:
        raise NotFound
    if actor.is_system:  # a room of the house that knows what was missing has come
        return found
    if found.relay_id is not None:
        task, desk, channel = access_task(actor, found.relay_id)
        if not may_mend(actor, desk, task, channel):
            raise Forbidden(f"Il faut : « {desk.permission.label} ».", permission=desk.permission.code)
    elif not may(actor, found.channel, P.MEND):
        raise NotFound
    return found
