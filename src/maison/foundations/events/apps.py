from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "maison.foundations.events"
    label = "events"
    verbose_name = "Événements"
