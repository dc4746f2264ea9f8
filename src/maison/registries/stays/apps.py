from django.apps import AppConfig


class StaysConfig(AppConfig):
    name = "maison.registries.stays"
    label = "stays"
    verbose_name = "Séjours"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.events import register_topic
        from maison.ui import frame

        from .permissions import P

        for role in ("gestionnaire_lits", "ioa", "medecin_receveur"):
            grant(role, P.VIEW_CENSUS, P.VIEW_STAYS)
        for role in ("charge_territoire", "ars"):
            grant(role, P.VIEW_CENSUS)
        grant("referent_identito", P.VIEW_STAYS)
        register_topic("stays.census", _may_hear)
        frame.register_room("stays", "Séjours", [frame.Place("Patients présents", "stays:census")])


def _may_hear(actor: object, key: str) -> bool:
    from uuid import UUID

    from maison.foundations.access import Actor

    from .models import Unit
    from .permissions import P

    if not isinstance(actor, Actor) or not actor.can(P.VIEW_CENSUS):
        return False
    try:
        structure = UUID(key)
    except ValueError:
        return False
    return Unit.objects.visible_to(actor).filter(structure_id=structure).exists()
