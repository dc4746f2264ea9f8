from django.apps import AppConfig


class CrisisConfig(AppConfig):
    name = "maison.foundations.crisis"
    label = "crisis"
    verbose_name = "Niveau de crise"

    def ready(self) -> None:
        from maison.foundations.events import register_topic
        from maison.ui import frame

        from . import reminders
        from .band import notice

        reminders.declare()
        register_topic("crisis.level", lambda actor, key: not actor.is_anonymous)
        frame.register_crisis(notice)
        frame.register_menu(frame.Place("Niveau de crise", "crisis:levels"), order=70)
