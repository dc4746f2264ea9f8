"""How names are brought to one spelling before they are compared.

Case, accents, hyphens, spaces and both apostrophes never make a difference (RNIV, INS-08). Each function takes one
value or many separated by line feeds, and keeps the lines apart: a file of a million people is folded as one text.
"""

import re
import unicodedata

_LETTERS = (
    ("œ", "oe"), ("Œ", "OE"), ("æ", "ae"), ("Æ", "AE"), ("ø", "o"), ("Ø", "O"), ("ł", "l"), ("Ł", "L"), ("đ", "d"), ("Đ", "D"), ("ð", "d"),
    ("ß", "ss"), ("ı", "i"), ("’", " "), ("ʼ", " "),
)  # fmt: skip
_NOT_A_LETTER = re.compile(r"[^A-Z\n]+")
_NOT_A_LETTER_OR_DIGIT = re.compile(r"[^A-Z0-9\n]+")
_BETWEEN_GIVEN_NAMES = re.compile(r"[\s,;-]+")

PARTICLES = frozenset(
    ["D", "DE", "DU", "DES", "LE", "LA", "LES", "L", "EL", "AL", "BEN", "BENT", "VAN", "VON", "DER", "DA", "DOS", "DI"]
)
"""Words of a compound name that say nothing alone: « de » shared by two names is no likeness."""

NO_NAME = frozenset(
    (
        "INCONNU", "INCONNUE", "ANONYME", "NEANT", "NC", "NR", "NOM", "PRENOM", "SANSNOM", "SANSPRENOM", "NONRENSEIGNE", "NONCONNU",
        "NONCOMMUNIQUE", "PRENOMINCONNU", "NOMINCONNU", "BEBE", "NOUVEAUNE", "NOURRISSON", "FOETUS",
    )
)  # fmt: skip
"""What is typed where no name is known. Compared with anything, it is a missing trait, never a difference."""

NO_GIVEN_NAME = frozenset(
    ("NOUVEAU", "NE", "NEE", "ENFANT", "FILLE", "GARCON", "JUMEAU", "JUMELLE", "RAS", "ND", "TEST")
)
"""The same for a given name only: people are called Garçon or Enfant."""


def is_name(word: str) -> bool:
    """Whether a compact word may be a name: neither empty, nor a row of X or Z, nor a word for nobody."""
    return bool(word.strip("XZ")) and word not in NO_NAME


def is_given_name(word: str) -> bool:
    return word not in NO_GIVEN_NAME and is_name(word)


def folded(text: str, *, digits: bool = False) -> str:
    """Upper-case letters A to Z (and digits, when asked) with single spaces: « d’Hôtes-Ÿ » gives « D HOTES Y »."""
    if not text.isascii():
        for letter, plain in _LETTERS:
            text = text.replace(letter, plain)
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = (_NOT_A_LETTER_OR_DIGIT if digits else _NOT_A_LETTER).sub(" ", text.upper())
    return text.replace(" \n", "\n").replace("\n ", "\n").strip(" ")


def compact(text: str) -> str:
    """Without any space: « DE VILLIERS » and « DEVILLIERS » are one."""
    return text.replace(" ", "")


def parts_of(words: str) -> tuple[str, str]:
    """First and last telling words of a folded compound name; both the whole name when it is simple."""
    if " " not in words:
        return words, words
    telling = [word for word in words.split(" ") if word not in PARTICLES and len(word) > 2]
    if len(telling) < 2:
        whole = compact(words)
        return whole, whole
    return telling[0], telling[-1]


def given_names(text: str) -> tuple[str, ...]:
    """The first four given names, in order; a composed name counts as its parts, so that a hyphen changes nothing."""
    names = [compact(folded(word)) for word in _BETWEEN_GIVEN_NAMES.split(text)]
    return tuple(name for name in names if is_given_name(name))[:4]
