"""Codes of an operational offer and of its capacities, with their official labels.

Sources: ANS, value set JDV_J19 (mode de prise en charge, ROR), read 2026-11-21; J188, J189, J194 and J195 as the ROR guide of the
ANS gives them (DOMAIN §3). Of J187 only the bed is said here: the house counts nothing else. J17, J20, J190 and J238 are kept as
codes; their labels come from the nomenclatures that the operator loads.
"""

from __future__ import annotations

J19_OID = "1.2.250.1.213.3.3.13"

CARE_MODES = {
    "01": "Accueil Permanence des soins en établissement de santé",
    "02": "Accueil spécialisé",
    "09": "Chirurgie ambulatoire",
    "11": "Equipe mobile extra-hospitalière",
    "13": "Hospitalisation courte durée (UHCD)",
    "14": "Hospitalisation kangourou",
    "17": "Précarité, permanence d'accès aux soins de santé (PASS)",
    "20": "Soins externes et traitements ambulatoires",
    "27": "Télémédecine",
    "28": "Hospitalisation complète (HC)",
    "29": "Hospitalisation de jour (HJ)",
    "30": "Hospitalisation de nuit (HN)",
    "31": "Hospitalisation à domicile (HAD)",
    "32": "Consultation (CS)",
    "33": "Accueil des urgences",
    "34": "Hospitalisation de semaine (HS)",
    "35": "Téléexpertise",
    "36": "Téléassistance",
    "37": "Télésurveillance médicale",
    "38": "Isolement de secteur (unité de cohorting)",
    "39": "Réunion de Concertation Pluridisciplinaire (RCP)",
    "40": "Réunion de Concertation Pluridisciplinaire (RCP) de recours",
    "41": "Accueil familial thérapeutique",
    "42": "Prise en charge de groupe",
    "46": "Hébergement (accueil jour et nuit)",
    "47": "Accueil de jour",
    "48": "Accueil de nuit",
    "49": "Sur les lieux de vie",
    "50": "Placement famille d'accueil",
    "52": "Equipe mobile intra-hospitalière",
    "53": "Equipe mobile extra et intra-hospitalière",
    "54": "Accueil individuel ou collectif",
    "55": "Plateau technique",
    "56": "Accueil non programmé",
    "57": "Centre spécialisé",
    "58": "Coordination de parcours",
    "59": "Equipe d'intervention mobile",
}

BED = "01"
CAPACITY_NATURES = {
    "01": "Lit",
}

INSTALLED, AVAILABLE, OCCUPIED, RESERVED, CLOSED, EXTRA = "01", "02", "03", "04", "05", "06"
CAPACITY_STATUSES = {
    "01": "Installé",
    "02": "Disponible",
    "03": "Occupé",
    "04": "Réservé",
    "05": "Fermé",
    "06": "Supplémentaire",
}

CAPACITY_TIMES = {
    "01": "Courant",
    "02": "Prévision à 1 heure",
    "03": "Prévision à 24 heures",
    "04": "Prévision à 48 heures",
    "05": "Prévision à 7 jours",
}

CRISIS_TYPES = {
    "01": "Plan de mobilisation interne de l'établissement (PMIE)",
    "02": "Situation sanitaire exceptionnelle, plan blanc",
}

ASSIGNMENTS = {
    "01": "Aucune",
    "02": "Covid+",
    "03": "Covid−",
}
