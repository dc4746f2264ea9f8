"""Who sends: software known by its certificate, or by what it says of itself (MSH-3, MSH-4) and the port it came by."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from maison.foundations.access.actor import Actor
from maison.interop.exchanges.models import Client, Door

from .models import SenderProfile

FAILURES_PER_MINUTE = 20
ANYONE = "*"
"""The application of the demonstration's own software: whoever is not declared. Never in production, which has no sandbox."""


@dataclass(slots=True)
class Peer:
    """The other end of a connection. `fingerprint` is the SHA-256 of its certificate, "" without one. `application` and
    `facility` are what it last said of itself: bytes that cannot be read are then still somebody's."""

    origin: str
    port: int
    fingerprint: str = ""
    application: str = ""
    facility: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What software was declared to send (see SenderProfile); empty: anything. `replies_apart`: its application acknowledgements
    have an address of their own."""

    authorities: frozenset[str] = frozenset()
    charset: str = ""
    versions: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    replies_apart: bool = False


ANYTHING = Expected()


@dataclass(frozen=True, slots=True)
class Sender:
    """Software of the house's list, as this door needs it."""

    id: UUID
    client_id: str
    name: str
    structure_id: UUID
    opens: bool
    application: str
    facility: str
    expected: Expected = ANYTHING

    def actor(self, exchange_id: UUID) -> Actor:
        return Actor.software(self.client_id, self.name, structure_id=self.structure_id, exchange_id=exchange_id)


class Directory:
    """The software that may be behind these connections and names. One query for a whole batch, never remembered: software
    that is withdrawn is nobody from the next batch on."""

    def __init__(self, peers: Iterable[Peer], applications: Iterable[str]) -> None:
        fingerprints = {peer.fingerprint for peer in peers if peer.fingerprint}
        named = {*applications, *([ANYONE] if settings.SANDBOX else [])}
        rows = Client.objects.in_use().filter(mllp_application__in=named).exclude(mllp_application="")
        if fingerprints:
            rows = rows.union(Client.objects.in_use().filter(certificate_fingerprint__in=fingerprints))
        clients = list(rows)
        profiles = SenderProfile.objects.filter(client__in=[row.id for row in clients]).select_related("reply_target")
        expected = {
            one.client_id: Expected(
                frozenset(one.authorities), one.charset, frozenset(one.versions), frozenset(one.kinds),
                one.reply_target is not None and one.reply_target.active,
            )
            for one in profiles
        }  # fmt: skip
        self._by_certificate: dict[str, Sender] = {}
        self._by_name: dict[tuple[str, str, int | None], Sender] = {}
        for row in clients:
            sender = Sender(
                row.id, row.client_id, row.name, row.structure_id, Door.MLLP in row.doors, row.mllp_application,
                row.mllp_facility, expected.get(row.id, ANYTHING),
            )  # fmt: skip
            if row.certificate_fingerprint:
                self._by_certificate[row.certificate_fingerprint] = sender
            elif row.mllp_application:
                self._by_name[(row.mllp_application, row.mllp_facility, row.mllp_port)] = sender

    def who(self, peer: Peer, application: str, facility: str) -> Sender | None:
        """A certificate decides when there is one: what a message says of itself is then only checked."""
        if peer.fingerprint:
            return self._by_certificate.get(peer.fingerprint)
        for port in (peer.port, None):
            if found := self._by_name.get((application, facility, port)):
                return found
        return self._by_name.get((ANYONE, "", None)) if application else None


def is_consistent(sender: Sender, application: str, facility: str) -> bool:
    """What is declared beside a certificate must be what the message says."""
    return sender.application in ("", ANYONE, application) and sender.facility in ("", facility)


COUNT = """
INSERT INTO exchanges_keyfailure (origin, minute, count) VALUES (%s, date_trunc('minute', now()), %s)
ON CONFLICT (origin, minute) DO UPDATE SET count = exchanges_keyfailure.count + EXCLUDED.count RETURNING count
"""


def origin_hash(origin: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}{origin}".encode()).hexdigest()


def strangers_to_tell(origins: Counter[str]) -> Mapping[str, int]:
    """How many refusals of each origin are still worth a line: beyond twenty in a minute they are answered, no longer written."""
    told = {}
    for origin, count in sorted(origins.items()):
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [origin_hash(origin), count])
            total = cursor.fetchone()[0]
        told[origin] = max(0, min(count, FAILURES_PER_MINUTE - (total - count)))
    return told
