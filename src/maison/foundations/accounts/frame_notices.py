"""The band that says Pro Santé Connect is down. Reads what this process last saw: no call and no query a page."""

from __future__ import annotations

from django.http import HttpRequest

from maison.ui.frame import Notice

from .psc_client import provider


def provider_down(request: HttpRequest) -> Notice | None:
    if not provider().is_down:
        return None
    return Notice(
        title="Pro Santé Connect ne répond pas.",
        text="Les sessions ouvertes continuent jusqu'à leur délai d'inactivité. Les nouvelles connexions attendent son "
        "retour ; les comptes locaux restent utilisables, sans données de santé.",
        kind="warn",
    )
