"""How much two values of a trait may look alike: the levels of each trait, in order, from « missing » to « same ».

A level is a number in a comparison (`Family.SOUND`), a key in a model ("sound"), and a sentence in an explanation. Level 0 is always « missing on
one side »: it weighs nothing. Their order is also an order of strength, but what each weighs is learnt (see `model`).
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a trait is made of; it decides how two values are compared."""

    FAMILY = "family"
    GIVEN = "given"
    DATE = "date"
    SEX = "sex"
    PLACE = "place"
    TEXT = "text"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Level:
    """`sentence` tells a person what was seen. `m` is what is expected among records of one person before any learning.

    `by_value`: both hold one value here, whose rarity counts. `twin` is what is expected of two children of one birth;
    None where they are as one person.
    """

    key: str
    sentence: str
    m: float
    by_value: bool = False
    twin: float | None = None


MISSING = Level("missing", "non renseigné d’un côté", 0.0)

FAMILY = (
    MISSING,
    Level("different", "noms différents", 0.01),
    Level("different_women", "noms différents, entre deux femmes (l’un peut être un nom d’usage)", 0.03),
    Level("part", "une partie de nom composé en commun", 0.02),
    Level("close_usual", "orthographe proche, mais deux noms courants", 0.02),
    Level("sound_usual", "même prononciation, mais deux noms courants", 0.02),
    Level("close", "orthographe proche (faute de frappe probable)", 0.07),
    Level("sound", "même prononciation", 0.04),
    Level("half_swapped", "le nom de l’un est le prénom de l’autre", 0.01, twin=0.001),
    Level("swapped", "nom et prénom sont échangés", 0.02, twin=0.0005),
    Level("exchanged", "le nom de naissance de l’un est le nom utilisé de l’autre", 0.04, by_value=True),
    Level("same", "même nom de naissance", 0.74, by_value=True),
)

GIVEN = (
    MISSING,
    Level("different", "prénoms différents", 0.015, twin=0.90),
    Level("initial", "seule une initiale concorde", 0.01, twin=0.01),
    Level("close_usual", "orthographe proche, mais deux prénoms courants", 0.02, twin=0.05),
    Level("sound_usual", "même prononciation, mais deux prénoms courants", 0.02, twin=0.02),
    Level("close", "orthographe proche (faute de frappe probable)", 0.06, twin=0.004),
    Level("sound", "même prononciation", 0.03, twin=0.004),
    Level("diminutive", "l’un est une forme courante de l’autre", 0.02, twin=0.005),
    Level("listed", "le prénom de l’un est dans la liste des prénoms de l’autre", 0.04, twin=0.01),
    Level("same_first", "même premier prénom, mais les suivants diffèrent", 0.02, by_value=True, twin=0.001),
    Level("same", "même premier prénom", 0.78, by_value=True, twin=0.001),
)

DATE = (
    MISSING,
    Level("different", "dates différentes", 0.01),
    Level("year", "même année, jour et mois inconnus d’un côté", 0.03),
    Level("two_of_three", "deux éléments sur trois concordent (jour, mois, année)", 0.03),
    Level("digit", "un chiffre diffère, ou deux sont inversés", 0.04),
    Level("swapped", "jour et mois inversés", 0.03),
    Level(
        "same_default", "même date, mais c’est une date par défaut (1er janvier ou 31 décembre)", 0.01, by_value=True
    ),
    Level("same", "même date", 0.85, by_value=True),
)

SEX = (
    MISSING,
    Level("different", "sexes différents", 0.01, twin=0.5),
    Level("same", "même sexe", 0.99, twin=0.5),
)

PLACE = (
    MISSING,
    Level("different", "lieux différents", 0.05),
    Level("same_area", "communes différentes du même département", 0.05),
    Level("same", "même lieu", 0.90, by_value=True),
)

TEXT = (
    MISSING,
    Level("different", "valeurs différentes", 0.1),
    Level("word", "un mot en commun", 0.05),
    Level("close", "orthographe proche", 0.2),
    Level("same", "même valeur", 0.65, by_value=True),
)

CODE = (
    MISSING,
    Level("different", "valeurs différentes", 0.1),
    Level("digit", "un caractère diffère, ou deux sont inversés", 0.15),
    Level("same", "même valeur", 0.75, by_value=True),
)

LEVELS: dict[Kind, tuple[Level, ...]] = {
    Kind.FAMILY: FAMILY, Kind.GIVEN: GIVEN, Kind.DATE: DATE, Kind.SEX: SEX, Kind.PLACE: PLACE, Kind.TEXT: TEXT, Kind.CODE: CODE,
}  # fmt: skip


class Family(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    DIFFERENT_WOMEN = 2
    PART = 3
    CLOSE_USUAL = 4
    SOUND_USUAL = 5
    CLOSE = 6
    SOUND = 7
    HALF_SWAPPED = 8
    SWAPPED = 9
    EXCHANGED = 10
    SAME = 11


class Given(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    INITIAL = 2
    CLOSE_USUAL = 3
    SOUND_USUAL = 4
    CLOSE = 5
    SOUND = 6
    DIMINUTIVE = 7
    LISTED = 8
    SAME_FIRST = 9
    SAME = 10


class Date(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    YEAR = 2
    TWO_OF_THREE = 3
    DIGIT = 4
    SWAPPED = 5
    SAME_DEFAULT = 6
    SAME = 7


class Sex(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    SAME = 2


class Place(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    SAME_AREA = 2
    SAME = 3


class Text(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    WORD = 2
    CLOSE = 3
    SAME = 4


class Code(IntEnum):
    MISSING = 0
    DIFFERENT = 1
    DIGIT = 2
    SAME = 3
