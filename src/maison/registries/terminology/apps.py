from django.apps import AppConfig


class TerminologyConfig(AppConfig):
    name = "maison.registries.terminology"
    label = "terminology"
    verbose_name = "Nomenclatures"

    def ready(self) -> None:
        from maison.foundations.imports import register_import
        from maison.ui import frame

        from .loading import TERMINOLOGY

        register_import(TERMINOLOGY)
        frame.register_room("terminology", "Nomenclatures", [frame.Place("Nomenclatures", "terminology:catalogue")])
