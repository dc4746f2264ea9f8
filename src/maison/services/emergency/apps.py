from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    name = "maison.services.emergency"
    label = "emergency"
    verbose_name = "Urgences"

    def ready(self) -> None:
        from . import registration

        registration.register()
