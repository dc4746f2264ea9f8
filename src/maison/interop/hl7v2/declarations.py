"""The declaration of software that sends by MLLP: who it is, what it may send, closed and opened again. Each act is traced with the
state before and the state after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import NotFound
from maison.interop.exchanges.actions import register_client
from maison.interop.exchanges.models import Client, Door

from .errors import CodeTaken
from .models import SenderProfile
from .targets import access_target, require_in

CLIENT_TOLD = (
    "name", "doors", "active", "certificate_fingerprint", "certificate_subject", "mllp_application", "mllp_facility", "mllp_port",
)  # fmt: skip
PROFILE_TOLD = ("authorities", "charset", "versions", "kinds")


def state_of(client: Client) -> dict[str, Any]:
    profile = profile_of(client)
    told = {name: getattr(client, name) for name in CLIENT_TOLD} | {
        name: getattr(profile, name) for name in PROFILE_TOLD
    }
    return told | {
        "structure": str(client.structure_id),
        "reply_target": profile.reply_target.code if profile.reply_target else "",
    }


def profile_of(client: Client) -> SenderProfile:
    """What it was declared to send; an empty profile expects anything."""
    found = SenderProfile.objects.select_related("reply_target").filter(client=client).first()
    return found or SenderProfile(client=client)


def access_sender(actor: Actor, client_id: UUID, *, manage: bool = False) -> Client:
    """The software, if the actor may see it; `manage`: if he may change it."""
    client = Client.objects.visible_to(actor).select_related("structure").filter(id=client_id).first()
    if client is None:
        raise NotFound
    if manage:
        require_in(actor, client.structure_id)
    return client


@transaction.atomic
def declare_sender(*, actor: Actor, code: str, name: str, structure_id: UUID, application: str = "", facility: str = "",
                   port: int | None = None, fingerprint: str = "", subject: str = "", reply_target_id: UUID | None = None,
                   is_new: bool = False, **expected: Any) -> Client:  # fmt: skip
    """Declare software at the MLLP door, or bring it up to date; its other doors stay as they are.

    `expected`: authorities, charset, versions, kinds. Its application acknowledgements go to a target the actor may see. Raises
    ValidationError for what contradicts another software.
    """
    require_in(actor, structure_id)
    found = Client.objects.select_for_update().filter(client_id=code).first()
    if found is not None:
        if is_new:
            raise CodeTaken
        require_in(actor, found.structure_id)
    before = state_of(found) if found else None
    doors = sorted({*(found.doors if found else ()), Door.MLLP.value})
    client, _ = register_client(
        actor=actor, client_id=code, name=name, structure_id=structure_id, doors=doors, certificate_fingerprint=fingerprint,
        certificate_subject=subject, mllp=(application, facility, port),
    )  # fmt: skip
    profile = profile_of(client)
    for column, value in expected.items():
        setattr(profile, column, value)
    profile.reply_target = access_target(actor, reply_target_id) if reply_target_id else None
    profile.full_clean(exclude=["client"])
    profile.save()
    _trace(actor, "hl7v2.sender_declared", client, before)
    return client


@transaction.atomic
def switch_sender(*, actor: Actor, client_id: UUID, opened: bool, reason: str = "") -> Client:
    """Shut the MLLP door to this software, at once and whatever its certificate; or open it again. Its other doors stay."""
    client = access_sender(actor, client_id, manage=True)
    client = Client.objects.select_for_update().get(id=client.id)
    before = state_of(client)
    doors = {*client.doors, Door.MLLP.value} if opened else {*client.doors} - {Door.MLLP.value}
    client.doors = sorted(doors)
    client.active = client.active or opened
    client.save(update_fields=["doors", "active"])
    _trace(actor, "hl7v2.sender_opened" if opened else "hl7v2.sender_closed", client, before, reason)
    return client


def _trace(actor: Actor, code: str, client: Client, before: dict[str, Any] | None, reason: str = "") -> None:
    details = {"client": client.client_id, "before": before, "after": state_of(client)}
    audit.record(actor, code, target=client, structure=client.structure_id, reason=reason, details=details)
