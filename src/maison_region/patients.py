"""Fictional patients: invented names, ages, addresses in real communes, test INS.

Names are trees, animals and things of the house, so that nobody is taken for a real person. The INS is a test one:
OID 1.2.250.1.213.1.4.10 (INS-NIR-TEST), order number 900 to 999, valid key. It must never enter production (X-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from maison_region.chance import Dice
from maison_region.facilities import fictional_mobile
from maison_region.geography import COMMUNES, Commune, Point

TEST_INS_OID = "1.2.250.1.213.1.4.10"

_WOMEN = (
    "Adèle Aïssatou Alma Anouk Aya Bérénice Brune Camélia Chloé Clémence Constance Dounia Édith Éléonore Élise Emma "
    "Fatou Fleur Flora Gabrielle Garance Hanna Henriette Ida Iris Jade Jeanne Kadiatou Lalie Léa Leïla Lison Louise "
    "Lucienne Madeleine Mai Manon Marceline Maryam Mathilde Nadia Naïma Nina Odette Olympe Paulette Paz Pénélope "
    "Prune Rachel Roseline Sabine Salomé Samia Simone Suzanne Thelma Valentine Victoire Yaël Yvonne Zoé"
)
_MEN = (
    "Abel Achille Adam Ali Amadou Ambroise Antonin Armand Arsène Augustin Basile Boubacar Camille Célian Charlie "
    "Clovis Cyprien Dembo Désiré Edgar Élias Émile Ernest Eugène Félix Fernand Gaston Georges Gustave Hector Hugo "
    "Ibrahim Ismaël Jean Jules Karim Lazare Léon Léopold Liam Lucien Malo Marceau Marcel Martin Mehdi Milo Nathan "
    "Noé Octave Oscar Paul Pierre René Robin Roger Sacha Salvador Tom Toussaint Victor Wassim Yann Youssef Zéphir"
)
_FAMILIES = (
    "Abricot Alouette Ancolie Arrosoir Artichaut Avoine Bambou Bassine Belette Bergamote Berlingot Bleuet Bobine "
    "Boussole-Bleue Brioche Cabane Caillou Calendrier Capeline Carafe Cardamome Cassis Cerisier Chandelle Chardon "
    "Châtaigne Chevreuil Chicorée Ciboulette Citronnelle Clairière Clochette Coccinelle Colombier Coquillage Corbeille "
    "Cordage Coussin Crayon Dentelle Dominos Écharpe Écureuil Édredon Épicéa Épinette Escabeau Estragon Fauteuil "
    "Ficelle Figuier Fougère Framboise Fusain Genette Girouette Grelot Grillon Groseille Hamac Hérisson Hibou "
    "Hirondelle Horloge Jasmin Jonquille Kiwi Lampion Libellule Lierre Loriot Loutre Luciole Mandarine Marmite "
    "Marotte Mésange Mirabelle Mirliton Moulinet Muguet Mûrier Navette Nougat Noisetier Oseille Osier Palombe "
    "Panier Papillon Paravent Passerose Pâquerette Pédalo Pelote Pépin Perdrix Pervenche Pissenlit Plumier Poivrier "
    "Quenouille Radis Rainette Réglisse Ribambelle Rossignol Ruisseau Sablier Saladier Sarment Sauterelle Soupière "
    "Tabouret Tambourin Tartine Tilleul Toupie Tourterelle Tournesol Trèfle Tricot Vannerie Verger Violon Zeste"
)
_WAYS = (
    "rue des Tilleuls|rue du Lavoir|chemin des Vignes|avenue de la Gare|place de la Fontaine|rue des Écoles|"
    "impasse des Cigales|route de la Montagne Noire|allée des Platanes|rue du Vieux Moulin|chemin de la Croix|"
    "boulevard des Arènes|rue du Four|quai du Canal|rue de la Halle|chemin du Pech|rue Basse|faubourg du Pont"
)


@dataclass(frozen=True, slots=True)
class Patient:
    """`ins` is the test matricule: thirteen characters and the two of the key."""

    family_name: str
    given_name: str
    sex: str
    born_on: date
    birth_place: str
    ins: str
    phone: str
    street_number: str
    street: str
    commune: Commune
    home: Point

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def address(self) -> str:
        return f"{self.street_number} {self.street}, {self.commune.postal_code} {self.commune.name}"

    def age_on(self, day: date) -> int:
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))


@cache
def _words(text: str, separator: str = " ") -> list[str]:
    return text.split(separator)


def nir_key(nir: str) -> str:
    """Two digits: 97 minus the remainder of the thirteen digits by 97."""
    return f"{97 - int(nir) % 97:02d}"


def test_ins(sex: str, born_on: date, insee: str, order: int) -> str:
    """A test matricule; `order` from 900 to 999."""
    nir = f"{'1' if sex == 'M' else '2'}{born_on:%y%m}{insee}{order:03d}"
    return nir + nir_key(nir)


test_ins.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever pytest reads in its name


def age_code(born_on: date, day: date) -> str:
    """The hub's age: `P82Y` from two years on, months before (`P7M`), days in the first month (`P12D`)."""
    months = (day.year - born_on.year) * 12 + day.month - born_on.month - (day.day < born_on.day)
    if months >= 24:
        return f"P{months // 12}Y"
    return f"P{months}M" if months else f"P{max((day - born_on).days, 0)}D"


def patient_living_in(generator: Dice, commune: Commune, *, age_years: float, day: date, sex: str = "") -> Patient:
    """Someone of this age, living within two kilometres of the town hall."""
    sex = sex or generator.choice("MF")
    born_on = day - timedelta(days=int(age_years * 365.25) + generator.randrange(1, 340))
    birth_place = generator.choice(list(COMMUNES))
    return Patient(
        family_name=generator.choice(_words(_FAMILIES)),
        given_name=generator.choice(_words(_MEN if sex == "M" else _WOMEN)),
        sex=sex,
        born_on=born_on,
        birth_place=birth_place,
        ins=test_ins(sex, born_on, birth_place, generator.randrange(900, 1000)),
        phone=fictional_mobile(generator.randrange(10_000)),
        street_number=str(generator.randrange(1, 120)),
        street=generator.choice(_words(_WAYS, "|")),
        commune=commune,
        home=Point(
            round(commune.latitude + generator.uniform(-0.012, 0.012), 5),
            round(commune.longitude + generator.uniform(-0.015, 0.015), 5),
        ),
    )
