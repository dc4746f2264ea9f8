from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "maison.foundations.supervision"
    label = "supervision"
    verbose_name = "Supervision"

    def ready(self) -> None:
        from maison.foundations.jobs import every, register_loop

        from . import alerts, house_probes

        house_probes.register()
        register_loop("supervision", every(alerts.WATCH_SECONDS, alerts.watch))
