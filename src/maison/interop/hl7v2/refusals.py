"""Why a message is refused, and what the sender hears: AE for its content, AR for circumstances (HUB-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from maison.formats.hl7v2.faults import Fault

LONGEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """`answer` is MSA-1; `rule` one of the codes of `Fault`, which gives ERR-3; `task`: a person of the agency has to act."""

    code: str
    answer: str
    rule: str
    message: str
    task: bool = True


UNREADABLE = Reason("MLLP-001", "AE", "type", "Le message est illisible.")
INVALID = Reason("MLLP-002", "AE", "required", "Le message n'est pas conforme à son profil.")
CUT = Reason(
    "MLLP-003", "AE", "framing", "Un message a été coupé, ou des octets sont arrivés hors de tout message.", task=False
)
UNKNOWN_SENDER = Reason("MLLP-010", "AR", "unknown-key", "Cet émetteur n'est pas déclaré dans la maison.", task=False)
FORGED = Reason("MLLP-011", "AR", "unknown-key", "L'application annoncée (MSH-3) n'est pas celle du certificat.")
DOOR_SHUT = Reason("MLLP-012", "AR", "unknown-key", "Ce logiciel n'est pas autorisé à passer par la porte MLLP.")
UNKNOWN_CERTIFICATE = Reason("MLLP-014", "AR", "unknown-key", "Certificat absent, expiré ou inconnu.", task=False)
TOO_LARGE = Reason("MLLP-020", "AE", "length", "Le message est trop volumineux.")
REUSED = Reason("MLLP-022", "AE", "duplicate", "Cet identifiant de message (MSH-10) a déjà servi à un autre contenu. Réémettez avec un nouvel identifiant.")  # fmt: skip
OTHER_WORLD = Reason("MLLP-025", "AR", "processing", "Les identités de production et de test ne se mélangent pas : ce message n'est pas pour cette maison.")  # fmt: skip
NOT_EXPECTED = Reason(
    "MLLP-016", "AR", "message-type", "Ce logiciel n'est pas déclaré pour envoyer ce type de message."
)
OTHER_VERSION = Reason("MLLP-017", "AR", "version", "Ce logiciel n'est pas déclaré pour cette version de HL7 (MSH-12).")
OTHER_AUTHORITY = Reason("MLLP-018", "AE", "identifier", "L'autorité qui donne l'identifiant du patient n'est pas une de celles déclarées pour ce logiciel.")  # fmt: skip
UNAVAILABLE = Reason(
    "MLLP-050", "AR", "locked", "Le journal des échanges est indisponible : rien n'a été gardé, réessayez."
)
ROOM = Reason("MLLP-030", "AE", "type", "Le message n'a pas pu être intégré.")
HOUSE = Reason("MLLP-500", "AA", "internal", "Défaut de la maison : le message est gardé et sera repris.")

DENIED, NOT_DELIVERED, TARGET_GONE, NOT_ANSWERED = "MLLP-040", "MLLP-042", "MLLP-043", "MLLP-044"
OUTBOUND_WORDS = {
    DENIED: "La cible l'a refusé pour son contenu (AE).",
    NOT_DELIVERED: "La cible ne l'a pas pris en 24 heures.",
    NOT_ANSWERED: "La cible l'a reçu sans donner sa réponse applicative en 24 heures.",
    TARGET_GONE: "La cible n'est plus déclarée.",
}

REASONS = {
    reason.code: reason
    for reason in (
        UNREADABLE, INVALID, CUT, UNKNOWN_SENDER, FORGED, DOOR_SHUT, UNKNOWN_CERTIFICATE, TOO_LARGE, REUSED, OTHER_WORLD,
        NOT_EXPECTED, OTHER_VERSION, OTHER_AUTHORITY, UNAVAILABLE, ROOM, HOUSE,
    )
}  # fmt: skip
WORDS = {code: reason.message for code, reason in REASONS.items()} | OUTBOUND_WORDS


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    detail: str = ""
    faults: Sequence[Fault] = field(default_factory=list)

    def said(self) -> list[Fault]:
        """What the acknowledgement tells: each fault in its place, or the reason alone."""
        return list(self.faults) or [Fault("", self.reason.rule, f"{self.reason.message} {self.detail}".strip())]

    def kept_faults(self) -> list[dict[str, str]]:
        """What the journal keeps in clear: places and rules; the words of a fault quote nothing of the message."""
        return [
            {"place": fault.place or "message", "rule": fault.code, "scope": fault.severity, "message": fault.message, "official": ""}
            for fault in self.faults[:LONGEST_LIST]
        ]  # fmt: skip


def faults_kept(rows: Sequence[dict[str, str]], reason_code: str, detail: str) -> list[Fault]:
    """The faults of an answer given before, read from the journal."""
    found = [Fault("" if row["place"] == "message" else row["place"], row["rule"], row["message"]) for row in rows]
    reason = REASONS.get(reason_code)
    return found or ([Fault("", reason.rule, f"{reason.message} {detail}".strip())] if reason else [])
