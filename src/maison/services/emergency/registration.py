"""What the room registers with the floors below when the house opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from maison.foundations import access, clock, relay
from maison.foundations.access import Actor
from maison.foundations.events import register_topic
from maison.ui import frame

from .permissions import P
from .relays import ARRIVAL, DESTINATION

UNCONFIRMED = "emergency.unconfirmed"
CLOSING = "emergency.closing"


def _structure_rule(permission: access.Permission) -> Callable[[Actor, str], bool]:
    def rule(actor: Actor, key: str) -> bool:
        try:
            return actor.can(permission, UUID(key))
        except ValueError:
            return False

    return rule


def _may(permission: access.Permission) -> Callable[[Any], bool]:
    return lambda request: request.actor.can(permission)


def register() -> None:
    access.register(permissions=[P.VIEW_BOARD, P.CONFIRM_ARRIVALS, P.VIEW_CASES, P.MANAGE_CASES, P.VIEW_MISSIONS])
    for role in ("ioa", "medecin_receveur"):
        access.grant(role, P.VIEW_BOARD, P.CONFIRM_ARRIVALS)
    access.grant("regulateur", P.VIEW_CASES, P.MANAGE_CASES)
    access.grant("arm", P.VIEW_CASES, P.MANAGE_CASES)
    access.grant("equipe_smur", P.VIEW_MISSIONS)
    relay.register_kind(ARRIVAL)
    relay.register_kind(DESTINATION)
    register_topic("emergency.board", _structure_rule(P.VIEW_BOARD))
    register_topic("emergency.cases", _structure_rule(P.VIEW_CASES))
    clock.declare(
        UNCONFIRMED,
        "Arrivée annoncée que personne n'a confirmée : prévenir le régulateur",
        seconds=300,
        owner="SAMU et services d'urgences",
    )
    clock.declare(
        CLOSING,
        "Clôture d'un dossier validé ouvert dans la maison, compté depuis son passage à l'état actif",
        seconds=24 * 3600,
        owner="SAMU",
    )
    from . import delays  # noqa: F401 -- gives the clock its handlers

    frame.register_room(
        "emergency",
        "Urgences",
        [
            frame.Place("Tableaux des urgences", "emergency:boards", visible=_may(P.VIEW_BOARD)),
            frame.Place("Dossiers de régulation", "emergency:cases", visible=_may(P.VIEW_CASES)),
            frame.Place("Ouvrir un dossier", "emergency:new_case", visible=_may(P.MANAGE_CASES)),
        ],
    )
