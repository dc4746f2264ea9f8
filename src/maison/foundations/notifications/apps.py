from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "maison.foundations.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from maison.foundations.events import register_topic
        from maison.ui import frame

        register_topic("notifications.mine", lambda actor, key: actor.subject != "" and key == str(actor.user_id))
        frame.register_menu(frame.Place("Notifications", "notifications:list"), order=20)
