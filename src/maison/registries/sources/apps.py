from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "maison.registries.sources"
    label = "sources"
    verbose_name = "Fichiers officiels"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.supervision import register_probe
        from maison.ui import frame

        from .permissions import P
        from .probes import freshness

        for role in ("gestionnaire_ror", "terminologie", "charge_territoire", "support", "ars"):
            grant(role, P.VIEW_LOADINGS)
        register_probe("sources.freshness", freshness)
        frame.register_room("sources", "Fichiers officiels", [frame.Place("Chargements", "sources:loadings")])
