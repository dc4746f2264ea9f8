from django.apps import AppConfig


class Hl7v2Config(AppConfig):
    name = "maison.interop.hl7v2"
    label = "hl7v2"
    verbose_name = "HL7v2"

    def ready(self) -> None:
        from maison.foundations.jobs import register_loop
        from maison.interop.exchanges import partners
        from maison.interop.exchanges.models import Door
        from maison.interop.exchanges.rehearsals import register_dealer
        from maison.interop.exchanges.words import register_channel, register_words
        from maison.registries.stays import hl7v2 as stays

        from . import CHANNEL, declared, integration, refusals, rooms

        register_words(refusals.WORDS)
        register_channel(CHANNEL, "HL7v2")
        register_dealer(CHANNEL, integration.lanes.deal_again)
        register_loop("hl7v2", integration.loop)
        partners.register_source(declared.targets)
        partners.register_sheet(Door.MLLP, "hl7v2:sender")
        partners.register_maker("Déclarer un émetteur HL7v2", "hl7v2:new_sender")
        partners.register_maker("Déclarer une cible HL7v2", "hl7v2:new_target")
        rooms.register("ADT", stays.integrate)
