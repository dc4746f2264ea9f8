"""The catalogue delivered with the house: every room, said in plain French, and the national services around it.

Whether a room is open is not written here: a service is available when its page or its outside address exists, and
said to be in preparation otherwise. Operators add their own services beside these.

Sources: DOMAIN §0.1 and §0.5 (levels and modules); addresses of the national services read 2026-11-22.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .models import Service

_S, _P, _O, _L = Service.Storey, Service.Public, Service.SignOn, Service.Level

PROFESSIONALS = (_P.PROFESSIONALS, _P.STRUCTURES)
STRUCTURES = (_P.STRUCTURES,)
EVERYONE = (_P.PROFESSIONALS, _P.STRUCTURES, _P.PATIENTS, _P.USERS, _P.CARERS)
CITIZENS = (_P.PATIENTS, _P.USERS, _P.CARERS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue. `rules`: each a rule's parts, as `VisibilityRule` names them."""

    code: str
    name: str
    storey: Service.Storey
    for_professionals: str
    for_citizens: str
    keywords: tuple[str, ...]
    acronym: str = ""
    publics: tuple[Service.Public, ...] = PROFESSIONALS
    scope: Service.Scope = Service.Scope.REGIONAL
    url_name: str = ""
    link: str = ""
    sign_on: Service.SignOn = _O.HOUSE
    level: Service.Level = _L.LOW
    psc_only: bool = False
    permission: str = ""
    roles: tuple[str, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()


def _health(**parts: Any) -> dict[str, Any]:
    """Health data: Pro Santé Connect, substantial level (X-01)."""
    return {"psc_only": True, "level": _L.SUBSTANTIAL, **parts}


def _national(link: str, **parts: Any) -> dict[str, Any]:
    return {"scope": Service.Scope.NATIONAL, "link": link, "sign_on": _O.LINK, **parts}


AGENCY_AND_PILOTS = (
    {"structure_types": ["GRADES"]},
    {"roles": ["ars", "charge_territoire", "chef_produit", "support", "integrateur", "rssi", "dpo", "auditeur"]},
)

ENTRIES = (
    # -- outils et services métiers
    Entry(
        "regulation", "Régulation des urgences", _S.TOOLS,
        "Suivre les dossiers du SAMU, les moyens engagés et ce que chaque service receveur a confirmé.",
        "Quand vous appelez le 15, les équipes se transmettent votre situation sans vous la faire répéter.",
        ("samu", "centre 15", "crra", "arm", "dossier de régulation", "drm", "smur", "appel", "sas"),
        url_name="emergency:cases", permission="emergency.view_cases", roles=("regulateur", "arm"), **_health(),
    ),
    Entry(
        "tableau-urgences", "Tableau des urgences", _S.TOOLS,
        "Voir arriver les patients adressés par le SAMU, confirmer leur prise en charge, libérer les équipes.",
        "Le service des urgences vous attend : il sait pourquoi vous venez et à quelle heure vous arrivez.",
        ("arrivées", "mur", "ringdown", "accueil", "sau", "ioa", "orientation samu", "urgences"),
        acronym="TUCS", url_name="emergency:boards", permission="emergency.view_board",
        roles=("ioa", "medecin_receveur"), **_health(),
    ),
    Entry(
        "orientation", "Orientation et admission", _S.TOOLS,
        "Chercher une place en soins de suite, à domicile ou en hébergement, et suivre chaque réponse.",
        "Une seule demande pour trouver une place après l'hôpital ou en établissement, et savoir où elle en est.",
        ("smr", "ssr", "had", "ehpad", "place", "sortie d'hôpital", "grand âge", "handicap", "mdph", "via trajectoire"),
        publics=EVERYONE, **_health(),
    ),
    Entry(
        "coordination", "Coordination des parcours", _S.TOOLS,
        "Réunir autour d'une situation complexe le dossier, les échanges et le plan d'action de l'équipe.",
        "Ceux qui vous accompagnent partagent le même plan, avec votre accord, et vous voyez qui y accède.",
        ("dac", "spico", "ppcs", "cercle de soins", "situation complexe", "cpts", "msp", "domicile"),
        publics=EVERYONE, **_health(),
    ),
    Entry(
        "cancerologie", "Réunions de cancérologie", _S.TOOLS,
        "Préparer et tenir les réunions de concertation, signer les fiches et suivre ce qui a été décidé.",
        "Plusieurs spécialistes discutent ensemble de votre traitement ; la décision vous est remise par écrit.",
        ("rcp", "dcc", "dossier communicant", "cancer", "oncologie", "3c", "pps", "réunion de concertation"),
        **_health(),
    ),
    Entry(
        "telesante", "Télésanté et imagerie", _S.TOOLS,
        "Demander ou donner un avis à distance, organiser une téléconsultation, échanger des examens d'imagerie.",
        "L'avis d'un spécialiste sans faire la route, depuis votre lieu de soins.",
        ("téléexpertise", "téléconsultation", "télé-avc", "visio", "imagerie", "pacs", "radiologie", "télémédecine"),
        publics=EVERYONE, **_health(),
    ),
    Entry(
        "messagerie", "Messagerie sécurisée de santé", _S.TOOLS,
        "Écrire aux professionnels et aux patients dans l'espace de confiance des messageries de santé.",
        "Les professionnels s'écrivent à votre sujet par une messagerie protégée, jamais par un courriel ordinaire.",
        ("mssanté", "mss", "mail", "courriel", "medimail", "mes", "messagerie instantanée", "discussion"),
        acronym="MSSanté", **_health(),
    ),
    Entry(
        "documents", "Documents de santé", _S.TOOLS,
        "Retrouver et déposer les documents du dossier médical partagé du patient.",
        "Vos comptes rendus rejoignent Mon espace santé ; vous décidez de qui peut les lire.",
        ("dmp", "dossier médical partagé", "compte rendu", "ordonnance", "cda", "mes", "biologie"),
        publics=EVERYONE, **_health(),
    ),
    Entry(
        "mon-espace-sante", "Mon espace santé", _S.TOOLS,
        "Le carnet de santé numérique de vos patients, où arrivent les documents que vous déposez.",
        "Votre carnet de santé numérique : documents, messagerie avec vos soignants, agenda.",
        ("mes", "carnet de santé", "dmp", "ameli", "compte"),
        publics=CITIZENS, **_national("https://www.monespacesante.fr/"),
    ),
    # -- référentiels et authentification
    Entry(
        "acces", "Accès et habilitations", _S.REGISTRIES,
        "Demander un accès, répondre aux demandes de votre structure, savoir qui peut ouvrir quoi.",
        "Seules les personnes qui vous soignent ou vous accompagnent ouvrent votre dossier, et chaque accès est noté.",
        ("pass", "droits", "compte", "habilitation", "demande d'accès", "administrateur", "sso", "connexion", "psc"),
        acronym="PASS", url_name="portal:requests",
    ),
    Entry(
        "identite", "Identité du patient", _S.REGISTRIES,
        "Vérifier l'identité nationale de santé, repérer doublons et collisions, corriger sans rien perdre.",
        "Vos examens et vos traitements sont rangés à votre nom, sans risque d'être confondus avec ceux d'un autre.",
        ("ins", "insi", "identitovigilance", "matricule", "nir", "rniv", "doublon", "collision"),
        url_name="identity:search", permission="identity.view", **_health(),
    ),
    Entry(
        "annuaire", "Professionnels et établissements", _S.REGISTRIES,
        "Retrouver un professionnel, son lieu d'exercice et son adresse de messagerie sécurisée.",
        "La liste à jour des professionnels et des établissements de votre région.",
        ("rpps", "finess", "adeli", "gdr", "annuaire", "siret", "médecin", "structure", "coordonnées"),
        acronym="GDR", publics=EVERYONE,
    ),
    Entry(
        "offre", "Répertoire de l'offre de santé", _S.REGISTRIES,
        "Savoir ce que chaque établissement propose, ses lits et ses horaires, avec l'âge de chaque information.",
        "Trouver près de chez vous le service qui répond à votre besoin.",
        ("ror", "lits", "disponibilité", "capacité", "horaires", "offre de soins", "carte"),
        acronym="ROR", publics=EVERYONE,
    ),
    Entry(
        "sante-fr", "Santé.fr", _S.REGISTRIES,
        "Le service public d'information en santé, nourri par le répertoire de l'offre de votre région.",
        "Chercher un professionnel, une pharmacie ouverte, un lieu de dépistage ou une information fiable.",
        ("pharmacie de garde", "vaccination", "dépistage", "prévention", "où consulter", "information santé"),
        publics=EVERYONE, **_national("https://www.sante.fr/", sign_on=_O.NONE, level=_L.NONE),
    ),
    Entry(
        "annuaire-sante", "Annuaire Santé", _S.REGISTRIES,
        "L'annuaire national des professionnels et des structures, tenu par l'Agence du numérique en santé.",
        "Vérifier qu'un professionnel est bien enregistré auprès des autorités.",
        ("rpps", "finess", "ans", "national"),
        publics=EVERYONE, **_national("https://annuaire.sante.fr/", sign_on=_O.NONE, level=_L.NONE),
    ),
    # -- fondations
    Entry(
        "echanges", "Plateforme d'échanges", _S.FOUNDATIONS,
        "Suivre les messages entre les logiciels de la région, comprendre un refus et le reprendre.",
        "Les logiciels des hôpitaux, du SAMU et de la ville se parlent : vos informations arrivent avant vous.",
        ("pli", "interopérabilité", "hub", "hub santé", "hl7", "fhir", "flux", "edxl", "journal", "dicom"),
        acronym="PLI", publics=STRUCTURES, url_name="exchanges:journal", permission="interop.view_exchanges",
        roles=("integrateur", "support"), level=_L.SUBSTANTIAL,
    ),
    Entry(
        "conformite", "Banc de conformité", _S.FOUNDATIONS,
        "Vérifier un exemple de message avant de le brancher : note, place de chaque faute, comment la corriger.",
        "Les logiciels de santé sont vérifiés avant d'échanger vos informations.",
        ("éditeur", "éditeur de logiciel", "test", "vérifier", "hl7", "cda", "rpu", "hub santé", "exemple", "ségur", "interopérabilité", "api"),
        publics=STRUCTURES, url_name="conformance:bench", permission="interop.check_conformance", roles=("editeur", "integrateur"),
    ),
    Entry(
        "courriers", "Suivi des courriers", _S.FOUNDATIONS,
        "Voir où en est une lettre de liaison vers la messagerie sécurisée et le DMP, et débloquer celle qui attend.",
        "La lettre de votre hôpital arrive à votre médecin et dans Mon espace santé.",
        ("mssanté", "dmp", "lettre de liaison", "compte rendu", "courrier", "accusé de réception", "bal"),
        publics=STRUCTURES, url_name="letters:list", permission="letters.follow",
        roles=("admissions", "secretaire", "referent_identito", "integrateur"), level=_L.SUBSTANTIAL,
    ),
    Entry(
        "cyber", "Centre de ressources cyber", _S.FOUNDATIONS,
        "Déclarer un incident, évaluer sa maturité, s'exercer à travailler sans informatique.",
        "Vos données sont protégées, et votre hôpital sait continuer à vous soigner en cas d'attaque.",
        ("cybersécurité", "crrc", "incident", "rgpd", "attaque", "rssi", "exercice de crise", "hameçonnage"),
        publics=STRUCTURES,
    ),
    Entry(
        "assistance", "Assistance", _S.FOUNDATIONS,
        "Poser une question, signaler un dysfonctionnement et suivre la réponse.",
        "Quand un service ne répond pas, quelqu'un le sait et s'en occupe.",
        ("support", "aide", "ticket", "panne", "hotline", "incident", "problème"),
    ),
    Entry(
        "supervision", "Supervision", _S.FOUNDATIONS,
        "Voir l'état de chaque porte de la maison, l'âge des derniers messages et ce qui attend.",
        "La maison est surveillée jour et nuit.",
        ("état des services", "disponibilité", "alerte", "panne", "exploitation", "file d'attente"),
        publics=STRUCTURES, url_name="supervision:board", permission="supervision.view",
        roles=("support", "integrateur", "rssi"), rules=AGENCY_AND_PILOTS, level=_L.SUBSTANTIAL,
    ),
    Entry(
        "pilotage", "Pilotage et indicateurs", _S.FOUNDATIONS,
        "Suivre les usages et les engagements régionaux, avec la définition et l'âge de chaque chiffre.",
        "La région mesure ce qui marche, avec des chiffres où personne ne peut être reconnu.",
        ("cpom", "ségur", "indicateur", "tableau de bord", "tabl'o", "statistiques", "ars", "sdrsi"),
        publics=STRUCTURES,
    ),
    Entry(
        "formulaires", "Enquêtes et formulaires de crise", _S.FOUNDATIONS,
        "Répondre aux enquêtes régionales et ouvrir en une heure un recueil quand une crise survient.",
        "En cas d'épidémie ou de canicule, la région sait vite où l'aide est nécessaire.",
        ("questionnaire", "covho", "lbm", "recueil", "crise", "épidémie", "enquête"),
    ),
    Entry(
        "formation", "Formation et communautés", _S.FOUNDATIONS,
        "Se former aux outils, échanger entre pairs, mesurer et réduire son empreinte numérique.",
        "Des professionnels à l'aise avec leurs outils, c'est plus de temps pour vous.",
        ("e-learning", "agora", "ambassadeur", "numérique responsable", "rse", "éco-conception", "webinaire"),
    ),
)  # fmt: skip
