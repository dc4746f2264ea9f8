from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "maison.foundations.supervision"
    label = "supervision"
    verbose_name = "Supervision"

    def ready(self) -> None:
        from . import house_probes

        house_probes.register()
