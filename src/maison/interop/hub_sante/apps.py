from django.apps import AppConfig


class HubSanteConfig(AppConfig):
    name = "maison.interop.hub_sante"
    label = "hub_sante"
    verbose_name = "Hub Santé"

    def ready(self) -> None:
        from maison.foundations.jobs import every, register_loop
        from maison.interop.exchanges.rehearsals import register_dealer
        from maison.interop.exchanges.words import register_channel, register_words
        from maison.services.emergency import hub_sante as emergency

        from . import CHANNEL, integration, outbound, refusals, rehearsal, rooms

        register_words(refusals.WORDS)
        register_channel(CHANNEL, "Hub Santé")
        register_dealer(CHANNEL, rehearsal.deal)

        for message_type in emergency.INTEGRATED_TYPES:
            rooms.register(message_type, emergency.integrate, emergency.foresee_all)
        register_loop("hub-sante", integration.loop)
        register_loop("hub-sante-mailboxes", every(600, outbound.expire_mailboxes))
