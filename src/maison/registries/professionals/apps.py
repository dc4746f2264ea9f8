from django.apps import AppConfig


class ProfessionalsConfig(AppConfig):
    name = "maison.registries.professionals"
    label = "professionals"
    verbose_name = "Répertoire des professionnels"

    def ready(self) -> None:
        from maison.foundations.imports import register_import
        from maison.ui import frame

        from .following import IMPORTS

        for kind in IMPORTS:
            register_import(kind)
        frame.register_room("professionals", "Professionnels", [frame.Place("Professionnels", "professionals:search")])
