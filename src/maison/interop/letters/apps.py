from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "maison.interop.letters"
    label = "letters"
    verbose_name = "Courriers"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.events import register_topic
        from maison.foundations.jobs import every, register_loop
        from maison.interop.channels.ports.base import register_target
        from maison.interop.exchanges.words import register_channel
        from maison.interop.hl7v2 import rooms
        from maison.ui import frame

        from . import DMP, MSSANTE, intake, mending, readings, receipts, targets
        from .permissions import P

        for role in ("admissions", "secretaire", "referent_identito", "integrateur"):
            grant(role, P.FOLLOW, P.READ)
        grant("support", P.FOLLOW)
        grant("rssi", P.FOLLOW)
        grant("secretaire", P.ADDRESS)
        grant("admissions", P.ADDRESS)
        register_target(targets.MssanteTarget())
        register_target(targets.DmpTarget())
        register_channel(MSSANTE, "Messagerie sécurisée (MSSanté)")
        register_channel(DMP, "Dossier médical partagé (DMP)")
        for kind in ("MDM", "OUL", "ORU"):
            rooms.register(kind, intake.integrate)
        register_loop("letters-mended", every(mending.WATCH_SECONDS, mending.turn))
        register_loop("letters-receipts", every(receipts.POLL_SECONDS, receipts.turn))
        register_topic("letters.list", lambda actor, key: actor.can(P.FOLLOW))
        readings.register()
        here = frame.Place("Courriers", "letters:list", lambda request: request.actor.can(P.FOLLOW))  # type: ignore[attr-defined]
        frame.register_room("letters", "Courriers", [here])
        exchanges = frame.room("exchanges")
        if exchanges is not None:
            frame.register_room("exchanges", exchanges.label, [*exchanges.places, here])
