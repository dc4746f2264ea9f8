"""Professions of health professionals, as a person reads them.

Source: NOS, TRE_G15-ProfessionSante (OID 1.2.250.1.71.1.2.7), read 2026-11-22, in the form the house writes after a name.
"""

from __future__ import annotations

PROFESSIONS = {
    "10": "médecin",
    "21": "pharmacien",
    "26": "audioprothésiste",
    "28": "opticien-lunetier",
    "31": "assistant dentaire",
    "32": "physicien médical",
    "35": "aide-soignant",
    "36": "ambulancier",
    "37": "auxiliaire de puériculture",
    "38": "préparateur en pharmacie hospitalière",
    "39": "préparateur en pharmacie",
    "40": "chirurgien-dentiste",
    "50": "sage-femme",
    "60": "infirmier",
    "69": "infirmier psychiatrique",
    "70": "masseur-kinésithérapeute",
    "80": "pédicure-podologue",
    "81": "orthoprothésiste",
    "82": "podo-orthésiste",
    "83": "orthopédiste-orthésiste",
    "84": "oculariste",
    "85": "epithésiste",
    "86": "technicien de laboratoire médical",
    "91": "orthophoniste",
    "92": "orthoptiste",
    "94": "ergothérapeute",
    "95": "diététicien",
    "96": "psychomotricien",
    "98": "manipulateur d'électroradiologie médicale",
    # Registered by their employer (RPPS+), outside TRE_G15: JDV_J48-ProfessionNonPS-CISIS, same reading.
    "335": "gestionnaire d'alertes et d'urgences sanitaires",
    "340": "professionnel des systèmes d'information",
}


def profession_label(code: str) -> str:
    """The label of a TRE_G15 code; empty for none, the code itself for one the house does not know."""
    return PROFESSIONS.get(code, code)
