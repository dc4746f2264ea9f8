"""MSH and EVN: who speaks to whom, of what, when."""

from msgspec import Struct

from maison.formats.hl7v2.datatypes import Professional
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.segment_model import ID, RAW, TS, XCN, F, Model
from maison.formats.hl7v2.tables import PROCESSING_MODES
from maison.formats.hl7v2.times import Timestamp

LONGEST_CONTROL_ID = 50
"""MSH-10 holds twenty characters up to 2.5, a hundred and ninety-nine since 2.6 (its identifier in the house: 50)."""


class MessageHeader(Struct, frozen=True, gc=False):
    """MSH. Applications and facilities are raw HD values; `version` is 2.5, `profiles` the raw MSH-21 repetitions."""

    sender: str | None = None
    sender_facility: str | None = None
    receiver: str | None = None
    receiver_facility: str | None = None
    sent_at: Timestamp | None = None
    kind: str | None = None
    control_id: str | None = None
    processing: str | None = None
    version: str | None = None
    country: str | None = None
    charset: str | None = None
    profile: str | None = None
    erased: tuple[str, ...] = ()


class Event(Struct, frozen=True, gc=False):
    """EVN: when it was typed, when it happened, by whom."""

    code: str | None = None
    recorded_at: Timestamp | None = None
    planned_at: Timestamp | None = None
    reason: str | None = None
    operators: tuple[Professional, ...] = ()
    occurred_at: Timestamp | None = None
    facility: str | None = None
    erased: tuple[str, ...] = ()


MSH = Model(
    "MSH",
    MessageHeader,
    F("sender", 3, RAW, "Application émettrice", required=True),
    F("sender_facility", 4, RAW, "Établissement émetteur"),
    F("receiver", 5, RAW, "Application destinataire"),
    F("receiver_facility", 6, RAW, "Établissement destinataire"),
    F("sent_at", 7, TS, "Date du message", required=True),
    F("kind", 9, RAW, "Type de message", required=True),
    F("control_id", 10, RAW, "Identifiant du message", required=True),
    F("processing", 11, RAW, "Mode de traitement", required=True),
    F("version", 12, RAW, "Version HL7", required=True),
    F("country", 17, RAW, "Pays"),
    F("charset", 18, RAW, "Jeu de caractères"),
    F("profile", 21, RAW, "Profil"),
)
EVN = Model(
    "EVN",
    Event,
    F("code", 1, ID, "Code de l’événement"),
    F("recorded_at", 2, TS, "Date d’enregistrement", required=True),
    F("planned_at", 3, TS, "Date prévue"),
    F("reason", 4, ID, "Motif"),
    F("operators", 5, XCN, "Opérateur", repeats=True),
    F("occurred_at", 6, TS, "Date de l’événement"),
    F("facility", 7, RAW, "Établissement"),
)


def check_header(header: MessageHeader, faults: list[Fault]) -> None:
    """MSH whatever the type of the message: a version 2, a known processing mode, an identifier that can be kept."""
    if header.version is not None and header.version[:2] != "2.":
        faults.append(Fault("MSH-12", "version", "Seules les versions 2.x d’HL7 sont comprises."))
    processing = header.processing
    if processing is not None and processing.partition("^")[0] not in PROCESSING_MODES.codes:
        faults.append(Fault("MSH-11", "processing", "Le mode de traitement doit être P, T ou D."))
    if header.control_id is not None and len(header.control_id) > LONGEST_CONTROL_ID:
        message = f"L’identifiant du message dépasse {LONGEST_CONTROL_ID} caractères."
        faults.append(Fault("MSH-10", "length", message))
