"""Roles found in every room (DOMAIN §0.4); rooms add permissions to them with `grant`."""

from __future__ import annotations

from .permissions import P
from .registry import Role, grant, register

GENERIC_ROLES = [
    Role("regulateur", "Médecin régulateur"),
    Role("arm", "Assistant de régulation médicale"),
    Role("ioa", "Infirmier organisateur de l'accueil"),
    Role("medecin_receveur", "Médecin du service receveur"),
    Role("gestionnaire_lits", "Gestionnaire des lits"),
    Role("equipe_smur", "Équipe SMUR"),
    Role("secretaire", "Secrétaire, par délégation"),
    Role("admin_structure", "Administrateur de structure"),
    Role("referent_identito", "Référent identitovigilance"),
    Role("cellule_ivo3", "Cellule régionale d'identitovigilance (IVO3)"),
    Role("coordonnateur", "Coordonnateur de parcours"),
    Role("integrateur", "Intégrateur de la plateforme d'échanges"),
    Role("admissions", "Agent du bureau des admissions"),
    Role("terminologie", "Gestionnaire des terminologies"),
    Role("gestionnaire_ror", "Gestionnaire régional des répertoires"),
    Role("referent_ror", "Référent de l'offre de sa structure"),
    Role("support", "Support du GRADeS"),
    Role("chef_produit", "Responsable de service numérique"),
    Role("charge_territoire", "Chargé de territoire"),
    Role("ars", "Pilotage ARS"),
    Role("rssi", "Responsable de la sécurité du système d'information"),
    Role("dpo", "Délégué à la protection des données"),
    Role("auditeur", "Auditeur des traces"),
    Role("editeur", "Éditeur de logiciel"),
]


def declare() -> None:
    register(roles=GENERIC_ROLES)
    grant("admin_structure", P.MANAGE_HABILITATIONS)
    grant("auditeur", P.READ_TRACES)
    grant("dpo", P.READ_TRACES)
    grant("rssi", P.READ_TRACES, P.SUPERVISE)
    grant("support", P.SUPERVISE)
    grant("integrateur", P.SUPERVISE)
    grant("ars", P.MANAGE_CRISIS)
