from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from maison.foundations.access import Permission


class IdentityConfig(AppConfig):
    name = "maison.registries.identity"
    label = "identity"
    verbose_name = "Identités"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.events import register_topic
        from maison.foundations.jobs import every, register_loop
        from maison.foundations.supervision.probes import register_probe
        from maison.registries.stays import patients
        from maison.ui import frame

        from . import probes, tasks  # noqa: F401 -- tasks declares its jobs
        from .permissions import P
        from .srir.matching import match_pending
        from .stays_port import RegistryPatients

        for role in ("admissions", "ioa"):
            grant(role, P.VIEW, P.REGISTER, P.CALL_INSI, P.CHECK)
        grant("secretaire", P.VIEW, P.REGISTER, P.CALL_INSI)
        for role in ("medecin_receveur", "gestionnaire_lits"):
            grant(role, P.VIEW)
        grant("referent_identito", P.VIEW, P.REGISTER, P.CALL_INSI, P.CHECK, P.WORK, P.STEWARD)
        grant("cellule_ivo3", P.VIEW, P.WORK, P.REGION)
        patients.use(RegistryPatients())
        register_loop("identity-matching", every(1.0, match_pending))
        register_topic("identity.sheet", _may_hear_sheet)
        register_topic("identity.work", _may_hear_work)
        register_probe("identity.insi", probes.insi_reading)
        register_probe("identity.matching", probes.matching_reading)
        frame.register_room(
            "identity",
            "Identités",
            (
                frame.Place("Rechercher un patient", "identity:search", visible=_may(P.VIEW)),
                frame.Place("À traiter", "identity:work", visible=_may(P.WORK)),
                frame.Place("Domaines", "identity:domains", visible=_may(P.REGION)),
            ),
        )


def _may(permission: Permission) -> Callable[[Any], bool]:
    return lambda request: request.actor.can(permission)


def _may_hear_sheet(actor: object, key: str) -> bool:
    from uuid import UUID

    from maison.foundations.access import Actor

    from .models import Identity

    if not isinstance(actor, Actor):
        return False
    try:
        return Identity.objects.visible_to(actor).filter(id=UUID(key)).exists()
    except ValueError:
        return False


def _may_hear_work(actor: object, key: str) -> bool:
    from uuid import UUID

    from maison.foundations.access import Actor

    from .permissions import P

    if not isinstance(actor, Actor):
        return False
    if actor.can(P.REGION):
        return True
    try:
        return key != "all" and actor.can(P.STEWARD, UUID(key))
    except ValueError:
        return False
