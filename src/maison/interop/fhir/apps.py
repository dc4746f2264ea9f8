from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "maison.interop.fhir"
    label = "fhir"
    verbose_name = "Façade FHIR"

    def ready(self) -> None:
        from maison.formats.recognition import Family
        from maison.foundations.access import grant
        from maison.foundations.imports import register_import
        from maison.foundations.jobs import every, register_loop
        from maison.interop.conformance import grading
        from maison.interop.conformance.checkers import fhir as samples

        from . import definitions, imports, tokens, views
        from .permissions import P
        from .registry import declare
        from .resources import audit_event, stored
        from .subscriptions import declaration, delivery, loop, topics, watching

        for role in ("regulateur", "medecin_receveur", "ioa", "coordonnateur"):
            grant(role, P.READ)
        grant("coordonnateur", P.WRITE)
        for resource in stored.declarations():
            declare(resource)
        declare(audit_event.declaration())
        declare(declaration.declaration())
        declare(topics.declaration(views.base))
        grant("integrateur", P.VIEW_SUBSCRIPTIONS, P.MEND_SUBSCRIPTIONS)
        grant("support", P.VIEW_SUBSCRIPTIONS)
        grant("rssi", P.VIEW_SUBSCRIPTIONS)
        register_loop("fhir-events", loop.events)
        register_loop("fhir-notifications", loop.notifications)
        register_loop("fhir-mute", every(60, delivery.watch))
        register_loop("fhir-old-events", every(3600, delivery.forget))
        watching.register()
        register_import(imports.PROFILES)
        grading.register(Family.FHIR, samples.checker(definitions.library))
        register_loop("fhir-assertions", every(3600, tokens.sweep))
