from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "maison.foundations.files"
    label = "files"
    verbose_name = "Fichiers"

    def ready(self) -> None:
        from maison.foundations.jobs import every, register_loop

        from .sweeping import SWEEP_SECONDS, sweep

        register_loop("files", every(SWEEP_SECONDS, sweep))
