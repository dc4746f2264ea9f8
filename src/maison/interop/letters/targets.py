"""What channels plug: the kinds of target `mssante` and `dmp`. A letter asks for one, for both or for none by its own orders (MetaDMPMSS)."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import override

from django.conf import settings
from django.db import connections

from maison.foundations.access.actor import Actor
from maison.interop.channels import desks
from maison.interop.channels.language.configuration import Item
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Delivery
from maison.interop.channels.ports.base import Parcel, Receipt, Send, Target
from maison.interop.exchanges.models import Client, Exchange

from . import DMP, MSSANTE, dmp, intake, legs, mssante
from .identity import identities
from .models import Leg, Letter
from .ports.chosen import health_record, mail_operator
from .reading import Carried, documents_of

log = logging.getLogger(__name__)
State = Leg.State
NO_DOCUMENT = "Ce message ne porte pas de document clinique (CDA)."
WORST = ("rejected", "unknown", "down", "later", "delivered")


@dataclass(frozen=True, slots=True)
class Errand:
    """One document of a parcel, on its way."""

    letter: Letter
    leg: Leg
    one: Carried


class LetterTarget(Target):
    """What both have in common: the documents of the parcel, their legs, and one answer for all of them."""

    kind: str

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        yield lambda parcel: self._sent(item, parcel)

    def _sent(self, item: Item, parcel: Parcel) -> Receipt:
        try:
            errands = self._errands(parcel)
            if not errands:
                return Receipt("rejected", NO_DOCUMENT, reason="regle-metier")
            receipts = [self._one(item, errand) for errand in errands]
        finally:
            if threading.current_thread().name.startswith("channel-lane"):
                connections.close_all()  # a thread of one batch, which nobody else cleans
        return min(receipts, key=lambda receipt: WORST.index(receipt.result))

    def _errands(self, parcel: Parcel) -> list[Errand]:
        delivery = Delivery.objects.select_related("passage").get(id=parcel.delivery_id)
        exchange = Exchange.objects.get(id=delivery.passage.exchange_id, at=delivery.passage.exchange_at)
        carried = documents_of(parcel.payload)
        letters = intake.record(_sender(exchange), exchange, carried) if carried else []
        return [
            Errand(letter, legs.leg_of(letter, self.kind, delivery.id), one)
            for letter, one in zip(letters, carried, strict=False)
        ]

    def _one(self, item: Item, errand: Errand) -> Receipt:
        newest = identities().newest(errand.letter)  # before: what is told meanwhile is looked at again
        receipt = self.carry(item, errand)
        if receipt.result in ("down", "later"):
            legs.move(errand.leg, State.WAITING, receipt.words, tried=True)
        elif receipt.result != "delivered":
            legs.move(
                errand.leg, State.HELD, receipt.words, reason=receipt.reason or desks.REFUSED, tried=True, looked_at=newest
            )  # fmt: skip
        return receipt

    @abstractmethod
    def carry(self, item: Item, errand: Errand) -> Receipt:
        """One document. What is delivered has moved its leg already."""


def _sender(exchange: Exchange) -> Actor:
    client = Client.objects.filter(id=exchange.client_id).first() if exchange.client_id else None
    if client is None:
        return Actor.software("unknown", "Émetteur inconnu", exchange_id=exchange.id)
    return Actor.software(client.client_id, client.name, structure_id=client.structure_id, exchange_id=exchange.id)


class MssanteTarget(LetterTarget):
    kind = MSSANTE
    shape = Shape(
        "mssante", "Messagerie sécurisée de santé (MSSanté)",
        [Field("accuse_de_lecture", "Demander un accusé de lecture à chaque envoi", "flag", default=False,
               help="sinon seulement quand le message le demande (ACK_LECTURE_MSS)")],
        "un courrier avec son archive IHE_XDM.ZIP à chaque boîte MSSanté que le message nomme (DESTMSSANTEPS, DESTMSSANTEPAT)",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return [] if mail_operator() is not None else ["Aucun opérateur MSSanté n'est raccordé (MAISON_MSSANTE_URL)."]

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return [path] if (path := settings.MSSANTE["certificate"]) else []

    @override
    def carry(self, item: Item, errand: Errand) -> Receipt:
        operator = mail_operator()
        if operator is None:
            return Receipt("down", "Aucun opérateur MSSanté n'est raccordé.")
        return mssante.carry(
            operator, errand.letter, errand.leg, errand.one, always_reading=bool(item.values.get("accuse_de_lecture"))
        )


class DmpTarget(LetterTarget):
    kind = DMP
    shape = Shape(
        "dmp", "Dossier médical partagé (DMP)",
        [Field("ins_dans_le_document", "N'envoyer que les documents qui portent eux-mêmes l'INS", "flag", default=False,
               help="sinon l'INS qualifiée du patient suffit : elle est dans la description et dans le jeton")],
        "le DMP du patient, quand le message le demande (DESTDMP) et que son identité est qualifiée",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return [] if health_record() is not None else ["Le DMP n'est pas raccordé (MAISON_DMP_URL)."]

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return [path] if (path := settings.DMP["certificate"]) else []

    @override
    def carry(self, item: Item, errand: Errand) -> Receipt:
        record = health_record()
        if record is None:
            return Receipt("down", "Le DMP n'est pas raccordé.")
        return dmp.carry(
            record,
            errand.letter,
            errand.leg,
            errand.one,
            wants_ins_inside=bool(item.values.get("ins_dans_le_document")),
        )
