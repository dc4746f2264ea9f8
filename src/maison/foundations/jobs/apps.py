from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "maison.foundations.jobs"
    label = "jobs"
    verbose_name = "Travaux de fond"

    def ready(self) -> None:
        from . import house_loops, probes

        house_loops.register()
        probes.register()
