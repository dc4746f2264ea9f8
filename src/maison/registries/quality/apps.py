from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "maison.registries.quality"
    label = "quality"
    verbose_name = "Qualité des répertoires"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.jobs import every, register_loop
        from maison.ui import frame

        from .permissions import P
        from .running import when_due

        grant("gestionnaire_ror", P.VIEW_QUALITY, P.MEND)
        for role in ("terminologie", "charge_territoire", "ars"):
            grant(role, P.VIEW_QUALITY)
        register_loop("quality", every(600, when_due))
        frame.register_room("quality", "Qualité des répertoires", [frame.Place("Scores", "quality:scores"), frame.Place("Anomalies", "quality:anomalies")])  # fmt: skip
