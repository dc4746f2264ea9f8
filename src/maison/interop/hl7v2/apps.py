from django.apps import AppConfig


class Hl7v2Config(AppConfig):
    name = "maison.interop.hl7v2"
    label = "hl7v2"
    verbose_name = "HL7v2"

    def ready(self) -> None:
        from maison.foundations.jobs import register_loop
        from maison.interop.exchanges.rehearsals import register_dealer
        from maison.interop.exchanges.words import register_channel, register_words
        from maison.registries.stays import hl7v2 as stays

        from . import CHANNEL, integration, refusals, rooms

        register_words(refusals.WORDS)
        register_channel(CHANNEL, "HL7v2")
        register_dealer(CHANNEL, integration.lanes.deal_again)
        register_loop("hl7v2", integration.loop)
        rooms.register("ADT", stays.integrate)
