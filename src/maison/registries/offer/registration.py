"""What the room registers with the floors below when the house opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from maison.foundations import access, relay
from maison.foundations.access import Actor
from maison.foundations.events import register_topic
from maison.foundations.jobs import every, register_loop
from maison.foundations.supervision import register_probe
from maison.ui import frame

from . import delays
from .permissions import P
from .relays import APPROVAL, BED

GRANTED = {
    "regulateur": (P.VIEW_BEDS, P.VIEW_SENSITIVE, P.NOTE_BEDS, P.REQUEST_BED, P.APPROVE_REQUESTS),
    "arm": (P.VIEW_BEDS, P.VIEW_SENSITIVE, P.NOTE_BEDS),
    "medecin_receveur": (P.VIEW_BEDS, P.COUNT_BEDS, P.REQUEST_BED, P.ANSWER_REQUESTS),
    "ioa": (P.VIEW_BEDS, P.COUNT_BEDS),
    "gestionnaire_lits": (P.VIEW_BEDS, P.COUNT_BEDS, P.ANSWER_REQUESTS, P.DESCRIBE),
    "referent_ror": (P.VIEW_BEDS, P.DESCRIBE),
    "gestionnaire_ror": (P.VIEW_BEDS, P.VIEW_SENSITIVE, P.VALIDATE),
    "ars": (P.VIEW_BEDS, P.VIEW_SENSITIVE, P.APPROVE_REQUESTS),
    "charge_territoire": (P.VIEW_BEDS,),
    "admin_structure": (P.DECLARE_WHITE_PLAN,),
}


def _anyone_with(permission: access.Permission) -> Callable[[Actor, str], bool]:
    return lambda actor, key: actor.can(permission)


def _holder_in(permission: access.Permission) -> Callable[[Actor, str], bool]:
    def rule(actor: Actor, key: str) -> bool:
        try:
            return actor.can(permission, UUID(key))
        except ValueError:
            return False

    return rule


def _may(permission: access.Permission) -> Callable[[Any], bool]:
    return lambda request: request.actor.can(permission)


def register() -> None:
    for role, permissions in GRANTED.items():
        access.grant(role, *permissions)
    delays.declare()
    relay.register_kind(BED)
    relay.register_kind(APPROVAL)
    register_topic("offer.beds", _anyone_with(P.VIEW_BEDS))
    register_topic("offer.approvals", _anyone_with(P.APPROVE_REQUESTS))
    register_topic("offer.requests", _holder_in(P.ANSWER_REQUESTS))
    register_topic("offer.asked", _holder_in(P.REQUEST_BED))

    from . import feed, probes

    register_probe("offer.cadence", probes.cadence)
    register_loop("beds", every(feed.SECONDS, feed.turn))
    frame.register_room(
        "offer",
        "Lits et offres",
        [
            frame.Place("Lits disponibles", "offer:board", visible=_may(P.VIEW_BEDS)),
            frame.Place("Demandes reçues", "offer:requests", visible=_may(P.ANSWER_REQUESTS)),
            frame.Place("Mes demandes", "offer:asked", visible=_may(P.REQUEST_BED)),
            frame.Place("À approuver", "offer:approvals", visible=_may(P.APPROVE_REQUESTS)),
            frame.Place("Plans blancs", "offer:white_plans", visible=_may(P.DECLARE_WHITE_PLAN)),
            frame.Place("Offres", "offer:offers"),
        ],
    )
