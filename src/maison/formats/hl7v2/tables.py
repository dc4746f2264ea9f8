"""The code tables of HL7 and of PAM France that messages are checked against, with the labels people read.

Sources: HL7 2.5.1 chapters 3 and 6; PAM France 2.11 (Interop'Santé); RNIV and FR Core for the reliability of identities.
"""

from collections.abc import Mapping

from msgspec import Struct


class Table(Struct, frozen=True):
    """`name` is what a fault quotes; `labels` gives the French words of each code."""

    name: str
    labels: Mapping[str, str]

    @property
    def codes(self) -> Mapping[str, str]:
        return self.labels

    @property
    def some_codes(self) -> str:
        codes = list(self.labels)
        return ", ".join(codes[:12]) + (", …" if len(codes) > 12 else "")

    def label(self, code: str | None) -> str | None:
        return self.labels.get(code) if code else None


SEXES = Table(
    "0001",
    {
        "F": "Féminin",
        "M": "Masculin",
        "U": "Inconnu",
        "I": "Indéterminé",
        "O": "Autre",
        "A": "Ambigu",
        "N": "Non applicable",
    },
)
PATIENT_CLASSES = Table(
    "0004",
    {
        "E": "Urgences",
        "I": "Hospitalisation",
        "O": "Consultation externe",
        "N": "Sans objet",
        "R": "Séances",
        "P": "Préadmission",
        "B": "Obstétrique",
        "C": "Commercial",
        "U": "Inconnue",
    },
)
IDENTIFIER_KINDS = Table(
    "0203",
    {
        "PI": "Identifiant permanent du patient (IPP)",
        "PN": "Identifiant temporaire du patient",
        "INS": "Matricule INS",
        "INS-C": "INS calculé (abandonné)",
        "NH": "Numéro d’assuré",
        "PPN": "Passeport",
        "NI": "Carte d’identité",
        "AN": "Dossier administratif",
        "VN": "Venue",
        "RI": "Ressource",
        "RRI": "Identifiant régional",
        "MR": "Dossier médical",
        "PT": "Patient externe",
    },
)
RELIABILITY = Table(
    "0445",
    {
        "PROV": "Identité provisoire",
        "RECUP": "Identité récupérée",
        "VALI": "Identité validée",
        "QUAL": "Identité qualifiée",
        "VIDE": "Identité vide",
        "DOUB": "Doublon",
        "DESA": "Désactivée",
        "DPOT": "Doublon potentiel",
        "DOUA": "Doublon avéré",
        "COLP": "Collision potentielle",
        "COLV": "Collision avérée",
        "FILI": "Filiation",
        "CACH": "Identité cachée",
        "ANOM": "Anonyme",
        "IDVER": "Identité vérifiée",
        "RECD": "Reçue d’un autre domaine",
        "IDRA": "Identité à rapprocher",
        "USUR": "Usurpation",
        "HOMD": "Homonyme douteux",
        "HOMA": "Homonyme avéré",
        "INVA": "Invalidée",
        "FICT": "Identité fictive",
        "DOUT": "Identité douteuse",
    },
)
NAME_KINDS = Table(
    "0200",
    {
        "L": "Nom de naissance",
        "D": "Nom utilisé",
        "S": "Pseudonyme",
        "U": "Inconnu",
        "A": "Autre nom",
        "M": "Jeune fille",
    },
)
YES_NO = Table("0136", {"Y": "Oui", "N": "Non"})
MOVEMENT_ACTIONS = Table("ZBE-4", {"INSERT": "Nouveau", "UPDATE": "Corrigé", "CANCEL": "Annulé"})
DMP_STATUSES = Table("ZFA-1", {"ACTIF": "DMP ouvert", "FERME": "DMP fermé", "INEXISTANT": "Pas de DMP"})
FEEDING_CHOICES = Table("ZFA-9", {"INO": "Informé, non opposé", "IO": "Informé, opposé", "NA": "Non recueilli"})
CONSULTATION_CHOICES = Table("ZFA-11", {"IC": "Informé, consentement", "INC": "Informé, refus", "NA": "Non recueilli"})
VISIT_INDICATORS = Table("0326", {"V": "Venue", "A": "Dossier"})
PROCESSING_MODES = Table("0103", {"P": "Production", "T": "Formation", "D": "Mise au point"})
VALUE_TYPES = Table(
    "0125",
    {
        kind: kind
        for kind in (
            "ED",
            "CE",
            "CWE",
            "CNE",
            "ST",
            "TX",
            "FT",
            "NM",
            "DT",
            "TM",
            "TS",
            "DTM",
            "SN",
            "RP",
            "CX",
            "XCN",
            "EI",
        )
    },
)
RESULT_STATUSES = Table(
    "0085",
    {
        "F": "Final",
        "C": "Remplace",
        "D": "Supprime",
        "P": "Préliminaire",
        "R": "Saisi, non vérifié",
        "S": "Partiel",
        "X": "Impossible",
        "O": "Description de la demande",
        "I": "En attente",
        "U": "Statut changé",
        "W": "Erroné, retiré",
        "N": "Non demandé",
        "A": "Amendé",
    },
)
DOCUMENT_STATUSES = Table(
    "0271",
    {
        "AU": "Authentifié",
        "LA": "Légalement authentifié",
        "DI": "Dicté",
        "DO": "Documenté",
        "IN": "Incomplet",
        "IP": "En cours",
        "PA": "Pré-authentifié",
    },
)

EVENTS: dict[str, str] = {
    "A01": "Admission",
    "A02": "Mutation",
    "A03": "Sortie définitive",
    "A04": "Venue externe ou aux urgences",
    "A05": "Préadmission",
    "A06": "Passage d’externe à hospitalisé",
    "A07": "Passage d’hospitalisé à externe",
    "A08": "Mise à jour",
    "A11": "Annulation d’admission",
    "A12": "Annulation de mutation",
    "A13": "Annulation de sortie",
    "A14": "Admission prévue",
    "A21": "Permission : départ",
    "A22": "Permission : retour",
    "A24": "Lien entre deux identités",
    "A25": "Annulation de sortie prévue",
    "A26": "Annulation de mutation prévue",
    "A27": "Annulation d’admission prévue",
    "A28": "Création d’identité",
    "A31": "Mise à jour d’identité",
    "A37": "Rupture de lien entre deux identités",
    "A38": "Annulation de préadmission",
    "A40": "Fusion d’identités",
    "A44": "Rattachement d’un dossier à une autre identité",
    "A47": "Changement d’identifiant",
    "A52": "Annulation de départ en permission",
    "A53": "Annulation de retour de permission",
    "A54": "Changement de médecin responsable",
    "A55": "Annulation de changement de médecin responsable",
    "Z99": "Correction d’un mouvement",
}
"""The events of ADT messages the house reads, in French. Table 0003 and PAM France."""

CANCELS: dict[str, tuple[str, ...]] = {
    "A11": ("A01", "A04"),
    "A12": ("A02",),
    "A13": ("A03",),
    "A38": ("A05",),
    "A52": ("A21",),
    "A53": ("A22",),
    "A55": ("A54",),
}
"""Which movement each cancelling event cancels (what its ZBE-6 names)."""

INSERTS = ("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A14", "A21", "A22", "A54")
MOVEMENTS = frozenset({*INSERTS, *CANCELS, "Z99"})
"""A ZBE is mandatory on these."""
WITHOUT_MOVEMENT = frozenset({"A28", "A31", "A40", "A47", "A24", "A37"})
"""Messages about a person, not about a stay: no ZBE."""
