from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "maison.steering.board"
    label = "board"
    verbose_name = "Tableau de supervision"

    def ready(self) -> None:
        from maison.foundations.access.permissions import P
        from maison.ui import frame

        frame.register_room(
            "supervision",
            "Supervision",
            [
                frame.Place("État de la maison", "supervision:board", visible=lambda r: r.actor.can(P.SUPERVISE)),
                frame.Place("Alertes", "supervision:alerts", visible=lambda r: r.actor.can(P.SUPERVISE)),
                frame.Place("Niveau de crise", "crisis:levels"),
            ],
        )
        supervision = frame.Place("Supervision", "supervision:board", visible=lambda r: r.actor.can(P.SUPERVISE))
        frame.register_menu(supervision, order=60)
