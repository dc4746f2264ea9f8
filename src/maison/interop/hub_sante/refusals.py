"""Why a message is refused: one table for the HTTP status, the RS-ERROR and the journal.

The Hub publishes the shape of RS-ERROR, not its list of codes: `title` uses the words of its dispatcher where the
meaning is the same, numbers are the house's own (to confirm with the ANS), grouped by hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from maison.formats.hub_sante.faults import Fault

LONGEST_CAUSE = 60
"""Faults told in one RS-ERROR; the journal keeps the first hundred."""
LONGEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """`task` says that a person of the agency has something to do, not only the sender."""

    code: str
    http_status: int
    number: int
    title: str
    message: str
    task: bool = True


UNREADABLE = Reason("HUB-001", 400, 300, "UNRECOGNIZED_MESSAGE_FORMAT", "Le message est illisible.")
INVALID = Reason("HUB-002", 422, 301, "INVALID_MESSAGE", "Le message n'est pas conforme au modèle publié.")
NO_KEY = Reason("HUB-010", 401, 600, "UNKNOWN_SENDER", "Clé absente ou inconnue.", task=False)
FORGED = Reason("HUB-011", 403, 601, "SENDER_INCONSISTENCY", "L'émetteur annoncé (senderID) n'est pas celui de la clé.")
DOOR_SHUT = Reason("HUB-012", 403, 602, "DOOR_NOT_ALLOWED", "Ce logiciel n'est pas autorisé à passer par cette porte.")
UNKNOWN_SENDER = Reason("HUB-013", 403, 603, "UNKNOWN_SENDER", "Cet émetteur n'est pas déclaré dans la maison.")
UNKNOWN_CERTIFICATE = Reason("HUB-014", 403, 605, "UNKNOWN_SENDER", "Certificat absent, expiré ou inconnu.", task=False)
TOO_LARGE = Reason("HUB-020", 413, 200, "MESSAGE_TOO_LARGE", "Le message est trop volumineux.")
WRONG_TYPE = Reason("HUB-021", 415, 201, "NOT_ALLOWED_CONTENT_TYPE", "Le type de contenu n'est pas admis : application/json ou application/xml, en UTF-8.")  # fmt: skip
REUSED = Reason("HUB-022", 409, 302, "DISTRIBUTION_ID_REUSED", "Cet identifiant de diffusion a déjà servi à un autre contenu. Réémettez avec un nouvel identifiant.")  # fmt: skip
TOO_MANY = Reason("HUB-023", 429, 604, "TOO_MANY_FAILURES", "Trop de clés refusées depuis cette adresse.", task=False)
ROOM = Reason("HUB-030", 422, 303, "INTEGRATION_REFUSED", "Le message n'a pas pu être intégré.")
HOUSE = Reason("HUB-500", 202, 900, "INTERNAL_ERROR", "Défaut de la maison : le message est gardé et sera repris.")

REASONS = {
    reason.code: reason
    for reason in (
        UNREADABLE, INVALID, NO_KEY, FORGED, DOOR_SHUT, UNKNOWN_SENDER, UNKNOWN_CERTIFICATE, TOO_LARGE, WRONG_TYPE, REUSED, TOO_MANY, ROOM, HOUSE,
    )
}  # fmt: skip


DENIED, NOT_TAKEN, NOT_SENT = "HUB-040", "HUB-041", "HUB-042"
"""Why a message of the house failed: refused by its recipient, never collected, never accepted by the broker."""
OUTBOUND_WORDS = {
    DENIED: "Le destinataire l'a refusé.",
    NOT_TAKEN: "Le destinataire n'est pas venu le relever.",
    NOT_SENT: "Le réseau ne l'a pas accepté à temps.",
}


WORDS = {code: reason.message for code, reason in REASONS.items()} | OUTBOUND_WORDS


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    detail: str = ""
    faults: Sequence[Fault] = field(default_factory=list)

    @property
    def cause(self) -> str:
        """What the sender reads in `errorCause`: one line a fault, each with its place."""
        lines = [f"{self.reason.message} {self.detail}".strip()]
        lines += [f"- {place_of(fault)} : {fault.message}" for fault in self.faults[:LONGEST_CAUSE]]
        if len(self.faults) > LONGEST_CAUSE:
            lines.append(f"- et {len(self.faults) - LONGEST_CAUSE} autres défauts.")
        return "\n".join(lines)

    def kept_faults(self) -> list[dict[str, str]]:
        """What the journal keeps in clear: places and rules, never a value of the message."""
        return [
            {
                "place": place_of(fault),
                "rule": fault.rule,
                "scope": fault.scope,
                "message": _without_value(fault),
                "official": fault.official,
            }
            for fault in self.faults[:LONGEST_LIST]
        ]


def place_of(fault: Fault) -> str:
    return fault.place or {"envelope": "enveloppe", "header": "en-tête", "content": "contenu"}[fault.scope]


def _without_value(fault: Fault) -> str:
    """Only a code out of its list quotes what the message holds, which may be anything a person typed."""
    if fault.rule == "enum":
        return "La valeur" + fault.message[fault.message.index("»") + 1 :] if "»" in fault.message else fault.message
    return fault.message
