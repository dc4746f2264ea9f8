"""Messages and senders for the tests of the doors: plainly fictional, in the words of the Hub Santé."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from maison.formats.hub_sante import wire
from maison.foundations.access.actor import Actor
from maison.foundations.events.models import Cursor, StoredEvent
from maison.interop.exchanges.actions import register_client
from maison.interop.exchanges.models import Client
from maison.interop.hub_sante import integration, outbound
from tests.factories import StructureFactory
from tests.foundations.ledgers import wait_until

KEY = "cle-de-demonstration-de-trente-deux-signes"
SAMU = "fr.health.samu31"
HOUSE = "fr.health.grades-occitanie"


def declare(
    client_id: str = SAMU, *, key: str | None = KEY, doors: tuple[str, ...] = ("http",), **fields: Any
) -> Client:
    structure = fields.pop("structure", None) or StructureFactory(name=f"SAMU fictif {client_id}", hub_id=client_id)
    client, _ = register_client(
        actor=Actor.system("tests"), client_id=client_id, name=f"Logiciel de {client_id}", structure_id=structure.id,
        doors=doors, key=key, **fields,
    )  # fmt: skip
    return client


def agency() -> Any:
    return StructureFactory(agency=True, name="GRADeS fictif")


def stamp() -> str:
    return wire.stamp(datetime.now(UTC))


def identity(sender: str = SAMU) -> str:
    return f"{sender}_{uuid4()}"


def technical(**members: Any) -> dict[str, Any]:
    return {"technicalNoreq": {"optionalStringField": "essai", **members}}


def envelope(
    message: dict[str, Any], *, sender: str = SAMU, distribution_id: str = "", **members: Any
) -> dict[str, Any]:
    """An EDXL-DE envelope, in its JSON form, around a message (with its header, or one that has none)."""
    return {
        "distributionID": distribution_id or identity(sender),
        "senderID": sender,
        "dateTimeSent": stamp(),
        "dateTimeExpires": "2072-01-01T00:00:00+01:00",
        "distributionStatus": "Actual",
        "distributionKind": "Report",
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": HOUSE},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    } | members


def headed(use_case: dict[str, Any], *, sender: str = SAMU) -> dict[str, Any]:
    return {
        "messageId": identity(sender),
        "sender": {"name": "samu", "URI": f"hubex:{sender}"},
        "sentAt": stamp(),
        "kind": "Report",
        "status": "Actual",
        "recipient": [{"name": "maison", "URI": f"hubex:{HOUSE}"}],
    } | use_case


def case(number: str = "00001", **members: Any) -> dict[str, Any]:
    """The least an RS-EDA may hold."""
    return {
        "createCaseHealth": {
            "caseId": f"fr.health.samu31.DRFR15DDXAAJJJ{number}",
            "creation": stamp(),
            "qualification": {},
            "location": {"freetext": "Lieu-dit fictif"},
            "owner": SAMU,
        }
        | members
    }


def update(number: str = "00001", **members: Any) -> dict[str, Any]:
    return {"createCaseHealthUpdate": {"caseId": f"fr.health.samu31.DRFR15DDXAAJJJ{number}"} | members}


def dumps(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def as_xml(document: dict[str, Any]) -> bytes:
    return wire.write(wire.read_envelope(dumps(document)), "xml")


def bearer(key: str = KEY) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def post(
    browser: Any, body: dict[str, Any] | bytes, *, key: str = KEY, content_type: str = "application/json", **extra: Any
) -> Any:
    payload = body if isinstance(body, bytes) else dumps(body)
    return browser.post("/hub-sante/messages/", payload, content_type=content_type, headers=bearer(key), **extra)


def integrate_all() -> int:
    total = 0
    while done := integration.integrate_pending():
        total += done
    return total


def answer_all() -> None:
    """Everything the house has published is told. The watermark is that of the whole server, which other tests share."""
    last = StoredEvent.objects.latest("position", "seq")

    def told() -> bool:
        outbound.answer_events()
        cursor = Cursor.objects.filter(reader=outbound.OUTBOUND_READER).first()
        return cursor is not None and (cursor.position, cursor.seq) >= (last.position, last.seq)

    wait_until(told, "all facts told")


def official(shared: Path, *parts: str) -> list[Path]:
    return sorted(
        path
        for path in (shared / "specs" / "hub-sante").joinpath(*parts).rglob("*")
        if path.suffix in (".json", ".xml")
    )
