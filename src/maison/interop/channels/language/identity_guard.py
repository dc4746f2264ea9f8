"""An INS leaves only when it is qualified, and test identities never meet real ones (HUB-09, RNIV, X-07).

HL7 v2: an INS of PID-3 is qualified when PID-32 says VALI (IHE PAM FR 2.11). FHIR: when a fr-core-identity-reliability
extension says VALI. CDA carries an INS only when it is qualified (CI-SIS, structuration minimale): its presence says so.
"""

from __future__ import annotations

import re

from .hl7 import Hl7Message
from .json_tree import JsonMessage
from .message import Message

REAL_OIDS = frozenset({"1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"})
TEST_OIDS = frozenset({"1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"})
OIDS = re.compile(r"(?<![\d.])(?:" + "|".join(re.escape(oid) for oid in REAL_OIDS | TEST_OIDS) + r")(?![\d.])")
POLICIES = {"refuser": "refuser le message", "retirer": "retirer l'INS du message"}

LONGEST_PID_3 = 50

NOT_QUALIFIED = "ins-non-qualifie"
WRONG_WORLD = "identite-de-test"


def check(message: Message, *, policy: str, test_world: bool) -> tuple[str, str, str] | None:
    """(reason, words, path) when the message must not leave as it is; with the policy `retirer` the INS is taken out first."""
    if not message.may_say(OIDS):
        return None
    found = [
        (path, oid)
        for path, value in message.leaves()
        if (oid := value.removeprefix("urn:oid:")) in REAL_OIDS | TEST_OIDS
    ]
    foreign = REAL_OIDS if test_world else TEST_OIDS
    for path, oid in found:
        if oid in foreign:
            return (
                WRONG_WORLD,
                "Une identité réelle est arrivée sur une plateforme de test." if test_world
                else "Une identité de test est arrivée sur une plateforme de production.",
                path,
            )  # fmt: skip
    if not found or _qualified(message):
        return None
    if policy == "retirer":
        _take_out(message, {oid for _, oid in found})
        return None
    return NOT_QUALIFIED, "L'INS de ce message n'est pas qualifiée : elle ne peut pas être transmise.", found[0][0]


def _qualified(message: Message) -> bool:
    if isinstance(message, Hl7Message):
        return "VALI" in message.values("PID-32[*]")
    if isinstance(message, JsonMessage):
        return any(
            value == "VALI" and path.endswith(("valueCoding.code", "valueCode", "valueCodeableConcept.coding[0].code"))
            for path, value in message.leaves()
        )
    return True


def _take_out(message: Message, oids: set[str]) -> None:
    if isinstance(message, Hl7Message):
        for rank in range(LONGEST_PID_3, 0, -1):
            if any(value in oids for sub in range(1, 4) for value in message.values(f"PID-3[{rank}].4.{sub}")):
                message.delete(f"PID-3[{rank}]")
        return
    held = [path for path, value in message.leaves() if value.removeprefix("urn:oid:") in oids]
    for path in reversed(held):  # the last first: what goes does not move the others
        message.delete(path.rpartition(".")[0] or path)
