"""The fictional professionals of the demonstration region: who they are, where they work, what they may do.

Nobody here exists. Family names are plants, winds and stones of the South; RPPS numbers are test ones: prefix 9970,
six digits, Luhn key on eleven (DOMAIN REF-01). The sandbox of Pro Santé Connect offers these people at its sign-in
page, and `maison_region load` gives them their roles in the house.

Codes: professions TRE_G15 (10 médecin, 50 sage-femme, 60 infirmier) and, for people who are not health professionals
by law but are registered by their employer (RPPS+), the « autre professionnel » list (335 gestionnaire alertes et
urgences sanitaires for the ARM, 340 direction des systèmes d'information for the agency); savoir-faire TRE_R38
(SM59 médecine d'urgence, SM54 médecine générale, SM02 anesthésie-réanimation, SM32 neurologie); sectors TRE_R02 (SA01 établissement public de santé, SA04
établissement privé, SA07 cabinet individuel, SA57 structure de coopération). Read 2026-11-21 in the ANS NOS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from maison_region.facilities import EMERGENCY_SITES, OPERATOR_FINESS_EJ, SAMUS, SMUR_BASES, legal_entities

OPERATOR_NAME = "Maison e-santé Occitanie"

DOCTOR, MIDWIFE, NURSE, DISPATCHER, INFORMATION_SYSTEMS = "10", "50", "60", "335", "340"
PROFESSION_LABELS = {
    DOCTOR: "Médecin",
    MIDWIFE: "Sage-femme",
    NURSE: "Infirmier",
    DISPATCHER: "Gestionnaire alertes et urgences sanitaires",
    INFORMATION_SYSTEMS: "Autre professionnel de la direction des systèmes d'information",
}
EMERGENCY_MEDICINE, GENERAL_PRACTICE = "SM59", "SM54"


@dataclass(frozen=True, slots=True)
class RoleAt:
    """A role of the house, and the place that gives it.

    `place` is `samu/31`, `smur/<EG>`, `site/<EG>`, `service/<EG>/<type>`, `entity/<EJ>` or `operator`.
    """

    role: str
    place: str


@dataclass(frozen=True, slots=True)
class Activity:
    """One situation d'exercice as Pro Santé Connect tells it: mode L libéral or S salarié, sector, site."""

    mode: str
    sector: str
    name: str
    finess_eg: str = ""
    finess_ej: str = ""
    role: str = ""
    kind: str = "GENR01"
    roles: tuple[RoleAt, ...] = ()
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Professional:
    """`function` is how the demonstration pages present the person; it is no claim."""

    rpps: str
    civility: str
    family_name: str
    given_name: str
    profession: str
    function: str
    activities: tuple[Activity, ...]
    skill: str = ""
    regulates: bool = False

    @property
    def idnat(self) -> str:
        """Identification nationale: type 8 (RPPS), then the number; the subject of the person everywhere."""
        return f"8{self.rpps}"

    @property
    def professional_civility(self) -> str:
        return "DR" if self.profession == DOCTOR else ""

    @property
    def skill_type(self) -> str:
        return "S" if self.skill else ""

    @property
    def full_name(self) -> str:
        return " ".join(
            part for part in ("Dr" if self.professional_civility else "", self.given_name, self.family_name) if part
        )

    @property
    def open_activities(self) -> tuple[Activity, ...]:
        """What Pro Santé Connect answers: a closed situation is not listed (REF-03)."""
        return tuple(activity for activity in self.activities if activity.ended_on is None)


@dataclass(frozen=True, slots=True)
class LocalPerson:
    """A person without RPPS: local account and second factor, never health data (X-01, PASS-04).

    Password and TOTP secret (base32, RFC 6238, 30 seconds, 6 digits) are public: they open the demonstration only.
    """

    email: str
    family_name: str
    given_name: str
    function: str
    password: str
    totp_secret: str
    roles: tuple[RoleAt, ...] = field(default=())


def luhn_key(body: str) -> str:
    """The digit that makes `body` + key pass the Luhn check (RPPS, FINESS, SIRET)."""
    total = 0
    for index, character in enumerate(reversed(body)):
        doubled = int(character) * (1 if index % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def test_rpps(number: int) -> str:
    """The eleven digits of a test RPPS; `number` from 0 to 999999."""
    body = f"9970{number:06d}"
    return body + luhn_key(body)


test_rpps.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever pytest reads in its name


def at_site(eg: str, *roles: str, services: tuple[str, ...] = (), ended_on: date | None = None) -> Activity:
    """Salaried work in a hospital; `services` narrows the roles to these receiving units instead of the whole site."""
    site = EMERGENCY_SITES[eg]
    places = [f"service/{eg}/{service}" for service in services] or [f"site/{eg}"]
    return Activity(
        mode="S",
        sector="SA01" if is_public(site.finess_ej) else "SA04",
        name=site.name,
        finess_eg=eg,
        finess_ej=site.finess_ej,
        roles=tuple(RoleAt(role, place) for role in roles for place in places),
        ended_on=ended_on,
    )


def at_samu(department: str, *roles: str) -> Activity:
    samu = SAMUS[department]
    return Activity(
        mode="S",
        sector="SA01",
        name=samu.long_name,
        finess_eg=samu.finess_eg,
        finess_ej=samu.finess_ej,
        roles=tuple(RoleAt(role, f"samu/{department}") for role in roles),
    )


def at_smur(eg: str) -> Activity:
    base = SMUR_BASES[eg]
    return Activity(
        mode="S",
        sector="SA01",
        name=base.name,
        finess_eg=eg,
        finess_ej=base.finess_ej,
        roles=(RoleAt("equipe_smur", f"smur/{eg}"),),
    )


def at_entity(ej: str, *roles: str) -> Activity:
    return Activity(
        mode="S",
        sector="SA01",
        name=legal_entities()[ej],
        finess_ej=ej,
        roles=tuple(RoleAt(role, f"entity/{ej}") for role in roles),
    )


def at_operator(*roles: str) -> Activity:
    return Activity(
        mode="S",
        sector="SA57",
        name=OPERATOR_NAME,
        finess_ej=OPERATOR_FINESS_EJ,
        roles=tuple(RoleAt(role, "operator") for role in roles),
    )


def in_practice(name: str) -> Activity:
    return Activity(mode="L", sector="SA07", name=name)


def is_public(ej: str) -> bool:
    """Public establishment, by its FINESS EJ."""
    return ej in _public_entities()


@cache
def _public_entities() -> frozenset[str]:
    """Entities that hold a SMUR are public establishments here (all 42 SMUR of SAE 2023 are)."""
    return frozenset(base.finess_ej for base in SMUR_BASES.values()) | {"650780166", "110780087"}


RANGUEIL, PURPAN, CHILDREN, CASTRES, CAHORS, LAPEYRONIE, NIMES, PERPIGNAN, MENDE, RODEZ, TARBES, ALBI, UNION = (
    "310783055", "310783048", "310016977", "810000521", "460000110", "340785161", "300782117", "660000084",
    "480000017", "120000039", "650000417", "810000505", "310780283",
)  # fmt: skip
CHU_TOULOUSE = "310781406"
EDITOR_NAME = "Logiciels fictifs du Midi (éditeur)"


def _doctor(number: int, civility: str, given: str, family: str, function: str, *activities: Activity,
            skill: str = EMERGENCY_MEDICINE, regulates: bool = False) -> Professional:  # fmt: skip
    return Professional(
        test_rpps(number), civility, family, given, DOCTOR, function, activities, skill=skill, regulates=regulates
    )


def _other(number: int, civility: str, given: str, family: str, profession: str, function: str,
           *activities: Activity) -> Professional:  # fmt: skip
    return Professional(test_rpps(number), civility, family, given, profession, function, activities)


@cache
def professionals() -> list[Professional]:
    """Everyone who may sign in with (the sandbox of) Pro Santé Connect, the journeys' people first."""
    return [
        # Journey J1, Haute-Garonne
        _other(1, "M", "Bastien", "Aubépine", DISPATCHER, "Assistant de régulation médicale, SAMU 31",
               at_samu("31", "arm")),
        _doctor(2, "MME", "Amina", "Tramontane", "Médecin régulatrice, SAMU 31",
                at_samu("31", "regulateur"), regulates=True),
        _other(3, "MME", "Léonie", "Romarin", NURSE, "Infirmière d'accueil, urgences adultes de Rangueil",
               at_site(RANGUEIL, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(4, "M", "Kenji", "Garrigue", "Urgentiste, urgences adultes de Rangueil",
                at_site(RANGUEIL, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _other(5, "M", "Moussa", "Galet", NURSE, "Infirmier d'accueil, urgences adultes de Purpan",
               at_site(PURPAN, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(6, "MME", "Inès", "Serpolet", "Urgentiste, urgences adultes de Purpan",
                at_site(PURPAN, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _doctor(7, "M", "Théodore", "Cyprès", "Médecin du SMUR de Toulouse", at_smur(PURPAN)),
        _doctor(8, "MME", "Rosa", "Églantine", "Régulatrice au SAMU 31 et urgentiste à Rangueil (deux situations)",
                at_samu("31", "regulateur"),
                at_site(RANGUEIL, "medecin_receveur", services=("urgences_adultes",)), regulates=True),
        _doctor(9, "M", "Yanis", "Marjolaine", "Réanimateur, Rangueil",
                at_site(RANGUEIL, "medecin_receveur", services=("reanimation", "soins_intensifs")), skill="SM02"),
        _doctor(10, "MME", "Linh", "Coquelicot", "Neurologue de l'unité neurovasculaire, Purpan",
                at_site(PURPAN, "medecin_receveur", services=("unv",)), skill="SM32"),
        _doctor(11, "M", "Gaspard", "Verveine", "Médecin généraliste à Revel, régulateur libéral au SAMU 31",
                in_practice("Cabinet du Dr Verveine"), at_samu("31", "regulateur"),
                skill=GENERAL_PRACTICE, regulates=True),
        _other(12, "MME", "Oumou", "Grenade", NURSE, "Infirmière d'accueil, urgences pédiatriques de Toulouse",
               at_site(CHILDREN, "ioa", services=("urgences_pediatriques",))),
        _other(13, "MME", "Colombe", "Silex", MIDWIFE, "Sage-femme, maternité Paule-de-Viguier",
               at_site(CHILDREN, "ioa", services=("maternite",))),
        _other(14, "M", "Célestin", "Micocoulier", INFORMATION_SYSTEMS, "Administrateur de structure, CHU de Toulouse",
               at_entity(CHU_TOULOUSE, "admin_structure")),
        _doctor(15, "MME", "Apolline", "Cade", "Urgentiste, clinique de l'Union",
                at_site(UNION, "medecin_receveur", services=("urgences_adultes",))),
        _other(16, "MME", "Suzon", "Olivier", NURSE, "Gestionnaire des lits, Rangueil",
               at_site(RANGUEIL, "gestionnaire_lits")),
        _other(17, "MME", "Lison", "Guichet", INFORMATION_SYSTEMS, "Agente du bureau des admissions, Rangueil",
               at_site(RANGUEIL, "admissions")),
        _other(18, "M", "Anselme", "Plume", INFORMATION_SYSTEMS, "Secrétaire médical, Rangueil",
               at_site(RANGUEIL, "secretaire")),
        _other(50, "MME", "Clarisse", "Sureau", NURSE, "Référente d'identitovigilance, Rangueil et Purpan",
               at_entity(CHU_TOULOUSE, "referent_identito")),
        _other(51, "M", "Valère", "Busserole", NURSE, "Cellule d'identitovigilance, Rangueil et Purpan",
               at_entity(CHU_TOULOUSE, "referent_identito")),
        # The region
        _other(20, "MME", "Faustine", "Brugnon", NURSE, "Infirmière d'accueil, urgences de Castres-Mazamet",
               at_site(CASTRES, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(21, "M", "Idriss", "Bourrache", "Urgentiste, Castres-Mazamet",
                at_site(CASTRES, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _doctor(22, "MME", "Solveig", "Autan", "Médecin régulatrice, SAMU 81", at_samu("81", "regulateur"), regulates=True),
        _other(23, "M", "Aurélien", "Causse", DISPATCHER, "Assistant de régulation médicale, SAMU 81",
               at_samu("81", "arm")),
        _doctor(24, "M", "Barnabé", "Safran", "Urgentiste, Cahors",
                at_site(CAHORS, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _other(25, "MME", "Nour", "Noyer", NURSE, "Infirmière d'accueil, urgences de Cahors",
               at_site(CAHORS, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(26, "M", "Lubin", "Truffe", "Médecin régulateur, SAMU 46", at_samu("46", "regulateur"), regulates=True),
        _other(27, "M", "Marius", "Lavandin", NURSE, "Infirmier d'accueil, urgences de Lapeyronie",
               at_site(LAPEYRONIE, "ioa", services=("urgences_adultes", "urgences_pediatriques", "dechocage"))),
        _doctor(28, "MME", "Zélie", "Arbousier", "Urgentiste, Lapeyronie",
                at_site(LAPEYRONIE, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _doctor(29, "M", "Samir", "Mistral", "Médecin régulateur, SAMU 34", at_samu("34", "regulateur"), regulates=True),
        _other(30, "MME", "Blandine", "Salicorne", DISPATCHER, "Assistante de régulation médicale, SAMU 34",
               at_samu("34", "arm")),
        _other(31, "MME", "Awa", "Tamaris", NURSE, "Infirmière d'accueil, urgences de Nîmes",
               at_site(NIMES, "ioa", services=("urgences_adultes", "urgences_pediatriques", "dechocage"))),
        _doctor(32, "M", "Florentin", "Olivier-Sauvage", "Urgentiste, Nîmes",
                at_site(NIMES, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _doctor(33, "MME", "Esther", "Cigale", "Médecin régulatrice, SAMU 30", at_samu("30", "regulateur"), regulates=True),
        _other(34, "M", "Joan", "Grenadier", NURSE, "Infirmier d'accueil, urgences de Perpignan",
               at_site(PERPIGNAN, "ioa", services=("urgences_adultes", "urgences_pediatriques", "dechocage"))),
        _doctor(35, "MME", "Mireia", "Amandier", "Urgentiste, Perpignan",
                at_site(PERPIGNAN, "medecin_receveur", services=("urgences_adultes", "dechocage"))),
        _doctor(36, "M", "Côme", "Canigou", "Médecin régulateur, SAMU 66", at_samu("66", "regulateur"), regulates=True),
        _other(37, "MME", "Capucine", "Myrtille", NURSE, "Infirmière d'accueil, urgences de Mende",
               at_site(MENDE, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(38, "M", "Tidiane", "Genêt", "Urgentiste à Mende et régulateur au SAMU 48 (deux situations)",
                at_site(MENDE, "medecin_receveur", services=("urgences_adultes", "dechocage")),
                at_samu("48", "regulateur"), regulates=True),
        _doctor(39, "MME", "Hortense", "Aligot", "Médecin régulatrice, SAMU 12", at_samu("12", "regulateur"), regulates=True),
        _other(40, "MME", "Violette", "Genièvre", NURSE, "Infirmière d'accueil, urgences de Rodez",
               at_site(RODEZ, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(41, "M", "Bixente", "Gentiane", "Médecin régulateur, SAMU 65", at_samu("65", "regulateur"), regulates=True),
        _other(42, "M", "Élie", "Isard", NURSE, "Infirmier d'accueil, urgences de Tarbes",
               at_site(TARBES, "ioa", services=("urgences_adultes", "dechocage"))),
        _other(43, "MME", "Perle", "Pastel", NURSE, "Infirmière d'accueil, urgences d'Albi",
               at_site(ALBI, "ioa", services=("urgences_adultes", "dechocage"))),
        _doctor(44, "MME", "Philomène", "Ocre", "Médecin régulatrice, SAMU 09", at_samu("09", "regulateur"), regulates=True),
        _doctor(45, "M", "Raphaël", "Corbières", "Médecin régulateur, SAMU 11", at_samu("11", "regulateur"), regulates=True),
        _doctor(46, "MME", "Guilhemine", "Armagnac", "Médecin régulatrice, SAMU 32", at_samu("32", "regulateur"), regulates=True),
        _doctor(47, "M", "Nahel", "Chasselas", "Médecin régulateur, SAMU 82", at_samu("82", "regulateur"), regulates=True),
        _doctor(48, "MME", "Séraphine", "Calcaire", "Médecin du SMUR de Castres-Mazamet", at_smur(CASTRES)),
        _other(49, "M", "Ulysse", "Ardoise", INFORMATION_SYSTEMS, "Administrateur de structure, Castres-Mazamet",
               at_entity("810000380", "admin_structure")),
        # Whose rights have ended (REF-03, F2.2): may sign in, sees no health service
        _doctor(60, "M", "Anatole", "Bruyère", "Urgentiste parti du CH de Figeac (situation close)",
                at_site("460000045", "medecin_receveur", ended_on=date(2026, 6, 30)), in_practice("Cabinet du Dr Bruyère")),
        # The agency: never clinical content
        _other(70, "MME", "Maëlle", "Boussole", INFORMATION_SYSTEMS, "Intégratrice de la plateforme d'échanges, GRADeS",
               at_operator("integrateur")),
        _other(71, "M", "Ferdinand", "Lanterne", INFORMATION_SYSTEMS, "Support aux utilisateurs, GRADeS",
               at_operator("support")),
        _other(79, "MME", "Ysaline", "Repère", NURSE, "Cellule régionale d'identitovigilance (IVO3)",
               at_operator("cellule_ivo3")),
        _other(72, "MME", "Tao", "Passerelle", INFORMATION_SYSTEMS, "Chargée de territoire, GRADeS",
               at_operator("charge_territoire")),
        _other(73, "M", "Léandre", "Serrure", INFORMATION_SYSTEMS, "Responsable sécurité (RSSI), GRADeS",
               at_operator("rssi")),
        _other(74, "MME", "Daphné", "Balance", INFORMATION_SYSTEMS, "Déléguée à la protection des données, GRADeS",
               at_operator("dpo", "auditeur")),
        _other(75, "MME", "Joséphine", "Gouvernail", INFORMATION_SYSTEMS, "Responsable de service numérique, GRADeS",
               at_operator("chef_produit", "admin_structure")),
        _other(76, "M", "Achille", "Cordage", INFORMATION_SYSTEMS, "Second intégrateur, approuve les canaux d'échange, GRADeS",
               at_operator("integrateur")),
        _doctor(78, "MME", "Ombeline", "Sirocco", "Médecin d'astreinte, pilotage ARS", at_operator("ars"), skill=""),
        _other(77, "M", "Gaël", "Cartographe", INFORMATION_SYSTEMS, "Gestionnaire régional des répertoires, GRADeS",
               at_operator("gestionnaire_ror")),
    ]  # fmt: skip


@cache
def local_people() -> list[LocalPerson]:
    return [
        LocalPerson(
            email="sidonie.millet@maison.example",
            family_name="Millet",
            given_name="Sidonie",
            function="Assistante de service social, CHU de Toulouse (sans RPPS)",
            password="Garrigue-Demonstration-31",  # noqa: S106 - public on purpose, opens the demonstration only
            totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",  # noqa: S106
            roles=(RoleAt("coordonnateur", f"site/{RANGUEIL}"),),
        ),
        LocalPerson(
            email="nestor.compas@maison.example",
            family_name="Compas",
            given_name="Nestor",
            function="Éditeur de logiciel : vérifie ses messages au banc de conformité",
            password="Boussole-Demonstration-31",  # noqa: S106 - public on purpose, opens the demonstration only
            totp_secret="KRUGKIDROVUWG2ZAKRUGKIDROVUWG2ZA",  # noqa: S106
            roles=(RoleAt("editeur", "editor"),),
        ),
    ]


def professional(family_name: str) -> Professional:
    """The one who bears this family name; names are unique among the professionals."""
    return next(person for person in professionals() if person.family_name == family_name)
