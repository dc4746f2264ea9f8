"""AMQP 0-9-1: a channel publishes to a broker with confirmations, or consumes one of its queues.

Declares nothing there: exchanges, queues and rights are the broker's operator's. Out: a message is delivered once the broker
confirmed it on disk (persistent, mandatory). In: a message is acknowledged once it is committed in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, override
from urllib.parse import unquote, urlsplit

import aio_pika
import aiormq.exceptions
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError

from maison.interop.channels.arrivals import Arrival
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.message import MAX_BYTES
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel

from . import accesses
from .accesses import Access
from .background import Run, background
from .base import Parcel, Receipt, Send, Target
from .remote import Held, RemoteSource, Unreachable

CONNECT_SECONDS, CONFIRM_SECONDS, CLOSE_SECONDS = 8.0, 15.0, 3.0
BROKEN = (aiormq.exceptions.AMQPError, OSError, TimeoutError, ssl.SSLError)


def refused(secrets: Access) -> str:
    """Why the address of this access may not be used; empty when it may."""
    parts = urlsplit(str(secrets.get("adresse", "")))
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname or parts.username:
        return "L'accès doit donner adresse = \"amqps://hôte:port/vhost\", sans identifiant dans l'adresse."
    if not secrets.get("utilisateur"):
        return "L'accès au courtier doit donner utilisateur, et secret."
    if parts.scheme == "amqp" and not accesses.is_this_machine(parts.hostname):
        return "Un courtier AMQP hors de cette machine se joint par amqps://."
    return ""


async def connect(secrets: Access) -> AbstractConnection:
    parts = urlsplit(str(secrets["adresse"]))
    secured = parts.scheme == "amqps"
    return await aio_pika.connect(
        host=parts.hostname or "", port=parts.port or (5671 if secured else 5672), ssl=secured,
        virtualhost=unquote(parts.path.removeprefix("/")) or "/", login=str(secrets["utilisateur"]),
        password=str(secrets.get("secret", "")), timeout=CONNECT_SECONDS,
        ssl_context=accesses.context(secrets) if secured else None, client_properties={"connection_name": "maison canaux"},
    )  # fmt: skip


def access_faults(item: Item) -> list[str]:
    found = accesses.faults(item, "amqp")
    if not found and (words := refused(accesses.access(item.text("acces"), "amqp") or {})):
        found = [words]
    return found


class AmqpTarget(Target):
    shape = Shape(
        "amqp", "Courtier AMQP (RabbitMQ)",
        [Field("acces", "Accès", "access", natures=("amqp",)),
         Field("echange", "Échange", required=False, blank="par défaut", help="vide : l'échange par défaut, la clé est alors le nom de la file"),
         Field("cle", "Clé de routage"),
         Field("idempotent", "Le destinataire reconnaît un message déjà reçu à son identifiant (message_id)", "flag", default=False,
               help="sinon un envoi que le courtier n'a pas confirmé n'est jamais répété sans une personne")],
        "publier sur l'échange {echange} avec la clé {cle} (accès : {acces})",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return access_faults(item)

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return accesses.reach(channel, item)

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return accesses.certificate_files(item)

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        secrets = accesses.access(item.text("acces"), "amqp")
        if secrets is None or (words := refused(secrets)):
            yield lambda parcel: Receipt(
                "down", words if secrets is not None else "L'accès au courtier n'est plus déclaré."
            )
            return
        with background("channel-amqp") as run:
            publisher = Publisher(run, secrets, item)
            try:
                yield publisher.send
            finally:
                publisher.close()


class Publisher:
    """One connection for a batch, made at its first message and made again when it is lost."""

    def __init__(self, run: Run, secrets: Access, item: Item) -> None:
        self.run, self.secrets, self.key = run, secrets, item.text("cle")
        self.exchange_name, self.safe = item.text("echange"), bool(item.values.get("idempotent"))
        self._lock = Lock()
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    def send(self, parcel: Parcel) -> Receipt:
        try:
            with self._lock:
                exchange = self._opened()
        except aiormq.exceptions.ChannelNotFoundEntity:
            return Receipt("down", "Le courtier n'a pas d'échange de ce nom.")
        except (*BROKEN, RuntimeError) as error:
            return Receipt("down", f"Le courtier ne répond pas ({type(error).__name__}).")
        try:
            self.run(exchange.publish(_message(parcel), routing_key=self.key, mandatory=True), CONFIRM_SECONDS)
        except DeliveryError as error:
            returned = isinstance(error.frame, aiormq.spec.Basic.Return)
            why = "n'a aucune file pour cette clé" if returned else "refuse le message (file pleine ou arrêtée)"
            return Receipt("down", f"Le courtier {why}.")
        except (*BROKEN, asyncio.CancelledError, RuntimeError) as error:
            with self._lock:
                self.close()
            words = f"Le courtier n'a pas confirmé le message ({type(error).__name__})"
            if self.safe:
                return Receipt("down", f"{words}.")
            return Receipt("unknown", f"{words} : il l'a peut-être.")
        return Receipt("delivered", "Confirmé par le courtier")

    def _opened(self) -> AbstractExchange:
        if self._exchange is None or self._connection is None or self._connection.is_closed:
            self._connection = self.run(connect(self.secrets), CONNECT_SECONDS)
            self._exchange = self.run(self._find(self._connection), CONNECT_SECONDS)
        return self._exchange

    async def _find(self, connection: AbstractConnection) -> AbstractExchange:
        channel: AbstractChannel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        if not self.exchange_name:
            return channel.default_exchange
        return await channel.get_exchange(self.exchange_name, ensure=True)

    def close(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(*BROKEN, asyncio.CancelledError, RuntimeError):
                self.run(connection.close(), CLOSE_SECONDS)


def _message(parcel: Parcel) -> aio_pika.Message:
    return aio_pika.Message(
        parcel.payload, content_type=parcel.content_type, message_id=parcel.key[:255], type=parcel.message_type[:255],
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )  # fmt: skip


class AmqpSource(RemoteSource):
    shape = Shape(
        "amqp", "File d'un courtier AMQP",
        [Field("acces", "Accès", "access", natures=("amqp",)),
         Field("file", "File", help="nom de la file, déclarée par l'exploitant du courtier")],
        "la file {file} du courtier (accès : {acces})",
    )  # fmt: skip
    pause_seconds = 1.0

    @override
    def faults(self, config: Configuration) -> list[str]:
        return access_faults(config.source)

    @override
    def fetch(self, channel: Channel, config: Configuration, limit: int, hold: Held) -> int:
        secrets = accesses.access(config.source.text("acces"), "amqp")
        if secrets is None or refused(secrets):
            raise Unreachable("L'accès au courtier n'est plus déclaré.")
        name = config.source.text("file")
        try:
            with background("channel-amqp-in") as run:
                connection = run(connect(secrets), CONNECT_SECONDS)
                try:
                    queue = run(_queue(connection, name), CONNECT_SECONDS)
                    messages = run(_take(queue, limit), CONFIRM_SECONDS)
                    if messages:
                        hold([_arrival(message, name) for message in messages])
                        run(_acknowledge(messages), CONFIRM_SECONDS)
                    return len(messages)
                finally:
                    with contextlib.suppress(*BROKEN, RuntimeError):
                        run(connection.close(), CLOSE_SECONDS)
        except aiormq.exceptions.ChannelNotFoundEntity as error:
            raise Unreachable("Le courtier n'a pas de file de ce nom.") from error
        except (*BROKEN, RuntimeError) as error:
            raise Unreachable(f"Le courtier ne répond pas ({type(error).__name__}).") from error


async def _queue(connection: AbstractConnection, name: str) -> Any:
    channel = await connection.channel(publisher_confirms=False)
    return await channel.get_queue(name, ensure=True)


async def _take(queue: Any, limit: int) -> list[AbstractIncomingMessage]:
    found: list[AbstractIncomingMessage] = []
    while len(found) < limit and (message := await queue.get(fail=False, timeout=CONNECT_SECONDS)) is not None:
        found.append(message)
    return found


async def _acknowledge(messages: Sequence[AbstractIncomingMessage]) -> None:
    for message in messages:
        await message.ack()


def _arrival(message: AbstractIncomingMessage, queue: str) -> Arrival:
    """Without a message id two messages of the same bytes are the same message; an HL7v2 one is known by its MSH-10 anyway."""
    size = len(message.body)
    payload = message.body if size <= MAX_BYTES else None
    return Arrival(
        payload, AmqpSource.shape.code, queue, message.message_id or "", size=size, message_type=message.type or ""
    )
