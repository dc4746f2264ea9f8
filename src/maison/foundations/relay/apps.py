from django.apps import AppConfig


class RelayConfig(AppConfig):
    name = "maison.foundations.relay"
    label = "relay"
    verbose_name = "Relais"

    def ready(self) -> None:
        from maison.foundations.events import register_topic

        # One topic a structure: it tells only that something waits there.
        register_topic("relay.waiting", lambda actor, key: not actor.is_anonymous)
