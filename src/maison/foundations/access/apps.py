from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "maison.foundations.access"
    label = "access"
    verbose_name = "Habilitations"

    def ready(self) -> None:
        from . import generic_roles

        generic_roles.declare()
