"""The codes of an RPU with their labels. Source: format RPU 2006 and its OSCOUR amendment of 2013 (DOMAIN §5.5).

Provenance 5 and 8 are swapped in one public source; the agency's observatory confirmed 5 = PEA and 8 = PEO.
"""

SEXES = {"M": "Masculin", "F": "Féminin", "I": "Indéterminé"}
ENTRY_MODES = {"6": "Mutation", "7": "Transfert", "8": "Domicile"}
PROVENANCES = {
    "1": "Médecine, chirurgie ou obstétrique (MCO)",
    "2": "Soins de suite ou de réadaptation (SSR)",
    "3": "Soins de longue durée (SLD)",
    "4": "Psychiatrie (PSY)",
    "5": "Prise en charge en urgence, autre qu’organisationnelle (PEA)",
    "6": "Hospitalisation à domicile (HAD)",
    "7": "Structure d’hébergement médico-sociale (HMS)",
    "8": "Prise en charge pour raison organisationnelle (PEO)",
}
TRANSPORTS = {
    "PERSO": "Moyens personnels",
    "AMBU": "Ambulance privée ou publique",
    "VSAB": "Véhicule de secours et d’aide aux victimes",
    "SMUR": "Véhicule du SMUR",
    "HELI": "Hélicoptère",
    "FO": "Force de l’ordre",
}
TRANSPORT_CARES = {"MED": "Médicalisée", "PARAMED": "Paramédicalisée", "AUCUN": "Sans prise en charge"}
SEVERITIES = {
    "1": "CCMU 1 : état stable, sans acte",
    "2": "CCMU 2 : état stable, avec acte",
    "3": "CCMU 3 : état susceptible de s’aggraver",
    "4": "CCMU 4 : pronostic vital engagé, sans manœuvre de réanimation",
    "5": "CCMU 5 : pronostic vital engagé, manœuvre de réanimation immédiate",
    "P": "CCMU P : problème psychologique ou psychiatrique dominant",
    "D": "CCMU D : décédé à l’arrivée",
}
EXIT_MODES = {"6": "Mutation", "7": "Transfert", "8": "Domicile", "9": "Décès"}
DESTINATIONS = {
    "1": "Médecine, chirurgie ou obstétrique (MCO)",
    "2": "Soins de suite ou de réadaptation (SSR)",
    "3": "Soins de longue durée (SLD)",
    "4": "Psychiatrie (PSY)",
    "6": "Hospitalisation à domicile (HAD)",
    "7": "Structure d’hébergement médico-sociale (HMS)",
}
HOSPITAL_ORIENTATIONS = {
    "HDT": "Hospitalisation à la demande d’un tiers",
    "HO": "Hospitalisation d’office",
    "SC": "Surveillance continue",
    "SI": "Soins intensifs",
    "REA": "Réanimation",
    "UHCD": "Unité d’hospitalisation de courte durée",
    "MED": "Médecine",
    "CHIR": "Chirurgie",
    "OBST": "Obstétrique",
}
HOME_ORIENTATIONS = {
    "FUGUE": "Sorti à l’insu du service",
    "SCAM": "Sorti contre avis médical",
    "PSA": "Parti sans attendre la prise en charge",
    "REO": "Réorienté sans soins",
}
ORIENTATIONS = HOSPITAL_ORIENTATIONS | HOME_ORIENTATIONS

HOSPITAL = frozenset({"1", "2", "3", "4"})
"""Provenances and destinations inside a hospital: with a mutation or a transfer only."""
NOT_SEEN = frozenset({"FUGUE", "PSA", "REO"})
"""Left before a diagnosis could be made."""

TABLES: dict[str, dict[str, str]] = {
    "SEXE": SEXES,
    "MODE_ENTREE": ENTRY_MODES,
    "PROVENANCE": PROVENANCES,
    "TRANSPORT": TRANSPORTS,
    "TRANSPORT_PEC": TRANSPORT_CARES,
    "GRAVITE": SEVERITIES,
    "MODE_SORTIE": EXIT_MODES,
    "DESTINATION": DESTINATIONS,
    "ORIENT": ORIENTATIONS,
}
