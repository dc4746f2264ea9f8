from __future__ import annotations

from maison.foundations.access.actor import Actor
from maison.interop.exchanges.actions import key_hash
from maison.interop.exchanges.models import Client

from .models import Check, CheckQuerySet
from .permissions import P


def history(actor: Actor) -> CheckQuerySet:
    """The checks of the actor's structures, newest first."""
    return Check.objects.visible_to(actor)


def software_of_key(authorization: str) -> Actor | None:
    """The software of a `Bearer` key, allowed to check samples for its own structure; None when nobody bears it."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    client = Client.objects.in_use().filter(key_hash=key_hash(key.strip())).first()
    if client is None:
        return None
    grants = {P.CHECK.code: frozenset({client.structure_id})}
    return Actor.software(client.client_id, client.name, structure_id=client.structure_id, grants=grants)
