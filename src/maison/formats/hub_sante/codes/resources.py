"""Resources and vehicles: kinds, ordered statuses, requests and answers, functional acknowledgements.

Source: Hub Santé nomenclatures (ANS, SAMU-Hub-Modeles), version 26.07.29; one line per code: `code|official label`.
"""

TABLES = {
    "typeVecteur": """
AASC|AASC
AASC.VLSC|Vehicule Leger de Sécurité Civile
AASC.VPSP|Véhicule de Premiers Secours à Personnes
AASC.AUTRESC|Autre vecteur de Sécurité Civile
AUTREVEC|AUTRE
AUTREVEC.APIED|A pied
AUTREVEC.AVION|Avion
AUTREVEC.PERSO|Moyen personnel sans précsion
AUTREVEC.TAXI|Taxi et assimilés
AUTREVEC.TRAIN|Train
AUTREVEC.TRANSP|Transports en commun
AUTREVEC.AUTRE|Autre vecteur sans transport
AUTREVEC.AUTRETRA|Autre vecteur de transport
FSI|FSI
FSI.HELIFSI|Hélicoptère Forces de l’Ordre
FSI.VLFSI|VL des FSI
FSI.FFSI|Fourgon des FSI
FSI.VHFSI|Autre vecteur des FSI
LIB|LIB
LIB.MEDV|Médecin
LIB.INF|Infirmier
LIB.AUTREPRO|Autre professionnel de santé
SIS|SIS
SIS.DRAGON|Hélicoptère sécurité civile
SIS.AVSC|Avion sécurité civile
SIS.FEUSIS|Moyens incendie du SIS
SIS.GRIMP|Vehicule du GRIMP et montagne
SIS.NAVISIS|Moyen nautique du SIS
SIS.PCSIS|Poste de commandement
SIS.SRSIS|Moyens de secours routiers du SIS
SIS.VCH|Véhicule intervention chimique
SIS.VLCG|Véhicule léger chef de groupe
SIS.VLISP|Véhicule léger infirmier SP
SIS.VLMSP|Véhicule léger Médecin SP
SIS.VLSIS|Véhicule léger autre usage
SIS.VPL|Véhicule plongeurs
SIS.VPMA|Véhicule du Poste Médical Avancé
SIS.VR|Véhicule intervention radioactivité
SIS.VSAV|Véhicule de secours et d'assistance aux victimes
SIS.MOYSSE|Autre moyen SSE
SIS.AUTRESIS|Autre moyen du SIS
SMUR|SMUR
SMUR.VLM|Véhicule Léger Médicalisé
SMUR.VL|Véhicule de liaison Smur
SMUR.PSM1|Véhicule logistique transport PSM1
SMUR.PSM2|Véhicule logistique transport PSM2
SMUR.PSM3|Véhicule logistique transport PSM3
SMUR.PSMP|Véhicule logistique transport PSM pédiatrique
SMUR.VPC|Véhicule Poste de Commandement et ou d’évacuation SAMU
SMUR.AR|Ambulance de réanimation
SMUR.AR-BAR|Ambulance de réanimation Bariatrique
SMUR.AR-PED|Ambulance de réanimation Pédiatrique
SMUR.HELISMUR|HéliSmur
SMUR.HELISAN|Hélicoptère de transport sanitaire
SMUR.AVSMUR|Avion Smur
SMUR.AVSAN|Avion de transport sanitaire
SMUR.NAVISMUR|NaviSmur
TSU|TSU
TSU.VSL|Véhicule Sanitaire Léger
TSU.AMB-GV|Ambulance privée grand contenant - type A
TSU.AMB-PV|Ambulance privée petit contenant - type C
TSU.AMB-BAR|Ambulance privée - type bariatrique
TSU.AMB|Ambulance de catégorie non définie
""",
    "statutVecteur": """
DECISION|Décision
DECLENCHE|Déclenché
DEPART|Début d’intervention
ANNULE|Annulation  de l’intervention
ARRIVEE|Arrivée sur les lieux
PEC|Début de prise en charge
BILAN|Transmission du bilan
ORIENTAT|Transmission de la destination
TRANSP|Départ des lieux
ETAPE1|Etape de transit 1
TRANSP2|Départ étape 1
ETAPE2|Etape de transit 2
TRANSP3|Départ étape 2
DESTIN|Arrivée à destination
FINPEC|Fin de prise en charge
RETOUR|Quitte la destination
RET-BASE|Retour à la base
REN-BASE|Rentrée à la base
""",
    "typeRessource": """
SMUR|Smur
SMUR.ADULT|Smur Généraliste
SMUR.PED|Smur Pédiatrique ou Néonat
SMUR.UMH-S|Smur Spécialisé
SMUR.CUMP|Cellule d'Urgence Médico Psychologique
HOSPIT|Hospitaliers (hors Smur)
LIBERAL|Professionnels Libéraux
LIBERAL.MG|Médecin Généraliste
LIBERAL.PHARM|Pharmacien
LIBERAL.INF|Infirmier
LIBERAL.KINE|Kinésithérapeuthes
LIBERAL.SOS|Association de permanence de soins
LIBERAL.MMG|Maison médicale de garde
LIBERAL.MSPD|Maison de Santé Pluri Disciplinaire
LIBERAL.MCS|Médecin Correspondant de Samu
LIBERAL.SPEMED|Médecin autre spécialité
LIBERAL.DENT|Dentiste
LIBERAL.LABO|Laboratoire d'analyses médicales
LIBERAL.AUTREPRO|Autre professionnel de santé
TSU|Ambulanciers privés (Transporteurs Sanitaires Urgent)
SIS|Pompiers
SIS.MEDSP|Medecin Sapeur-Pompier
SIS.ISP|Infirmier Sapeur-Pompier
SIS.SP|Secouriste
AASC|Sécurité civile, secouriste
FDO|Force de l'Ordre et douanes
FDO.PN|Police Nationale
FDO.GEND|Gendarmerie Nationale
FDO.PM|Police Municipale
FDO.DOUANES|Douane
AUTRE|Autres ressources
AUTRE.ADM|Institutions administratives et sociales
AUTRE.DAE|Défibrillateur Automatique
AUTRE.AUTRE|Autre moyen
""",
    "typePEC": """
MED|Médicalisé
PARAMED|Paramédicalisé
SECOURS|Secouriste
SANS|Sans soins
""",
    "effet": """
SAP|Demander une prise en charge secouriste
REGUL|Demander une régulation médicale
CUMP|Demander un soutien médico psychologique
SMUR|Demander une prise en charge de médecine d'urgence
MG|Demander une prise en charge de médecine générale
PARAMED|Demander une prise en charge para médicale
SAMU|Autre demande de concours au SAMU
RELEVE|Demander de relever une personne
NOVI|Demander une prise en charge de nombreux patients/victimes
TIH|Demander un transfert interétablissement
BRANCARD|Demander une aide au brancardage
BARIA|Demander un transport bariatrique
""",
    "cadre": """
DRSIS|Départ réflexe SIS
MISSION|Propres missions
ITSP|Carence pour ITSP
CARENCE|Carence pour autre motif
CONVENT|Convention locale
SPE|Convention spécifique
HORS|Hors de ses missions
AUTRE1|Autre cas 1
AUTRE2|Autre cas 2
AUTRE3|Autre cas 3
""",
    "delai": """
DEL0|Immédiatement
ASAP|Dès que disponible
30M|Délai maxi 30 minutes
45M|Délai maxi 45 minutes
1H|Délai maxi 1 heure
2H|Délai maxi 2 heures
4H|Délai maxi 4 heures
8H|Délai maxi 8 heures
12H|Délai maxi 12 heures
24H|Délai maxi 24 heures
RDV|HH:MM
""",
    "etatDemande": """
ANNULEE|Annulation de la demande de ressources
""",
    "reponseDemande": """
ACCEPTEE|ACCEPTEE
PARTIELLE|PARTIELLE
REFUSEE|REFUSEE
DIFFEREE|DIFFEREE
""",
    "etape": """
RECU|Dossier reçu
ERREUR|Dossier en erreur
INTEGRE|Dossier intégré
CONSULTE|Dossier consulté
SUPPRIME|Dossier supprimé
""",
    "idLieu": """
FINESS_ADMINISTRATIF|FINESS_ADMINISTRATIF
FINESS_GEOGRAPHIQUE|FINESS_GEOGRAPHIQUE
SIREN|SIREN
SIRET|SIRET
APE_NAF|APE_NAF
""",
    "objetSource": """
MANUEL|MANUEL
CARTE|CARTE
AUTRE|AUTRE
PHOTO|PHOTO
SITE_INTERNET|SITE_INTERNET
""",
    "precision": """
VILLE|VILLE
RUE|RUE
ADRESSE|ADRESSE
EXACTE|EXACTE
INCONNUE|INCONNUE
""",
    "systeme": """
BAN|BAN
IGN|IGN
NEXSIS|NEXSIS
""",
}
