"""Nature of the fact (what happened).

Source: Hub Santé nomenclatures (ANS, SAMU-Hub-Modeles), version 26.07.29; one line per code: `code|official label`.
"""

TABLES = {
    "fait": """
C01.00.00|Accident de la circulation
C01.01.00|Accident routier
C01.01.01|Véhicule léger, fourgon
C01.01.02|Camion de marchandises
C01.01.03|Bus car autocar
C01.01.04|2-roues
C01.01.05|Piéton
C01.01.06|Carambolage
C01.02.00|Accident ferroviaire
C01.02.01|Train de voyageurs
C01.02.02|Train de marchandises
C01.03.00|Accident maritime ou fluvial
C01.03.01|Bateau de voyageurs
C01.03.02|Bateau de marchandises
C01.04.00|Accident aérien
C01.04.01|Aéronef de marchandises
C01.04.02|Aéronef de voyageurs
C01.04.03|Aéronef militaire
C01.04.04|Drone
C01.05.00|Autre type d’accident de circulation
C02.00.00|Atteinte aux personnes
C02.01.00|Attentat
C02.02.00|Prise d’otage
C02.03.00|Homicide ou infanticide
C02.03.01|Homicide
C02.03.02|Infanticide
C02.04.00|Enlèvement / séquestration
C02.04.01|Alerte enlèvement
C02.04.02|Enlèvement
C02.04.03|Séquestration
C02.05.00|Pathologie / maladie
C02.05.01|Médicale
C02.05.02|Obstétrique
C02.05.03|Psychiatrique
C02.06.00|Épidémie / TIAC
C02.06.01|Intoxication alimentaire collective (TIAC)
C02.07.00|Personne exposée (à)
C02.07.01|à la chaleur, canicule
C02.07.02|au froid
C02.07.03|aux flammes, à la fumée
C02.07.04|à produits chimiques ou toxiques / Accident technologique / Intervention à caractère NRBC
C02.07.05|Electrisation, foudroiement
C02.08.00|Traumatisme / Accident
C02.08.01|Accident avec machine professionnelle / Accident du travail
C02.08.02|Accident domestique
C02.08.03|Autre accident (hors sport et loisirs)
C02.08.04|Par arme à feu
C02.08.05|Par objet tranchant ou perforant
C02.08.06|Blessures, piqûre, morsure d'animaux
C02.08.07|Pendaison / strangulation accidentelle
C02.08.08|Etouffement / fausse route
C02.09.00|Accident de sport ou de loisirs
C02.09.01|Accident de chasse
C02.09.02|Accident de plongée
C02.09.03|Accident de spéléologie
C02.09.04|Accident en montagne
C02.09.05|Accident de parachutisme ou deltaplane
C02.09.06|Accident de pêche
C02.09.07|Autre accident de sport ou de loisirs
C02.10.00|Noyade
C02.11.00|Chute
C02.11.01|Chute de grande hauteur
C02.11.02|Chute de faible hauteur
C02.12.00|Ensevelissement
C02.13.00|Tentative de suicide avec risque imminent
C02.13.01|Médicamenteuse
C02.13.02|(par) Pendaison/ strangulation volontaire
C02.13.03|(par) Immolation
C02.13.04|(par) Arme à feu
C02.13.05|(par) Phlébotomie ou objet tranchant ou perforant
C02.13.06|(par) Défenestration
C02.13.07|(par) Suicide sur rails
C02.13.08|Autre type de tentative de suicide
C02.14.00|Atteinte sexuelle
C02.14.01|Suspicion de viol
C02.14.02|Agression sexuelle
C02.14.03|Exhibition sexuelle
C02.14.04|Harcèlement sexuel
C02.15.00|Agression ou violence
C02.15.01|Rixe ou bagarre
C02.15.02|Agression ou violence physique
C02.15.03|Agression verbale
C02.15.04|Violences intra familiales
C02.15.05|Voie de fait
C02.15.06|Autre agression ou menace
C02.16.00|Autre atteinte aux personnes
C02.16.01|Jeux dangereux
C02.16.02|Autre type d’atteinte aux personnes
C02.16.03|Altercation – Incivilité
C03.00.00|Atteinte aux biens / animal
C03.01.00|Dégradation volontaire de lieux, biens ou véhicules
C03.01.01|Dégradation de bâtiment ou de local
C03.01.02|Dégradation de véhicule
C03.01.03|Dégradations d’autres biens
C03.01.04|Jets de projectiles – Caillassages
C03.01.05|Profanation de cimetière ou lieu de culte
C03.02.00|Vol
C03.02.01|Vol à l’arraché
C03.02.02|Vol à la portière
C03.02.03|Vol à l’étalage
C03.02.04|Vol à la roulotte
C03.02.05|Vol de véhicule
C03.02.06|Vol de carburant
C03.02.07|Vol de DAB ou dans DAB
C03.02.08|Vol de fret
C03.02.09|Vol de métaux
C03.02.10|Vol par ruse
C03.02.11|Vol d’armes
C03.02.12|Vol à main armée
C03.02.13|Vol avec violences, extorsion, racket
C03.02.14|Car jacking
C03.02.15|Autre type de vol
C03.03.00|Cambriolage
C03.03.01|Home jacking
C03.03.02|Autre type de cambriolage
C03.04.00|Intrusion
C03.04.01|Violation de domicile
C03.04.02|Déclenchement d’alarme intrusion
C03.05.00|Escroquerie – filouterie – grivèlerie
C03.06.00|Autre atteinte aux biens
C03.07.00|Disparition d'animal
C03.08.00|Découverte / divagation d'animal
C03.09.00|Découverte d’animal mort / carcasse d’animal
C03.10.00|Hyménoptères
C03.11.00|Animal en difficulté / blessé
C03.12.00|Animal dangereux ou sauvage
C03.13.00|Epizootie
C03.14.00|Braconnage
C03.15.00|Autre fait d’animal
C04.00.00|Incendie
C04.01.00|Incendie d'un moyen de transport / véhicule
C04.01.01|Véhicule léger, fourgon
C04.01.02|Camion de marchandises
C04.01.03|Bus car autocar
C04.01.04|2-roues
C04.01.05|Train de voyageurs
C04.01.06|Train de marchandises
C04.01.07|Bateau de voyageurs
C04.01.08|Bateau de marchandises
C04.01.09|Aéronef de marchandises
C04.01.10|Aéronef de voyageurs
C04.01.11|Aéronef militaire
C04.02.00|Incendie d'un bâtiment / local
C04.02.01|Bâtiment d’habitation
C04.02.02|Bâtiment de bureaux
C04.02.03|Bâtiment industriel
C04.02.04|Bâtiment de production transport d'énergie
C04.03.00|Incendie en milieu agricole
C04.04.00|Incendie en milieu industriel
C04.05.00|Incendie de forêt / végétation
C04.06.00|Feux de poubelles
C04.07.00|Feux de matériaux à l’air libre
C04.07.01|Feu de produits de classe A
C04.07.02|Feu de produits de classe B
C04.07.03|Feu de produits de classe C
C04.07.04|Feu de produits de classe D
C04.08.00|Autre type d’incendie
C04.09.00|Alarme incendie
C05.00.00|Explosion
C05.00.01|Explosion d'un moyen de transport / véhicule
C05.00.02|Explosion d'un bâtiment / local
C05.00.03|Explosion d’un silo / lieu de stockage
C05.00.04|Explosion d’un(e) substance / engin explosif
C05.00.05|Autre type d’explosion
C06.00.00|Suspicion d'infractions
C06.01.00|Prostitution / Racolage
C06.02.00|Détention d’arme
C06.03.00|Infractions au code de la route
C06.03.01|Stationnement dangereux
C06.03.02|Conduite délictueuse ou dangereuse
C06.03.03|Conduite en état alcoolique
C06.03.04|Stationnement irrégulier sensible
C06.03.05|Délit de fuite
C06.03.06|Conduite à contre-sens
C06.04.00|Infractions à la législation sur le travail
C06.04.01|Infractions à la législation sur les professions réglementées
C06.04.02|Vente à la sauvette
C06.05.00|Trafic de stupéfiants
C06.06.00|Affaire liée a la législation sur les séjours en France
C06.06.01|Remise  - découverte ESI
C06.07.00|Occupation illégale d’un lieu
C06.07.01|Squat
C06.07.02|Lieu de culte clandestin
C06.08.00|Autres Infractions
C06.08.01|Infraction aérienne
C06.08.02|infraction comportement voyageur
C06.08.03|Fausse monnaie
C06.08.04|Orpaillage
C06.08.05|Jeux illégaux
C06.08.06|Non respect décision de justice
C07.00.00|Ordre public
C07.01.00|Alerte à la bombe
C07.02.00|Violence urbaine
C07.03.00|Différends et litiges inter-personnels
C07.03.01|Différend familial
C07.03.02|Non représentation d’enfant
C07.03.03|Différend de voisinage
C07.03.04|Autres différends
C07.03.05|Litiges
C07.04.00|Rassemblement
C07.04.01|Grève
C07.04.02|Manifestation
C07.04.03|Free party / rave party / teknival
C07.04.04|Autre rassemblement
C07.05.00|Ivresse publique et manifeste
C07.06.00|OVNI- PAN
C07.07.00|Nuisances particulières
C07.07.01|Obstacle
C07.07.02|Nuisance aéronautique
C07.07.03|Tapage
C07.07.04|Ouverture intempestives de bouches incendies
C07.07.05|Perturbateurs - indésirables
C07.08.00|Détournement
C07.08.01|Détournement d’aéronef
C07.08.02|Détournement de navire
C07.08.03|Détournement de véhicule
C07.09.00|Comportement suspect ou dangereux
C07.09.01|Forcené
C07.09.02|Personne dangereuse
C07.09.03|Personne suspecte rôdeur
C07.09.05|Piéton sur autoroute voie rapide
C07.10.00|Véhicule suspect
C07.11.00|Colis, bagages ou enveloppes suspects
C07.12.00|Coups de feu
C07.13.00|Autres troubles à l’ordre public
C07.13.01|Mutinerie / incident en centre de détention
C07.13.02|Rodéo automobile
C07.13.03|Attroupement
C07.13.04|Blocage de site
C07.13.05|Survol illicite
C07.13.06|Incident
C07.13.07|Autre trouble à l’ordre public
C08.00.00|Aléas naturel / environnemental / météorologique
C08.01.00|Inondation
C08.02.00|Avalanche
C08.03.00|Tremblement de terre
C08.04.00|Foudre
C08.05.00|Tempête
C08.06.00|Éboulement / effondrement
C08.07.00|Affaissement de la chaussée
C08.08.00|Pollution
C08.08.01|Pollution terrestre
C08.08.02|Pollution aquatique
C08.09.00|Intempérie importante
C08.10.00|Autre aléas naturel / environnemental / météorologique
C08.10.01|Catastrophe naturelle
C09.00.00|Aléas technologique ou technique
C09.01.00|Électricité
C09.01.01|Court-circuit
C09.01.02|Panne électrique
C09.01.03|Fil électrique tombé
C09.01.04|Rupture / Arrachement de câble (ou support)
C09.02.00|Fuite d’eau
C09.03.00|Fuite de gaz
C09.03.01|Fuite de gaz importante
C09.04.00|Fuite d’autres fluides
C09.04.01|Fuite de fluides liquides
C09.04.02|Fuite de fluides gazeux
C09.05.00|Immeuble en péril
C09.06.00|Panne d’ascenseur
C09.07.00|Chaudière surchauffée
C09.08.00|Autre aléas technologique
C10.00.00|Disparitions et découvertes
C10.01.00|Disparition ou découverte d’individu
C10.01.01|Fuite de malfaiteur / évasion
C10.01.02|Fuite de personnes avec troubles psychiatriques/neurologiques
C10.01.03|Disparition de personne vulnérable
C10.01.04|Absence de réponse aux appels
C10.01.05|Autre disparition inquiétante
C10.01.06|Fugue
C10.01.07|Recherche secours investigation
C10.01.08|Découverte de personne égarée
C10.02.00|Découverte de cadavre
C10.02.01|Mort a priori suspecte
C10.02.02|Mort a priori naturelle
C10.03.00|Disparition ou découverte d’objet
C10.03.01|Disparition d'objet
C10.03.02|Découverte d’objet
C10.04.00|Disparition ou découverte d’engin explosif
C10.04.01|Disparition d’engin explosif
C10.04.02|Découverte d’engin explosif
C10.05.00|Découverte de stupéfiants
C10.06.00|Découverte d’armes
C10.07.00|Découverte de véhicule volé
C10.08.00|Autre découverte
C11.00.00|Autre nature de fait
C11.01.00|Alarme
C11.02.00|Demande de sécurisation
C11.02.01|Protection de Drop Zone
C11.02.02|Visite sensible autorité / convoi escorte
C11.03.00|Demande d’information et d’orientation
C11.03.01|Demande de renseignement
C11.03.02|Conseil et orientation
C11.04.00|Appels malveillants, appels anonymes intempestifs
C11.05.00|Dépannage / panne
C11.05.01|Echouement, naufrage
C11.05.02|Dépannage véhicule
C11.05.03|Porte verrouillée
C11.06.00|Autre nature de fait
""",
}
