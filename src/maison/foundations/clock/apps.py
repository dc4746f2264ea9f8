from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "maison.foundations.clock"
    label = "clock"
    verbose_name = "Délais"
