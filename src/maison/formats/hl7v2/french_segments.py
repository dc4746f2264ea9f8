"""The segments of France in PAM: DMP (ZFA), INSi and birth (ZFD), PMSI (ZFM), occupation (ZFP), venue (ZFV), legal care (ZFS).

Source: PAM France 2.10 and 2.11 (Interop'Santé); ZFA by DOMAIN §11, DOC-01.
"""

from msgspec import Struct

from maison.formats.hl7v2.datatypes import Address, Coded, Reference
from maison.formats.hl7v2.segment_model import CE, EI, ID, NM, RAW, ST, TS, XAD, YN, F, Model
from maison.formats.hl7v2.tables import CONSULTATION_CHOICES, DMP_STATUSES, FEEDING_CHOICES, MOVEMENT_ACTIONS
from maison.formats.hl7v2.times import Timestamp


class DmpConsent(Struct, frozen=True, gc=False):
    """ZFA: what the patient said about the DMP. `feeding` INO, IO or NA; `consultation` IC, INC or NA."""

    status: str | None = None
    status_at: Timestamp | None = None
    closed_at: Timestamp | None = None
    is_access_granted: bool | None = None
    access_at: Timestamp | None = None
    opposes_break_glass: bool | None = None
    opposes_regulation: bool | None = None
    oppositions_at: Timestamp | None = None
    feeding: str | None = None
    feeding_at: Timestamp | None = None
    consultation: str | None = None
    consultation_at: Timestamp | None = None
    erased: tuple[str, ...] = ()

    @property
    def may_feed(self) -> bool | None:
        """False when the patient, informed, opposed; None when nobody asked (DOC-01)."""
        return {"INO": True, "IO": False}.get(self.feeding or "")

    @property
    def may_consult(self) -> bool | None:
        return {"IC": True, "INC": False}.get(self.consultation or "")


class IdentityDetail(Struct, frozen=True, gc=False):
    """ZFD: `obtained_by` how the INS was obtained (INSI...), `asked_at` when the national service was last asked."""

    lunar_date: str | None = None
    weeks_of_gestation: float | None = None
    accepts_sms: bool | None = None
    is_birth_date_corrected: bool | None = None
    obtained_by: str | None = None
    asked_at: Timestamp | None = None
    proof: str | None = None
    proof_expires: Timestamp | None = None
    erased: tuple[str, ...] = ()


class PmsiModes(Struct, frozen=True, gc=False):
    """ZFM: the PMSI's modes of entry and exit, provenance and destination."""

    entry: str | None = None
    exit: str | None = None
    provenance: str | None = None
    destination: str | None = None
    erased: tuple[str, ...] = ()


class Occupation(Struct, frozen=True):
    """ZFP: INSEE activity and socio-professional category."""

    activity: str | None = None
    category: str | None = None
    erased: tuple[str, ...] = ()


class VenueDetail(Struct, frozen=True):
    """ZFV: where the patient came from or goes to, and how. `establishment` is raw: FINESS and date of the last stay."""

    establishment: str | None = None
    exit_transport: Coded | None = None
    preadmission_kind: str | None = None
    placement_began: Timestamp | None = None
    placement_ends: Timestamp | None = None
    establishment_addresses: tuple[Address, ...] = ()
    origin_account: str | None = None
    archive_number: str | None = None
    custom_exit: str | None = None
    legal_care_code: str | None = None
    transport_care: Coded | None = None
    erased: tuple[str, ...] = ()


class LegalCare(Struct, frozen=True):
    """ZFS: legal mode of psychiatric care."""

    rank: str | None = None
    id: Reference | None = None
    began: Timestamp | None = None
    ended: Timestamp | None = None
    action: str | None = None
    mode: Coded | None = None
    rimp_code: str | None = None
    comment: str | None = None
    erased: tuple[str, ...] = ()


ZFA = Model(
    "ZFA",
    DmpConsent,
    F("status", 1, ID, "État du DMP", table=DMP_STATUSES, severity="warning"),
    F("status_at", 2, TS, "Date de recueil de l’état du DMP"),
    F("closed_at", 3, TS, "Date de fermeture du DMP"),
    F("is_access_granted", 4, YN, "Autorisation d’accès au DMP"),
    F("access_at", 5, TS, "Date de recueil de l’autorisation"),
    F("opposes_break_glass", 6, YN, "Opposition au bris de glace"),
    F("opposes_regulation", 7, YN, "Opposition à l’accès du centre de régulation"),
    F("oppositions_at", 8, TS, "Date de recueil des oppositions"),
    F("feeding", 9, ID, "Opposition à l’alimentation", table=FEEDING_CHOICES),
    F("feeding_at", 10, TS, "Date de l’opposition à l’alimentation"),
    F("consultation", 11, ID, "Consentement à la consultation", table=CONSULTATION_CHOICES),
    F("consultation_at", 12, TS, "Date du consentement à la consultation"),
)
ZFD = Model(
    "ZFD",
    IdentityDetail,
    F("lunar_date", 1, RAW, "Date lunaire"),
    F("weeks_of_gestation", 2, NM, "Semaines de gestation", severity="warning"),
    F("accepts_sms", 3, YN, "Consentement aux SMS", severity="warning"),
    F("is_birth_date_corrected", 4, YN, "Date de naissance corrigée", severity="warning"),
    F("obtained_by", 5, ID, "Mode d’obtention de l’identité"),
    F("asked_at", 6, TS, "Date d’interrogation d’INSi", severity="warning"),
    F("proof", 7, ST, "Justificatif d’identité"),
    F("proof_expires", 8, TS, "Fin de validité du justificatif", severity="warning"),
)
ZFM = Model(
    "ZFM",
    PmsiModes,
    F("entry", 1, ID, "Mode d’entrée PMSI"),
    F("exit", 2, ID, "Mode de sortie PMSI"),
    F("provenance", 3, ID, "Provenance PMSI"),
    F("destination", 4, ID, "Destination PMSI"),
)
ZFP = Model(
    "ZFP",
    Occupation,
    F("activity", 1, ST, "Activité"),
    F("category", 2, ST, "Catégorie socioprofessionnelle"),
)
ZFV = Model(
    "ZFV",
    VenueDetail,
    F("establishment", 1, RAW, "Établissement de provenance ou de destination"),
    F("exit_transport", 2, CE, "Transport de sortie"),
    F("preadmission_kind", 3, ID, "Type de préadmission"),
    F("placement_began", 4, TS, "Début de placement"),
    F("placement_ends", 5, TS, "Fin de placement"),
    F("establishment_addresses", 6, XAD, "Adresse de l’établissement", repeats=True),
    F("origin_account", 7, RAW, "Dossier de l’établissement de provenance"),
    F("archive_number", 8, RAW, "Numéro d’archives"),
    F("custom_exit", 9, ID, "Mode de sortie local"),
    F("legal_care_code", 10, RAW, "Mode légal de soins (RIM-P)"),
    F("transport_care", 11, CE, "Prise en charge pendant le transport"),
)
ZFS = Model(
    "ZFS",
    LegalCare,
    F("rank", 1, ID, "Rang"),
    F("id", 2, EI, "Identifiant du mode légal"),
    F("began", 3, TS, "Début"),
    F("ended", 4, TS, "Fin"),
    F("action", 5, ID, "Action", table=MOVEMENT_ACTIONS),
    F("mode", 6, CE, "Mode légal de soins"),
    F("rimp_code", 7, RAW, "Code RIM-P"),
    F("comment", 8, ST, "Commentaire"),
)
