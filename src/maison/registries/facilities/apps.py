from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    name = "maison.registries.facilities"
    label = "facilities"
    verbose_name = "Répertoire des structures"

    def ready(self) -> None:
        from maison.foundations.imports import register_import
        from maison.ui import frame

        from .following import IMPORTS

        for kind in IMPORTS:
            register_import(kind)
        frame.register_room("facilities", "Structures", [frame.Place("Structures", "facilities:search")])
