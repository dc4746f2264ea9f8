"""The regulation case: state, priority, care level, nature of the call and of the decision.

Source: Hub Santé nomenclatures (ANS, SAMU-Hub-Modeles), version 26.07.29; one line per code: `code|official label`.
"""

TABLES = {
    "etat": """
PROGRAM|Programmé
ACTIF|Actif
ACHEVE|Achévé
VALIDE|Validé
CLOTURE|Cloturé
CLASSE|Classé
ARCHIVE|Archivé
""",
    "priorite": """
P0|Urgence vitale
P1|Prioritaire
P2|Non Urgent
P3|Différé
NR|Non régulé
""",
    "niveauSoin": """
R1|Urgence Vitale
R2|Urgence vraie
R3|Continuité de soins
R4|Conseil ou PMT
""",
    "filiere": """
AMU|Aide Médicale d'Urgence
NEONAT|Néonatalité
PSY|Psychiatrie
SNP|Soins Non Programmés
""",
    "intervention": """
T1|Primaire
T2-INTER|Transfert Inter Hospitalier
T2-INTRA|Transfert Intra Hospitalier
T3|Retour
T4|Rapat/Evasan
""",
    "attribution": """
DRM|DRM
DRM.MRU|DRM MRU
DRM.MRU.MU|Régulation MU
DRM.MRU.INDISPMU|Régulation ML par indisponibilité MU
DRM.MRU.SSE|Régulation de crise - NOVI
DRM.MRU.PLANBLAN|Régulation Plan Blanc
DRM.MRU.PCSAMU|Régulation par un PC mobile
DRM.SPE|DRM SPE
DRM.SPE.DENT|Régulation dentaire
DRM.SPE.GERIA|Régulation gériatrique
DRM.SPE.PEDIA|Régulation pédiatrie
DRM.SPE.OBST|Régulation obstétrique
DRM.SPE.PSY|Régulation psychiatrie
DRM.SPE.TOXICOL|Régulation toxicologique
DRM.SPE.AUTRESPE|Régulation autre spécialité
DRM.MRL|DRM MRL
DRM.MRL.MG|Régulation ML
DRM.MRL.INDISPMG|Régulation MU par indisponibilité ML
DRM.MRL.ABSML|Régulation MU par absence de régulation ML
DR|DR
DR.DREG|Dossier Régulation
DR.DREG.DRARM|Pas d’acte de régulation médicale - Prise en charge ARM
DR.DREG.DRDAC|Pas d’acte de régulation médicale - Prise en charge DAC
DR.DREG.DRMED|Pas d’acte de régulation médicale - Transmission d'informations sur un médecin (procédure dégradée)
DR.DREG.DRPHARMA|Pas d’acte de régulation médicale - Transmission d'informations sur une pharmacie
DR.DREG.DRDENT|Pas d’acte de régulation médicale - Transmission d'informations sur un dentiste
DR.DREG.DRINFO|Pas d’acte de régulation médicale - Information générale
DR.DREG.DOS-SIS|Pas d’acte de régulation médicale - Appel pour les pompiers
DR.DREG.DOS-FDO|Pas d’acte de régulation médicale - Appel pour les forces de l’ordre
D|D
D.D-MALV|Erreur / Malveillant
D.D-MALV.ERR|Erreur de numéro, erreur d'acheminement
D.D-MALV.NRP|Appel raccroché / pas de réponse
D.D-MALV.MALV|Appel malveillant, canular
D.D-MALV.FAX|Tonalité de fax, porteuse
D.D-MALV.ITERATIF|Dossier existant, appel itératif (hors SI-Samu)
D.D-IDENT|Appel identifié
D.D-IDENT.ADMIN|Appel administratif
D.D-IDENT.PERSO|Appel personnel
D.D-IDENT.AUTRE|Autre type d’appel
""",
    "origine": """
15|Ligne 15
116117|Ligne PDSA
AUTOCOM|Ligne hôpital
112|Ligne 112
115|Ligne 115
CRRA|CRRA (autres lignes)
AUTREC15|Autre CRRA
CTA-CONF|CTA-CODIS en conf
CTA-PI|CTA-CODIS pour info
AUTRECTA|Autre CTA-CODIS
CNR|CNR 114
FDO|CORG, CIC
SNATED|Ligne 119 (SNATED)
PDSSOS|Asso PDSA et SOS
TELASSIST|Téléassistance
CROSS|CROSS
PUBLIC|Autre centre d'appel
DATA|Flux Data ECall
AUTRE|Autre structure
""",
    "typeAppelant": """
SUJET|Le patient lui-même
FAMILLE|Famille ou proche du patient
TIERS|Autre particulier ou passant
POMPIER|Pompier
AMBULANC|Ambulancier
AMBULANC.AASC|Secouriste aasc
AMBULANC.AUTRESEC|Autre secouriste
SECOUR|Secouriste actif
MED|Médecin
MED.MEDSOS|Médecin SOS ou association PDS
MED.MRL|Médecin régulateur libéral
MED.EFFML|Effecteur de médecine libérale
SANTE|Autre acteur de santé
SANTE.INF|Infirmier
SANTE.AIDESOIN|Aide-soignant
SANTE.SF|Sage-femme
SANTE.AIDEDOM|Aide à domicile
SANTE.PHARMA|Pharmacien
SANTE.DENTISTE|Dentiste
SANTE.LABO|Personnel de laboratoire
FDO-MILI|Policier Gendarme Militaire
FDO-MILI.POL|Policier
FDO-MILI.GENDARM|Gendarme
FDO-MILI.MILI|Militaire
ADM-TUTL|Membre d'une autorité administrative
VIP|VIP
OBJCONNC|Objets connectés
AUTRE|Autre type d’appelant
INCONNU|Type d'appelant indéterminé
""",
    "communication": """
AUCUNE|Aucune difficulté de communication
MUET|Muet ou malentendant (troubles de la parole ou de l'audition)
VISION|Malvoyant, troubles de la vision
LANGUE|Barrière de la langue (langue étrangère)
PANIQUE|Panique de l’appelant
HOSTILE|Appelant hostile, agressif
AGITE|Incohérence, agitation, intoxication
AUTRE|Autres difficultés de communication
IMPOSS|Absence de communication
""",
    "typeDecision": """
CONSEIL|#Conseil Médical
PMT|#PMT
INTER|#Intervention
ORIENT|#Orientation Transport
PASPLUS|#Décision
""",
    "typeOrientation": """
URGENCES|Service d’urgences d’un établissement de sante
REA-USI|Service de réanimation ou de soins intensifs
SANTE|Autres services d’un établissement de sante
CABINET|Cabinet d’un professionnel de sante
DOMICILE|Domicile
EPHAD|EPHAD ou Long séjour
AUTRE|Autre
""",
    "signalement": """
STANDARD|STANDARD
ATTENTION|ATTENTION
""",
    "canal": """
APPLICATION|APPLICATION
BAU|BAU
DAU|DAU
DEFIBRILLATEUR|DEFIBRILLATEUR
ECALL|ECALL
PERSONNE|PERSONNE
""",
    "typeCom": """
EMAIL|EMAIL
FAX|FAX
MSS|MSS
POSTAL|POSTAL
RADIO|RADIO
TEL|TEL
WEB|WEB
""",
    "nbVictimes": """
0|0
1|1
PLUSIEURS|PLUSIEURS
BEAUCOUP|BEAUCOUP
INCONNU|INCONNU
NON DEFINI|NON DEFINI
""",
    "patient": """
NOURRISSON|NOURRISSON
ENFANT|ENFANT
ADULTE|ADULTE
SENIOR|SENIOR
ENCEINTE|ENCEINTE
""",
    "sexe": """
M|Masculin
F|Féminin
O|Autre sexe (ni masculin, ni féminin)
UN|Inconnu
""",
    "typeIdPatient": """
NIR|NIR
SINUS|SINUS
DOSSARD|DOSSARD
PLACE|PLACE
AUTRE|AUTRE
""",
    "role": """
AMBULANCIER|Ambulancier
ARM|ARM
INFIRMIER|Infirmier
MEDECIN|Médecin
PILOTE|Pilote
TCM|Technicien de bord
AUTRE|Autre
INCONNU|Inconnu
""",
}
