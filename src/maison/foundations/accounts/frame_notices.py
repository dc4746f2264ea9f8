"""What the frame shows of accounts: the band that says Pro Santé Connect is down, the entries of the person's menu."""

from __future__ import annotations

from typing import Any

from maison.foundations.access.permissions import P
from maison.ui.frame import Notice

from .psc_client import provider


def has_local_account(request: Any) -> bool:
    return bool(request.actor.auth == "local")


def administers_people(request: Any) -> bool:
    return bool(request.actor.can(P.MANAGE_HABILITATIONS))


def provider_down(request: Any) -> Notice | None:
    """Reads what this process last saw: no call and no query a page."""
    if not provider().is_down:
        return None
    return Notice(
        title="Pro Santé Connect ne répond pas.",
        text="Les sessions ouvertes continuent jusqu'à leur délai d'inactivité. Les nouvelles connexions attendent son "
        "retour ; les comptes locaux restent utilisables, sans données de santé.",
        kind="warn",
    )
