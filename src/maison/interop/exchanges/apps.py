from django.apps import AppConfig
from django.http import HttpRequest


class ExchangesConfig(AppConfig):
    name = "maison.interop.exchanges"
    label = "exchanges"
    verbose_name = "Journal des échanges"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.events import register_topic
        from maison.foundations.jobs import every, register_loop
        from maison.ui import frame

        from . import (
            mending,  # noqa: F401 -- registers the relay kind
            purging,
            readings,
        )
        from .permissions import P

        grant("integrateur", P.VIEW, P.MEND, P.READ_PAYLOAD, P.MANAGE_CLIENTS)
        grant("support", P.VIEW)
        grant("rssi", P.VIEW)
        readings.register()
        register_loop("exchanges-purge", every(3600, purging.purge))
        register_topic("exchanges.journal", lambda actor, key: actor.can(P.VIEW))
        frame.register_room(
            "exchanges",
            "Échanges",
            [
                frame.Place("Journal", "exchanges:journal"),
                frame.Place("Logiciels", "exchanges:clients"),
                frame.Place("Conformité", "conformance:bench", _may_check),
            ],
        )


def _may_check(request: HttpRequest) -> bool:
    """The bench is a room above: known here by its address and its right only."""
    return "interop.check_conformance" in request.actor.grants  # type: ignore[attr-defined]
