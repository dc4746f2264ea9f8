"""How words are compared: without accents, capitals or small words, each word against the nearest one it resembles."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 8
LONGEST = 100

_SMALL = frozenset(
    [
        "a",
        "au",
        "aux",
        "avec",
        "ce",
        "ces",
        "dans",
        "de",
        "des",
        "du",
        "en",
        "et",
        "l",
        "la",
        "le",
        "les",
        "leur",
        "mes",
        "mon",
        "notre",
        "ou",
        "par",
        "pour",
        "que",
        "qui",
        "s",
        "sa",
        "se",
        "ses",
        "son",
        "sur",
        "un",
        "une",
        "vos",
        "votre",
        "d",
        "j",
        "je",
        "n",
        "ne",
    ]
)
_APART = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """« Référentiels & authentification » → « referentiels authentification »; œ and æ become two letters."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _APART.sub(" ", letters).strip()


def words(query: str) -> list[str]:
    """The words worth comparing; when all of them are small, all of them."""
    found = plain(query[:LONGEST]).split()
    return ([word for word in found if word not in _SMALL] or found)[:MOST_WORDS]
