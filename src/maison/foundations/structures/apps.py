from django.apps import AppConfig


class StructuresConfig(AppConfig):
    name = "maison.foundations.structures"
    label = "structures"
    verbose_name = "Structures et situations d'exercice"
