"""Where each room stands in the address bar."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

ROOMS = [
    ("connexion/", "maison.foundations.accounts.urls"),
    ("sante/", "maison.foundations.supervision.health_urls"),
    ("supervision/crise/", "maison.foundations.crisis.urls"),
    ("supervision/", "maison.steering.board.urls"),
    ("notifications/", "maison.foundations.notifications.urls"),
    ("fichiers/", "maison.foundations.files.urls"),
    ("ui/", "maison.ui.urls"),
    ("urgences/", "maison.services.emergency.urls"),
    ("hub-sante/", "maison.interop.hub_sante.urls"),
    ("echanges/", "maison.interop.exchanges.urls"),
    ("", "maison.services.portal.urls"),
]


def stands(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


urlpatterns: list[URLPattern | URLResolver] = [
    path(prefix, include(module)) for prefix, module in ROOMS if stands(module)
]
