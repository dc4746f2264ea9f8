"""Kinds of places.

Source: Hub Santé nomenclatures (ANS, SAMU-Hub-Modeles), version 26.07.29; one line per code: `code|official label`.
"""

TABLES = {
    "lieu": """
L01.00.00|Domicile
L01.01.00|Maison particulière, pavillon
L01.01.01|A l'intérieur
L01.01.02|A l'extérieur
L01.01.03|Piscine, bassin
L01.01.04|Dépendance
L01.02.00|Lieu d'habitation collectif ou foyer d'hébergement
L01.02.01|A l'intérieur de l'immeuble (sans précision)
L01.02.02|A l'extérieur
L01.02.03|Appartement
L01.02.04|Entrée, couloir, espaces communs (hors escalier)
L01.02.05|Ascenseur
L01.02.06|Cave, sous-sol, garage, parking
L01.02.07|Toiture
L01.02.08|Comble
L01.02.09|Piscine
L01.02.10|Escaliers
L01.02.11|Local technique (chaufferie, gaine d'ascenseur)
L01.02.12|Dépendance
L01.03.00|Habitat spécifique
L01.03.01|Péniche
L01.03.02|Mobil-home
L01.03.03|Habitat précaire
L01.04.00|Autre type de domicile
L02.00.00|Circulation/transport
L02.01.00|Voie publique hors voie rapide
L02.02.00|Voie rapide
L02.02.01|Voie rapide hors autoroute
L02.02.02|Voie d’autoroute
L02.02.03|Aire de repos ou de service
L02.02.04|Hôtel sur autoroute
L02.02.05|Tunnel
L02.03.00|Voie ferrée
L02.03.01|Voie ferrée souterraine ou couverte
L02.03.02|Voie ferrée aérienne
L02.03.03|Tunnel
L02.04.00|Voie fluviale
L02.05.00|A bord d’un moyen de transport
L02.05.01|Véhicule léger, fourgon
L02.05.02|Véhicule routier de marchandises
L02.05.03|Véhicule routier de transport en commun
L02.05.04|Véhicule militaire
L02.05.05|Convoi exceptionnel
L02.05.06|Métro
L02.05.07|Tramway
L02.05.08|Aéronef de marchandises
L02.05.09|Aéronef de voyageurs
L02.05.10|Aeronef militaire
L02.05.11|Bateau de marchandises
L02.05.12|Bateau de voyageurs
L02.05.13|Sous-marin
L02.05.14|Train de voyageurs
L02.05.15|Train de marchandises
L02.05.16|Téléphérique, télésiege
L02.06.00|Aéroport / aérodrome
L02.06.01|Aéroport - zone non accessible au public ou zone coté piste
L02.06.02|Aéroport - zone publique (salle d'enregistrement)
L02.06.03|Aéroport - zone sous contrôle de la Douane
L02.06.04|Piste de décollage
L02.06.05|Voie d'accès aux pistes
L02.06.06|Aérodrome – toutes zones
L02.06.07|CRNA
L02.06.08|PCZAR
L02.07.00|Gare ferroviaire et routière
L02.07.01|Hall de gare
L02.07.02|Quai de gare
L02.08.00|Autre type de lieu lié à la circulation ou au transport
L03.00.00|Local d’activité professionnelle
L03.01.00|Local administratif
L03.02.00|Local agricole
L03.03.00|Local artisanal
L03.04.00|Local industriel
L03.05.00|Autre local d’activité professionnelle
L04.00.00|Lieu accueillant du public
L04.01.00|Espace public non couvert
L04.02.00|Centre commercial / magasin
L04.02.01|Boutique
L04.02.02|Grande surface
L04.02.03|Centre commercial
L04.03.00|Parc de stationnement ouvert au public
L04.03.01|Parking souterrain
L04.03.02|Parking couvert
L04.03.03|Parking aérien
L04.04.00|Lieu de culte
L04.05.00|Cimetière
L04.06.00|Espace évènementiel et/ou culturel
L04.06.01|Cinéma / théâtre / salle de concert
L04.06.02|Musée / monument touristique
L04.06.03|Parc des expositions
L04.06.04|Parc d’attractions / fête foraine
L04.06.05|Zoo
L04.07.00|Établissement de santé
L04.07.01|A l’intérieur
L04.07.02|A l’extérieur
L04.07.03|Lieu privatif de liberté dans l’établissement de santé
L04.08.00|Local de profession de santé
L04.08.01|Cabinet médical ou paramédical
L04.08.02|Pharmacie, laboratoire de biologie médicale (LBM)
L04.09.00|Établissement médico-social
L04.09.01|Établissement d’hébergement de personnes âgées et/ou dépendantes (EHPAD), résidence autonomie
L04.09.02|Etablissement pour personnes handicapées
L04.10.00|Lieu de soins provisoires, tente, PMA
L04.11.00|Enceinte sportive
L04.11.01|Stade
L04.11.02|Piscine, bassin
L04.11.03|Gymnase
L04.11.04|Circuit ou installation pour sport motorisé
L04.12.00|Hébergement touristique
L04.12.01|Hôtel
L04.12.02|Camping et hôtel de plein air
L04.12.03|Résidence / club de vacances
L04.12.04|Refuge de montagne
L04.13.00|Lieu d’enseignement
L04.13.01|Ecole maternelle et élémentaire
L04.13.02|Collège
L04.13.03|Lycée
L04.13.04|Université
L04.14.00|Lieu de restauration / bar
L04.14.01|Etablissement de nuit
L04.14.02|Bar / restaurant
L04.15.00|Crèche, garderie, centres de loisirs pour enfants
L04.16.00|Autre lieu accueillant du public
L05.00.00|Milieu naturel
L05.01.00|Plaine et campagne
L05.01.01|Champ
L05.01.02|Prairie
L05.01.03|Milieu forestier, broussailles
L05.01.04|Haute forêt
L05.02.00|Espace montagneux ou vallonné
L05.02.01|Zone vallonnée
L05.02.02|Moyenne montagne – hors voies de circulation
L05.02.03|Haute montagne
L05.02.04|Domaine skiable
L05.03.00|Milieu aquatique en eau douce
L05.03.01|Cours d’eau : canal, rivière, fleuve
L05.03.02|Plan d’eau : étang, marais, lac
L05.04.00|Milieu maritime
L05.04.01|Littoral, plage, berge
L05.04.02|Zone de baignade
L05.04.03|Port, quai, embarcadère
L05.04.04|Eaux côtières
L05.04.05|Haute mer
L05.04.06|Falaise
L05.05.00|Milieu naturel souterrain
L05.06.00|Milieu naturel sous-marin
L05.07.00|Autre type de milieu naturel
L06.00.00|Zone ou site particulier
L06.01.00|Site industriel
L06.01.01|Site de stockage ou de production pétro-chimique
L06.01.02|Site de stockage ou de production d’explosifs
L06.01.03|Entrepôts de stockage
L06.01.04|Silo
L06.01.05|Site de stockage ou de production agro-alimentaire
L06.01.06|Déchets et traitement de déchets
L06.01.07|Laboratoire P3/P4
L06.01.08|Autre type de site industriel
L06.02.00|Site de production transport d'énergie
L06.03.00|Site nucléaire
L06.03.01|Centrale nucléaire de production d’électricité
L06.03.02|Site de production de radio-éléments
L06.03.03|Site militaire
L06.03.04|Site stockant ou utilisant des sources nucléaires ou radiologiques
L06.03.05|Site stockant des déchets nucléaires
L06.04.00|Établissement pénitentiaire, prison, maison d'arrêt, lieu de rétention
L06.05.00|Chantier
L06.05.01|Chantier de surface
L06.05.02|Chantier souterrain
L06.06.00|Administration publique
L06.06.01|Local de police, gendarmerie, pompiers
L06.06.02|Enceinte militaire
L06.06.03|Justice
L06.06.04|Autre bâtiment officiel d’État
L06.07.00|Zone de rassemblement
L06.07.01|Zone de rassemblement festif
L06.07.02|Autre zone de rassemblement
L07.00.00|Divers
L07.01.00|Autre lieu d'intervention
L07.01.01|Site sensible
L07.02.00|Lieu indéterminé
""",
}
