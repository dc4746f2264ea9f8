from django.apps import AppConfig


class OfferConfig(AppConfig):
    name = "maison.registries.offer"
    label = "offer"
    verbose_name = "Offre et lits"

    def ready(self) -> None:
        from . import registration

        registration.register()
