"""How words are compared: without accents, capitals or small words, each word against the nearest one it resembles."""

from __future__ import annotations

from maison.formats.folding import plain

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


def words(query: str) -> list[str]:
    """The words worth comparing; when all of them are small, all of them."""
    found = plain(query[:LONGEST]).split()
    return ([word for word in found if word not in _SMALL] or found)[:MOST_WORDS]
