from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "maison.interop.fhir"
    label = "fhir"
    verbose_name = "Façade FHIR"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.imports import register_import
        from maison.foundations.jobs import every, register_loop

        from . import imports, tokens
        from .permissions import P
        from .registry import declare
        from .resources import stored

        for role in ("regulateur", "medecin_receveur", "ioa", "coordonnateur"):
            grant(role, P.READ)
        grant("coordonnateur", P.WRITE)
        for resource in stored.declarations():
            declare(resource)
        register_import(imports.PROFILES)
        register_loop("fhir-assertions", every(3600, tokens.sweep))
