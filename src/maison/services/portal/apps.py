from django.apps import AppConfig
from django.http import HttpRequest


def _waiting(request: HttpRequest) -> int:
    from . import selectors

    return selectors.waiting_count(request.actor)  # type: ignore[attr-defined]


def _signed_in(request: HttpRequest) -> bool:
    return not request.actor.is_anonymous  # type: ignore[attr-defined]


def _keeps_catalogue(request: HttpRequest) -> bool:
    from .permissions import P

    return request.actor.can(P.KEEP_CATALOGUE)  # type: ignore[attr-defined]


class PortalConfig(AppConfig):
    name = "maison.services.portal"
    label = "portal"
    verbose_name = "Portail d'accès aux services (PASS)"

    def ready(self) -> None:
        from maison.foundations import access, relay
        from maison.ui import frame

        from . import relays, tasks, waiting  # noqa: F401 -- tasks hangs its handlers on the clock
        from .permissions import P

        access.grant("chef_produit", P.APPROVE_ACCESS, P.KEEP_CATALOGUE)
        relay.register_kind(relays.STRUCTURE_APPROVAL)
        relay.register_kind(relays.SERVICE_APPROVAL)
        waiting.describe(relays.STRUCTURE_APPROVAL.code, relays.words_of)
        waiting.describe(relays.SERVICE_APPROVAL.code, relays.words_of)

        places = (
            frame.Place("Accueil", "portal:home", visible=_signed_in),
            frame.Place("Demandes d'accès", "portal:requests", visible=_signed_in),
            frame.Place("La maison, étage par étage", "portal:house"),
            frame.Place("Tenir le catalogue", "portal:catalogue", visible=_keeps_catalogue),
        )
        frame.register_room("portal", "Votre portail", places)
        frame.register_menu(frame.Place("Mes demandes d'accès", "portal:requests"), order=20)
        frame.register_foot(frame.Place("La maison, étage par étage", "portal:house"), order=10)
        frame.register_foot(frame.Place("Mentions légales", "portal:legal"), order=30)
        frame.register_waiting(_waiting, "portal:home")
        frame.register_search("portal:search", "Rechercher un service")
