from django.apps import AppConfig


class DirectoriesConfig(AppConfig):
    name = "maison.interop.directories"
    label = "directories"
    verbose_name = "Annuaires en FHIR"

    def ready(self) -> None:
        from maison.interop.fhir.registry import declare

        from .annuaire import declarations

        for resource in declarations():
            declare(resource)
