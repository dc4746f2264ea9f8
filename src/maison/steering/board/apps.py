from typing import Any

from django.apps import AppConfig


def may_supervise(request: Any) -> bool:
    from maison.foundations.access.permissions import P

    return bool(request.actor.can(P.SUPERVISE))


class BoardConfig(AppConfig):
    name = "maison.steering.board"
    label = "board"
    verbose_name = "Tableau de supervision"

    def ready(self) -> None:
        from maison.ui import frame

        frame.register_room(
            "supervision",
            "Supervision",
            [
                frame.Place("État de la maison", "supervision:board", visible=may_supervise),
                frame.Place("Alertes", "supervision:alerts", visible=may_supervise),
                frame.Place("Niveau de crise", "crisis:levels"),
            ],
        )
        frame.register_menu(frame.Place("Supervision", "supervision:board", visible=may_supervise), order=60)
