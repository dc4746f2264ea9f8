"""Regulation cases made for a bench: each already oriented to an emergency department, as one RS-EDA message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from maison_region.facilities import SAMUS
from maison_region.messages import encode
from maison_region.sending import demonstration_key


def oriented_cases(finess: list[str], count: int, now: datetime) -> Iterator[tuple[bytes, str]]:
    """`count` messages, the i-th to the i-th establishment in turn, with the key of the SAMU that sends it."""
    samus = list(SAMUS.values())
    stamp = now.astimezone().isoformat(timespec="seconds")
    for index in range(count):
        client = samus[index % len(samus)].client_id
        number = f"DRFR31BENCH{uuid4().hex[:14].upper()}"
        body = {
            "caseId": f"{client}.{number}",
            "senderCaseId": number,
            "creation": stamp,
            "owner": client,
            "qualification": {
                "healthMotive": {"code": "M06.03", "label": "Chute"},
                "details": {"status": "ACTIF", "priority": "P1", "attribution": "DRM"},
            },
            "location": {"city": {"name": "Revel", "inseeCode": "31451"}},
            "patient": [{"patientId": f"{client}.patient.{number}.1", "detail": {"age": "P82Y"}}],
            "decision": [
                {
                    "decisionType": "ORIENT", "orientationType": "URGENCES", "creation": stamp, "operator": {"role": "MEDECIN"},
                    "destination": {
                        "externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": finess[index % len(finess)]}],
                        "freetext": "Urgences adultes",
                    },
                }
            ],
        }  # fmt: skip
        identity = f"{client}_{uuid4()}"
        party = {"name": client, "URI": f"hubex:{client}"}
        house = "fr.health.maison76"
        message = {
            "distributionID": identity, "senderID": client, "dateTimeSent": stamp, "dateTimeExpires": stamp[:2] + "99" + stamp[4:],
            "distributionStatus": "Actual", "distributionKind": "Report",
            "descriptor": {"language": "fr-FR", "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": house}},
            "content": [{"jsonContent": {"embeddedJsonContent": {"message": {
                "messageId": identity, "sender": party, "sentAt": stamp, "kind": "Report", "status": "Actual",
                "recipient": [{"name": house, "URI": f"hubex:{house}"}], "createCaseHealth": body,
            }}}}],
        }  # fmt: skip
        yield encode(message), f"Bearer {demonstration_key(client)}"
