"""Types, classes, formats and confidentiality of documents; one line per code: `code|official label`.

Source: ANS, NOS. JDV_J07-XdsTypeCode-CISIS 20260202, JDV_J06-XdsClassCode-CISIS 20230922, JDV_J10-XdsFormatCode-CISIS
20251029, JDV_J08-XdsConfidentialityCode-CISIS 20200424; read on 2026-11-25.
"""

TABLES = {
    "type": """
ATTEST-ASS-COMPL|Attestation assurance complémentaire
ATTEST-RESID|Attestation de résidence
ATTEST-HEBGT|Attestation d'hébergement
ATTEST-DROITS-AM|Attestation de droits à l'assurance maladie
AUTORIS-SOINS|Autorisation de soins et actes non usuels sanitaires
BIL_AUTO|CR de bilan d'évaluation de la perte d'autonomie
CERT_DECL|Certificat, déclaration
DISP_AUT|Dispensation (autre)
EXPPAT_1|Volontés et droits du patient
EXPPAT_2|Autre document du patient
EXPPAT_3|Directives anticipées
IMG-KOS|Reference d'objets d'un examen d'imagerie
PROT_ALD|Protocole de soins ALD
REMB|Données de remboursement
SYNTH|Synthèse
DOCPAT01|Synthèse déposée par le patient
DOCPAT02|Traitement ou document de soins déposé par le patient
DOCPAT03|CR déposé par le patient
DOCPAT04|Imagerie déposée par le patient
DOCPAT05|CR de biologie déposé par le patient
DOCPAT06|CR de prévention déposé par le patient
DOCPAT07|Certificat déposé par le patient
DOCPAT08|Profil médical Mon espace santé
DOCPAT09|Document administratif déposé par le patient
PIECE-IDENTITE|Copie pièce d'identité
PRESC-AAT|Prescription arrêt de travail
PRESC-BIO|Prescription d'actes de biologie médicale
PRESC-KINE|Prescription d'actes de kinésithérapie
PRESC-INF|Prescription d'actes infirmiers
PRESC-PEDI|Prescription d'actes de pédicurie
PRESC-ORTHOPHO|Prescription d'actes d'orthophonie
PRESC-ORTHOPTIE|Prescription d'actes d'orthoptie
FEUILLE-DE-STYLE|Feuille de style
FICHE-CONTACTS|Fiche contacts
EXPORT_DUI|Export du Dossier Usager Informatisé
11369-6|Historique des vaccinations
11488-4|CR ou fiche de consultation ou de visite
11490-0|Lettre de liaison à la sortie d'un établissement de soins
34112-3|CR hospitalier (séjour)
11502-2|CR d'examens biologiques
11505-5|CR d'acte thérapeutique (autre)
11506-3|CR ou fiche de suivi de soins par auxiliaire médical
15507-7|CR de passage aux urgences
15508-5|CR d'accouchement
18776-5|Plan personnalisé de soins
18748-4|CR d'imagerie médicale
18761-7|Note de transfert (dont lettre de liaison à l'entrée en établissement de soins)
28617-9|Bilan bucco-dentaire
28653-4|Document du secteur social / médico-social
29274-8|Mesures de signes vitaux
34120-6|Bilan par professionnel de santé
34133-9|Synthèse d'épisode de soins
34749-2|CR de consultation pré-anesthésique
34794-8|CR de réunion de concertation pluridisciplinaire
34842-5|Grille d'évaluation médico-social
34874-8|CR opératoire
34875-5|Évaluation postopératoire et note de suivi
34876-3|Évaluation préopératoire et note de suivi
34895-3|Fiche d'information au patient
47420-5|CR de bilan fonctionnel
51851-4|Document administratif
51969-4|CR de génétique moléculaire
52040-3|Document encapsulant une image d'illustration non DICOM
55115-0|Demande d'actes d'imagerie
56445-0|Bilan médicamenteux (Officine)
56446-8|Notification de rendez-vous
57828-6|Prescription (autre)
57832-8|Prescription de soins
57833-6|Prescription de produits de santé
59283-2|CR d'examen de l'enfant
59284-0|Attestation de consentement
60280-5|Fiche de retour du service des urgences
60568-3|CR d'anatomie et de cytologie pathologiques
60591-5|Synthèse médicale
60593-1|Dispensation médicamenteuse
61357-0|Intervention pharmaceutique
67851-6|CR d'admission
68599-0|Synthèse psychiatrique
68814-3|Note d'évaluation pédiatrique
68817-6|Bilan de santé et de prévention de l'enfant
70004-7|CR d'acte diagnostique (autre)
78341-5|Fiche de transfert vers le service des urgences
74207-2|Document de liaison d'urgence
74465-6|Questionnaire patient
75468-9|Renouvellement ordonnance par pharmacien correspondant
75482-0|CR d'acte thérapeutique à visée préventive
75492-9|CR d'acte diagnostique à visée préventive ou de dépistage
75496-0|Demande d'acte de télémédecine
77436-4|CR d'anesthésie
77604-7|Planification thérapeutique
78513-9|CR de consultation en ophtalmologie
78601-2|CR d'entretien pharmaceutique
80565-5|CR d'administration de médicaments
80771-9|Projet d'accueil individualisé
80788-3|Projet personnalisé d'accompagnement
80820-4|Formulaire de conciliation médicamenteuse (Hôpital)
83836-7|Schéma dentaire
83869-8|Plan personnalisé de prévention
83901-9|Bilan psychologique
83963-9|Synthèse environnementale
83981-1|Lettre de liaison à la sortie d'une structure sociale ou médico-sociale
85208-7|CR de télémédecine
86531-1|Attestation de sortie
87273-9|Note de vaccination
88348-8|Lettre de liaison d'entrée en structure sociale ou médico-sociale
89601-9|Certificat médical
93024-8|CR de consultation pharmaceutique
96349-6|Lettre d'adressage
96874-3|COVID-19 Attestation de vaccination
96173-0|Test rapide d'orientation diagnostique
57055-6|Synthèse antepartum
57057-2|Synthèse Salle de Naissance Mère
57075-4|Synthèse Salle de Naissance Enfant
89235-6|Synthèse Suites de Couches Mère
78489-2|Synthèse Enfant en Maternité
89233-1|CR de grossesse
101881-1|Carte d'implant
97694-4|Note d'évaluation en médecine maternelle et fœtale
100967-9|Rythme cardiaque fœtal
E1762|Full Document
""",
    "class": """
10|Compte rendu
11|Synthèse
31|Imagerie médicale
42|Prescription
43|Dispensation
44|Plan de soins, protocole de soins
45|Traitement administré
52|Certificat, déclaration
60|Données de remboursement
90|Autres documents déposés par le patient
95|Document de gestion
99|Document technique
urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1|Digital Signature
""",
    "format": """
urn:ans:ci-sis:bio-ep-bio:2022|Prescription d'actes de biologie médicale
urn:ans:ci-sis:cse-mde:2023|Mesures de signes vitaux
urn:asip:ci-sis:aunv:2013|Fiche d'admission en unité neuro-vasculaire
urn:asip:ci-sis:avk:2009|Fiche patient à risque en cardiologie - Traitement AVK
urn:asip:ci-sis:crgm:2018|Compte rendu de génétique moléculaire
urn:asip:ci-sis:crrtn:2013|Compte-rendu de rétinographie
urn:asip:ci-sis:cr-anest:2020|Compte rendu d'anesthésie
urn:asip:ci-sis:cr-cpa:2020|Compte rendu de consultation pré-anesthésique
urn:asip:ci-sis:cse-cs24:2017|Certificat de santé du 24ème mois de l'enfant
urn:asip:ci-sis:cse-cs8:2017|Certificat de santé du 8ème jour de l'enfant
urn:asip:ci-sis:cse-cs9:2017|Certificat de santé du 9ème mois de l'enfant
urn:asip:ci-sis:d2lm-fidd:2017|Seconde lecture de mammographie - Fiche d'interprétation du bilan de diagnostic différé
urn:asip:ci-sis:d2lm-fin:2017|Seconde lecture de mammographie - Fiche d'interprétation nationale
urn:asip:ci-sis:dci:2009|Fiche patient à risque en cardiologie - Défibrillateur cardiaque interne
urn:asip:ci-sis:dlu:2015|Document de liaison d'urgence
urn:asip:ci-sis:eunv:2013|Fiche d'épisode de soin en unité neuro-vasculaire
urn:asip:ci-sis:fludr:2017|Fiche de liaison d'urgence - Retour des urgences vers l'EHPAD
urn:asip:ci-sis:fludt:2017|Fiche de liaison d'urgence - Transfert de l'EHPAD vers les urgences
urn:asip:ci-sis:frcp:2011|Fiche de réunion de concertation pluridisciplinaire
urn:asip:ci-sis:hr:2019|Données de remboursement
urn:asip:ci-sis:idap:2011|Information et directives anticipées du patient
urn:asip:ci-sis:ldl-ees:2017|Lettre de Liaison à l'entrée d'un établissement de santé
urn:asip:ci-sis:ldl-ses:2017|Lettre de Liaison à la sortie de l'établissement de santé
urn:ans:ci-sis:img-da:2022|Demande d'actes d'imagerie
urn:asip:ci-sis:pavc:2016|Compte-rendu de consultation d'évaluation pluri-professionnelle post AVC
urn:asip:ci-sis:ppp:2023|Plan personnalisé de prévention
urn:asip:ci-sis:pps-cancer:2017|Programme Personnalisé de Soins - Cancer
urn:asip:ci-sis:pps-paerpa:2017|Plan Personnalisé de Santé - PAERPA
urn:asip:ci-sis:ppv:2009|Fiche patient à risque en cardiologie - Porteur d'une prothèse valvulaire
urn:asip:ci-sis:psc:2009|Fiche patient à risque en cardiologie - Porteur d'un stimulateur cardiaque
urn:asip:ci-sis:sdm-mr:2017|Set de Données Minimum - Maladies Rares
urn:asip:ci-sis:sunv:2013|Fiche de sortie d'unité neuro-vasculaire
urn:asip:ci-sis:tap:2009|Fiche patient à risque en cardiologie - Traitement antiagrégant plaquettaire, stent
urn:asip:ci-sis:tlm-da:2020|Demande d'acte de télémédecine
urn:asip:ci-sis:vac:2019|Historique des vaccinations
urn:asip:ci-sis:vac-note:2021|Note de vaccination
urn:asip:ci-sis:vsm:2012|Synthèse médicale
urn:asipSante:modelesHorsProfils:2011|Document non référencé IHE ou CI-SIS
urn:asip:ci-sis:obp-sap:2023|Synthèse antepartum
urn:asip:ci-sis:obp-snm:2023|Synthèse Salle de Naissance Mère
urn:asip:ci-sis:obp-sne:2023|Synthèse Salle de Naissance Enfant
urn:asip:ci-sis:obp-scm:2023|Synthèse Suites de Couches Mère
urn:asip:ci-sis:obp-sem:2023|Synthèse Enfant en Maternité
urn:ans:ci-sis:feuille-de-style:2023|Feuille de style
urn:asip:ci-sis:ft-su:2024|Fiche de transfert vers le service des urgences
urn:asip:ci-sis:fr-su:2024|Fiche de retour du service des urgences
urn:ans:ci-sis:trod:2024|Test rapide d'orientation diagnostique
urn:ihe:iti:dsg:detached:2014|Signature détachée
urn:ihe:iti:dsg:enveloping:2014|Document signé avec une signature enveloppante
urn:ihe:iti:xds-sd:pdf:2008|Document à corps non structuré en Pdf/A-1
urn:ihe:iti:xds-sd:text:2008|Document à corps non structuré en texte brut
urn:ihe:iti-fr:xds-sd:jpeg:2010|Document à corps non structuré en format jpeg
urn:ihe:iti-fr:xds-sd:rtf:2010|Document à corps non structuré en format rtf
urn:ihe:iti-fr:xds-sd:tiff:2010|Document à corps non structuré en format tiff
urn:ihe:lab:xd-lab:2008|Compte rendu structuré d'examens de biologie médicale
urn:ihe:pharm:dis:2010|Dispensation médicamenteuse
urn:ihe:pcc:ips:2020|Synthèse médicale
urn:ihe:pharm:pre:2010|Prescription de médicaments
urn:ihe:palm:apsr:2016|CR d'anatomie et de cytologie pathologiques
urn:ihe:eyecare:geneyeevalcn:2014|CR de consultation en ophtalmologie
urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013|Compte-rendu d'imagerie médicale
1.2.840.10008.5.1.4.1.1.88.59|Document Références d'objets d'un examen d'imagerie selon profil IHE RAD XDS-I
urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1|Digital Signature
""",
    "confidentiality": """
N|Normal
R|Restreint
V|Très restreint
INVISIBLE_PATIENT|Non visible par le patient
INVISIBLE_REPRESENTANTS_LEGAUX|Non visible par les représentants légaux du patient
MASQUE_PS|Masqué aux professionnels de santé
""",
}
