from django.apps import AppConfig


class ConformanceConfig(AppConfig):
    name = "maison.interop.conformance"
    label = "conformance"
    verbose_name = "Banc de conformité"

    def ready(self) -> None:
        from maison.formats.recognition import Family
        from maison.foundations.access import grant
        from maison.foundations.imports import register_import
        from maison.ui import frame

        from . import checkers, grading, schemas
        from .permissions import P

        grant("editeur", P.CHECK)
        grant("integrateur", P.CHECK)
        checkers.register_all()
        grading.register(Family.CDA, checkers.cda.checker(schemas.cda_schema))
        register_import(schemas.CDA_SCHEMAS)
        frame.register_room(
            "conformance",
            "Conformité",
            [
                frame.Place("Vérifier un exemple", "conformance:bench"),
                frame.Place("Mes vérifications", "conformance:history"),
            ],
        )
