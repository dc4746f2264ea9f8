"""The channels of the demonstration: one in service that keeps a regional record of stays, one in preparation that its trial holds back."""

from __future__ import annotations

AUTHOR, APPROVER = "Boussole", "Cordage"
LIVE, DRAFT = "sejours-region", "sejours-portail"
LIVE_FOLDER, DRAFT_FOLDER = "demonstration/dossier-regional", "demonstration/portail"
COMMENT = "Première version : les mouvements des hôpitaux nourrissent le dossier régional, unités traduites."

# Local units, and the regional code and label they become.
UNITS = {
    "1010": ("UHCD", "Hospitalisation de courte durée"),
    "2110": ("MED-POLY", "Médecine polyvalente"),
    "2140": ("GERIATRIE", "Gériatrie aiguë"),
    "3020": ("CHIR-ORTHO", "Chirurgie orthopédique"),
    "4001": ("REA", "Réanimation"),
    "4110": ("SI-CARDIO", "Soins intensifs de cardiologie"),
}
TABLES = {
    # code: (title, entries, tests, origin); the second does not know the critical care units yet: the trial of the draft says so
    "unites-region": ("Unités des hôpitaux vers les codes régionaux", UNITS, (("4001", "REA"), ("9999", "")), "Fichiers de structure des hôpitaux (fictifs)"),
    "unites-portail": ("Unités vers les libellés du portail des usagers", {code: (label, label) for code, (_, label) in UNITS.items() if code < "4000"},
                       (("2110", "Médecine polyvalente"),), "Libellés relus avec les représentants d'usagers (fictifs)"),
}  # fmt: skip

LIVE_TEXT = f"""canal = "{LIVE}"
titre = "Séjours des hôpitaux vers le dossier régional"
objet = "Tient à jour, dans le dossier régional, où se trouve chaque patient hospitalisé : entrées, mutations, sorties."
format = "hl7v2"
ordre = "PID-3[5=PI].1"
barriere = "MRG-1.1"
filtre = 'toutes(MSH-9.1 égal "ADT"; MSH-9.2 parmi "A01", "A02", "A03"; PV1-2 égal "I")'

[source]
type = "journal"
porte = "mllp"

[[exigences]]
si = 'PID-3[5=INS].1 présent'
motif = "ins-absent"
consigne = "Récupérez l'INS dans la gestion administrative, puis renvoyez le mouvement."

[[etapes]]
type = "traduire"
chemin = "PV1-3.1"
table = "unites-region@1"
libelle = "PV1-3.9"

[[etapes]]
type = "poser"
chemin = "MSH-5"
valeur = "DOSSIER-REGIONAL"

[[routes]]
nom = "tout"
cibles = ["dossier-regional"]

[[cibles]]
nom = "dossier-regional"
type = "dossier"
chemin = "{LIVE_FOLDER}"
"""

DRAFT_TEXT = f"""canal = "{DRAFT}"
titre = "Entrées et sorties vers le portail des usagers"
objet = "Dira aux proches autorisés dans quelle unité se rendre. En préparation : les soins critiques manquent encore à la table."
format = "hl7v2"
ordre = "PID-3[5=PI].1"
filtre = 'toutes(MSH-9.1 égal "ADT"; MSH-9.2 parmi "A01", "A02", "A03")'

[source]
type = "journal"
porte = "mllp"

[[etapes]]
type = "traduire"
chemin = "PV1-3.1"
table = "unites-portail@1"

[[routes]]
nom = "tout"
cibles = ["portail"]

[[cibles]]
nom = "portail"
type = "dossier"
chemin = "{DRAFT_FOLDER}"
"""
