"""Sources inside the house: what its doors received (the journal), what its rooms tell (events), what calls a channel directly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import override
from uuid import UUID

from django.db import connection, transaction

from maison.foundations.events import known_events
from maison.foundations.events.models import Cursor, StoredEvent
from maison.foundations.events.reader import Reader
from maison.foundations.ledger import watermark
from maison.interop.channels import reach
from maison.interop.channels.arrivals import Arrival, follow, receive
from maison.interop.channels.language.configuration import Configuration
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel, SourceCursor
from maison.interop.exchanges.models import Client, Exchange

from .base import Source

NEXT = """
SELECT * FROM exchanges_exchange WHERE (position, seq) > (%s, %s) AND position < %s ORDER BY position, seq LIMIT %s
"""
WINDOW = 500


class JournalSource(Source):
    """Everything a door holds for the house is offered to the channel, whatever its room does of it, except refusals and copies."""

    shape = Shape(
        "journal", "Messages reçus par une porte",
        [Field("porte", "Porte", required=False, blank="toutes", help="http, https-mtls, amqp, mllp… ; vide : toutes"),
         Field("logiciel", "Logiciel émetteur", required=False, blank="tous", help="son identifiant ; vide : tous"),
         Field("nature", "Type de message", required=False, blank="tous", help="RS-EDA, ADT^A01… ; vide : tous")],
        "les messages reçus par les portes de la maison (porte : {porte}, logiciel : {logiciel}, type : {nature})",
    )  # fmt: skip

    @override
    def faults(self, config: Configuration) -> list[str]:
        client = config.source.text("logiciel")
        if client and not Client.objects.filter(client_id=client).exists():
            return [f"Aucun logiciel n'est déclaré sous l'identifiant « {client} »."]
        return []

    @override
    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        name = config.source.text("logiciel")
        return reach.strange_software(channel, [name] if name else [])

    @override
    def forget(self, channel: Channel) -> None:
        SourceCursor.objects.filter(channel=channel).delete()

    @override
    @transaction.atomic
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        cursor, made = SourceCursor.objects.get_or_create(
            channel=channel, defaults={"position": watermark() - 1, "rank": 0}
        )
        if made:
            return 0  # it begins with what comes from now on
        cursor = SourceCursor.objects.select_for_update().get(pk=cursor.pk)
        until = watermark()
        looked = 0
        wanted: list[Exchange] = []
        heard = reach.software(channel)
        clients = dict(Client.objects.values_list("id", "client_id")) if config.source.text("logiciel") else {}
        while looked < WINDOW and len(wanted) < limit:
            rows = list(Exchange.objects.raw(NEXT, [cursor.position, cursor.rank, until, limit]))
            looked += len(rows)
            for row in rows:
                cursor.position, cursor.rank = row.position, row.seq
                if self.takes(row, config, clients) and (heard is None or row.client_id in heard):
                    wanted.append(row)
                    if len(wanted) >= limit:
                        break
            if len(rows) < limit:
                break
        if looked:
            cursor.save()
        follow(channel, config, wanted)
        return len(wanted)

    @staticmethod
    def takes(row: Exchange, config: Configuration, clients: Mapping[UUID, str]) -> bool:
        source = config.source
        if (
            row.direction != "in"
            or row.channel.startswith("canal:")
            or not row.has_payload
            or row.state == Exchange.State.REFUSED
        ):
            return False
        return (
            source.text("porte") in ("", row.door)
            and source.text("nature") in ("", row.message_type)
            and (
                not source.text("logiciel")
                or (row.client_id is not None and clients.get(row.client_id) == source.text("logiciel"))
            )
        )


class EventSource(Source):
    """Facts of the rooms, as JSON of ids: `{"event", "id", "at", …}`. The rest is asked from the house with its own rights."""

    shape = Shape(
        "evenements", "Événements de la maison",
        [Field("noms", "Événements", "lines", help="un par ligne, par exemple emergency.arrival_changed")],
        "les événements {noms} de la maison",
    )  # fmt: skip

    @override
    def faults(self, config: Configuration) -> list[str]:
        known = known_events()
        found = [
            f"La maison ne publie pas l'événement « {name} »."
            for name in config.source.lines("noms")
            if name not in known
        ]
        return found + (["Un événement se lit au format JSON."] if config.format != "json" else [])

    @override
    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        return ["Les événements de la maison concernent toutes les structures : seul un canal de l'agence les lit."]

    @override
    def forget(self, channel: Channel) -> None:
        Cursor.objects.filter(reader=f"canal:{channel.code}").delete()

    @override
    @transaction.atomic
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        arrivals: list[Arrival] = []

        def hear(event: StoredEvent) -> None:
            said = {"event": event.name, "id": str(event.id), "at": event.at.isoformat(), **event.payload}
            arrivals.append(
                Arrival(
                    json.dumps(said, ensure_ascii=False).encode(),
                    "événement",
                    "maison",
                    str(event.id),
                    message_type=event.name,
                )
            )

        name = f"canal:{channel.code}"
        _begin_now(name)
        Reader(name, frozenset(config.source.lines("noms"))).read(hear, limit)
        if arrivals:
            receive(channel, config, arrivals)
        return len(arrivals)


def _begin_now(reader: str) -> None:
    """A channel hears what happens from its first day, not the whole past."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_cursor (reader, position, seq, moved_at) VALUES (%s, %s, 0, now()) ON CONFLICT DO NOTHING",
            [reader, watermark() - 1],
        )


class CallSource(Source):
    """A door that calls the channel with a message (`door`, `calls.call`) and may wait for the answer of its target."""

    shape = Shape(
        "appel", "Porte HTTPS du canal",
        [Field("logiciels", "Logiciels admis", "lines", required=False, blank="aucun logiciel (la maison seule)",
               help="un identifiant par ligne ; chacun présente sa clé. Vide : seule la maison elle-même donne des messages à ce canal")],
        "les messages que déposent à la porte HTTPS du canal : {logiciels}",
    )  # fmt: skip

    @override
    def faults(self, config: Configuration) -> list[str]:
        said = config.source.lines("logiciels")
        known = set(Client.objects.in_use().filter(client_id__in=said).values_list("client_id", flat=True))
        return [f"Aucun logiciel n'est déclaré sous l'identifiant « {name} »." for name in said if name not in known]

    @override
    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        return reach.strange_software(channel, config.source.lines("logiciels"))

    @override
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        return 0
