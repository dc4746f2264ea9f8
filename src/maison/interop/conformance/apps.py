from django.apps import AppConfig


class ConformanceConfig(AppConfig):
    name = "maison.interop.conformance"
    label = "conformance"
    verbose_name = "Banc de conformité"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.ui import frame

        from . import checkers
        from .permissions import P

        grant("editeur", P.CHECK)
        grant("integrateur", P.CHECK)
        checkers.register_all()
        frame.register_room(
            "conformance",
            "Conformité",
            [
                frame.Place("Vérifier un exemple", "conformance:bench"),
                frame.Place("Mes vérifications", "conformance:history"),
            ],
        )
