"""Why people call: a few reasons with the official codes of the hub, who they happen to, and what is said about them.

Motives (HubSante.motif) and facts (HubSante.fait) and kinds of place (HubSante.lieu) carry the official labels of
SAMU-Hub-Modeles, read 2026-11-21; hypotheses are CIM-10 categories in our own words; sentences are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

# Kind of place: code, label
PLACES = {
    "maison": ("L01.01.00", "Maison particulière, pavillon"),
    "collectif": ("L01.02.00", "Lieu d'habitation collectif ou foyer d'hébergement"),
    "voie": ("L02.01.00", "Voie publique hors voie rapide"),
    "rapide": ("L02.02.00", "Voie rapide"),
    "travail": ("L03.05.00", "Autre local d’activité professionnelle"),
    "public": ("L04.01.00", "Espace public non couvert"),
    "commerce": ("L04.02.00", "Centre commercial / magasin"),
    "medicosocial": ("L04.09.00", "Établissement médico-social"),
    "sport": ("L04.11.00", "Enceinte sportive"),
    "ecole": ("L04.13.00", "Lieu d’enseignement"),
    "montagne": ("L05.02.00", "Espace montagneux ou vallonné"),
}

MEDICAL = ("C02.05.01", "Médicale")


@dataclass(frozen=True, slots=True)
class Reason:
    """Weights: among cases answered on the telephone, by own means, by an ambulance or rescuers, by a SMUR.

    `services` are those that receive when a SMUR brings the patient, the best one first; others go to the emergency
    department. `ages` are (from, to, weight).
    """

    name: str
    motive: tuple[str, str]
    fact: tuple[str, str]
    weights: tuple[float, float, float, float]
    ages: tuple[tuple[int, int, float], ...]
    places: tuple[str, ...]
    diagnosis: tuple[str, str]
    sentences: tuple[str, ...]
    services: tuple[str, ...] = ("dechocage",)
    sex: str = ""


ADULTS = ((18, 40, 1.0), (40, 65, 1.2), (65, 80, 1.3), (80, 98, 1.4))
OLD = ((55, 70, 0.7), (70, 80, 1.0), (80, 99, 2.0))
ALL = ((0, 5, 0.8), (5, 18, 0.8), (18, 45, 1.2), (45, 75, 1.2), (75, 98, 1.2))
YOUNG = ((15, 30, 1.5), (30, 50, 1.2), (50, 70, 0.6))
CHILDREN = ((0, 2, 1.5), (2, 6, 1.5), (6, 15, 0.8))
MIDDLE = ((35, 55, 0.8), (55, 75, 1.4), (75, 95, 1.0))

REASONS: tuple[Reason, ...] = (
    Reason("arrêt cardiaque", ("M01.01", "Suspicion d’arrêt cardiaque, mort subite"), MEDICAL, (0, 0, 0, 9),
           ((20, 50, 0.4), (50, 75, 1.2), (75, 95, 1.0)), ("maison", "public", "commerce", "sport"),
           ("I46.9", "Arrêt cardiaque"),
           ("Effondrement devant témoin, massage guidé par téléphone.", "Ne répond pas, ne respire pas, un défibrillateur arrive."),
           ("reanimation", "usic", "dechocage")),
    Reason("inconscient", ("M01.02", "Altération de la conscience"), MEDICAL, (0, 0, 3, 9), ADULTS,
           ("maison", "public", "collectif"), ("R40.2", "Coma"),
           ("Ne répond plus depuis une dizaine de minutes, respire.", "Retrouvé au sol, réveil difficile."),
           ("dechocage", "reanimation")),
    Reason("détresse respiratoire", ("M01.03", "Détresse respiratoire"), MEDICAL, (0, 0, 3, 12), OLD,
           ("maison", "medicosocial"), ("J96.0", "Insuffisance respiratoire aiguë"),
           ("Ne finit pas ses phrases, lèvres bleutées.", "Épuisement respiratoire, insuffisance cardiaque connue."),
           ("dechocage", "soins_intensifs", "reanimation")),
    Reason("douleur thoracique", ("M03.06", "Douleur thoracique"), MEDICAL, (3, 3, 7, 19), MIDDLE,
           ("maison", "travail", "commerce", "sport"), ("I21.9", "Suspicion d'infarctus du myocarde"),
           ("Douleur serrant la poitrine depuis une heure, irradiant au bras gauche.",
            "Douleur constrictive au repos, sueurs, tabac.", "Douleur thoracique, antécédent de stent."),
           ("usic", "soins_intensifs")),
    Reason("signes d'AVC", ("M03.08", "Signes d’AVC"), MEDICAL, (0, 0, 6, 6), OLD, ("maison", "medicosocial"),
           ("I64", "Accident vasculaire cérébral"),
           ("Bouche de travers et bras droit faible, vu normal il y a 50 minutes.",
            "Trouble de la parole brutal, déficit du côté gauche."), ("unv", "dechocage")),
    Reason("convulsions", ("M03.07", "Problème neurologique hors AVC, épilepsie"), MEDICAL, (1, 1, 4, 5), ALL,
           ("maison", "ecole", "public"), ("R56.8", "Convulsions"),
           ("Crise de plus de cinq minutes, épilepsie connue.", "Deuxième crise depuis ce matin, somnolent.")),
    Reason("accident de la route", ("M02.08", "Traumatisme grave, plaie délabrante"), ("C01.01.01", "Véhicule léger, fourgon"),
           (0, 0, 2, 9), YOUNG, ("voie", "rapide"), ("T07", "Lésions traumatiques multiples"),
           ("Choc frontal entre deux voitures, conducteur incarcéré.", "Sortie de route, douleur thoracique et du bassin."),
           ("dechocage", "bloc")),
    Reason("deux-roues", ("M02.07", "Traumatisme sérieux, plaie intermédiaire"), ("C01.01.04", "2-roues"), (0, 1, 5, 5),
           YOUNG, ("voie",), ("S82.9", "Fracture de la jambe"),
           ("Motard renversé à un rond-point, jambe déformée.", "Trottinette contre voiture, casque fendu.")),
    Reason("chute", ("M02.07", "Traumatisme sérieux, plaie intermédiaire"), ("C02.11.02", "Chute de faible hauteur"),
           (5, 8, 22, 4), OLD, ("maison", "medicosocial", "maison"), ("S72.0", "Suspicion de fracture du col du fémur"),
           ("Chute de sa hauteur, ne peut pas se relever, jambe raccourcie.",
            "Chute dans l'escalier, sous anticoagulant, plaie du cuir chevelu.", "Tombée dans la nuit, au sol depuis trois heures.")),
    Reason("relevage", ("M06.03", "Personne restant à terre suite à une chute"), ("C02.11.02", "Chute de faible hauteur"),
           (1, 0, 8, 0), OLD, ("maison", "collectif"), ("R29.6", "Chutes à répétition"),
           ("Au sol, pas de douleur, ne peut pas se relever seule.", "Téléassistance : au sol, répond, pas de plainte.")),
    Reason("traumatisme bénin", ("M02.06", "Traumatisme bénin, petite plaie, lésion bénigne"), ("C02.08.02", "Accident domestique"),
           (9, 24, 5, 0), ALL, ("maison", "travail", "sport", "ecole"), ("T14.1", "Plaie"),
           ("Coupure au doigt avec un couteau, saigne peu.", "Cheville gonflée après un faux pas.", "Doigt coincé dans une porte.")),
    Reason("sport", ("M02.07", "Traumatisme sérieux, plaie intermédiaire"), ("C02.09.07", "Autre accident de sport ou de loisirs"),
           (1, 6, 6, 2), YOUNG, ("sport", "montagne"), ("S52.9", "Fracture de l'avant-bras"),
           ("Chute de VTT, poignet déformé.", "Plaquage, douleur cervicale, immobilisé sur place.")),
    Reason("gêne respiratoire", ("M03.12", "Gêne respiratoire"), MEDICAL, (7, 5, 10, 5), ALL, ("maison", "medicosocial"),
           ("J45.9", "Crise d'asthme"),
           ("Asthmatique, sifflements malgré les bouffées.", "Toux et essoufflement depuis deux jours, fièvre.")),
    Reason("malaise", ("M03.10", "Malaise avec perte de connaissance initiale"), MEDICAL, (5, 5, 12, 5), ADULTS,
           ("maison", "commerce", "public"), ("R55", "Syncope"),
           ("Perte de connaissance brève au lever, pâle, pouls lent.", "Malaise au marché, amnésie de la chute.")),
    Reason("malaise simple", ("M03.09", "Malaise sans perte de connaissance initiale"), MEDICAL, (8, 4, 8, 1), ADULTS,
           ("maison", "travail", "commerce"), ("R42", "Étourdissements"),
           ("Vertiges et sueurs, va mieux allongé.", "Se sent partir, tension basse prise par l'infirmière.")),
    Reason("fièvre", ("M03.14", "Fièvre, problème infectieux"), MEDICAL, (18, 8, 5, 1), ALL, ("maison", "medicosocial"),
           ("R50.9", "Fièvre"),
           ("Fièvre à 39,5 depuis hier, boit peu.", "Frissons, confusion nouvelle chez un résident.")),
    Reason("enfant", ("M03.14", "Fièvre, problème infectieux"), MEDICAL, (16, 9, 2, 1), CHILDREN, ("maison",),
           ("J06.9", "Infection des voies respiratoires"),
           ("Nourrisson fébrile, boit moins de la moitié de ses biberons.", "Toux aboyante la nuit, respire vite.")),
    Reason("douleur abdominale", ("M03.20", "Douleur abdominale isolée"), MEDICAL, (12, 12, 8, 1), ALL, ("maison", "travail"),
           ("R10.4", "Douleur abdominale"),
           ("Douleur à droite depuis douze heures, vomit.", "Colique, ne tient pas en place, antécédent de calculs.")),
    Reason("trouble digestif", ("M03.21", "Trouble digestif"), MEDICAL, (14, 3, 2, 0), ALL, ("maison",),
           ("A09", "Gastro-entérite"),
           ("Vomissements et diarrhée depuis hier soir.", "Trois enfants malades à la maison, pas de sang.")),
    Reason("douleur", ("M03.22", "Autre douleur"), MEDICAL, (16, 8, 5, 0), ADULTS, ("maison", "travail"),
           ("M54.5", "Lombalgie"), ("Lombalgie aiguë, ne peut plus bouger.", "Douleur dentaire, pas de dentiste avant lundi.")),
    Reason("céphalée", ("M03.11", "Céphalée, migraines"), MEDICAL, (6, 4, 3, 1), YOUNG, ("maison", "travail"),
           ("R51", "Céphalée"), ("Migraine habituelle mais plus forte.", "Mal de tête brutal en coup de tonnerre."), ("unv", "dechocage")),
    Reason("allergie", ("M03.15", "Problème allergique"), MEDICAL, (5, 3, 2, 3), ALL, ("maison", "sport"),
           ("T78.4", "Allergie"), ("Urticaire après un repas, gonflement des lèvres.", "Piqûre de guêpe, gêne pour avaler.")),
    Reason("grossesse", ("M03.01", "Accouchement imminent ou en cours"), ("C02.05.02", "Obstétrique"), (1, 2, 3, 4),
           ((19, 42, 1.0),), ("maison", "voie"), ("O80.9", "Accouchement"),
           ("Contractions toutes les trois minutes, deuxième enfant.", "Poche des eaux rompue, envie de pousser."),
           ("maternite",), sex="F"),
    Reason("psychiatrie", ("M03.16", "Problème psychiatrique"), ("C02.05.03", "Psychiatrique"), (5, 4, 7, 1), YOUNG,
           ("maison", "public"), ("F32.9", "Épisode dépressif"),
           ("Idées noires, seul, accepte de venir.", "Très agité, famille inquiète, pas d'arme."), ("psychiatrie",)),
    Reason("intoxication", ("M04.01", "Intoxication volontaire et sevrage"), ("C02.13.01", "Médicamenteuse"), (0, 2, 6, 6),
           YOUNG, ("maison",), ("T50.9", "Intoxication médicamenteuse"),
           ("Boîtes vides retrouvées, somnolente, heure de prise inconnue.", "A prévenu une amie après la prise."),
           ("dechocage", "reanimation")),
    Reason("ivresse", ("M04.03", "Ébriété, ivresse"), MEDICAL, (2, 1, 7, 1), YOUNG, ("voie", "public"),
           ("F10.0", "Intoxication alcoolique aiguë"), ("Sur un banc, tient des propos confus.", "Sortie de fête, vomit, ne tient pas debout.")),
    Reason("brûlure", ("M02.05", "Brûlure sans critère de gravité"), ("C02.08.02", "Accident domestique"), (3, 4, 2, 1), ALL,
           ("maison", "travail"), ("T30.0", "Brûlure"), ("Casserole d'eau renversée, cloques sur l'avant-bras.", "Huile de friture, main brûlée.")),
    Reason("hémorragie", ("M03.19", "Hémorragie sévère"), MEDICAL, (0, 0, 3, 5), OLD, ("maison", "medicosocial"),
           ("K92.2", "Hémorragie digestive"), ("Vomit du sang, pâle, pouls rapide.", "Selles noires depuis deux jours, malaise."),
           ("dechocage", "reanimation", "bloc")),
    Reason("perte d'autonomie", ("M05.02", "Altération de l’état général – misère physiologique et incurie"), MEDICAL,
           (6, 2, 6, 0), OLD, ("maison", "medicosocial"), ("R53", "Altération de l'état général"),
           ("Ne mange plus depuis une semaine, vit seule.", "L'aide à domicile ne peut plus la lever.")),
    Reason("conseil", ("M06.02", "Demande de conseil médical, certificats - ordonnance"), ("C11.03.02", "Conseil et orientation"),
           (34, 0, 0, 0), ALL, ("maison",), ("Z71.9", "Conseil médical"),
           ("Demande si son traitement peut être pris avec un autre.", "Cherche une pharmacie et un médecin de garde.",
            "Rupture de traitement, ordonnance à renouveler.")),
)  # fmt: skip

PHONE, OWN_MEANS, TRANSPORT, SMUR = range(4)
