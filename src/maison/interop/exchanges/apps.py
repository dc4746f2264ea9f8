from django.apps import AppConfig


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
            [frame.Place("Journal", "exchanges:journal"), frame.Place("Logiciels", "exchanges:clients")],
        )
