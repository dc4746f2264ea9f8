"""French words as they are compared: without capitals, accents, ligatures or punctuation."""

from __future__ import annotations

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss"})


def plain(text: str) -> str:
    """« L'Œuvre d'Élodie-Anne » gives « l oeuvre d elodie anne »; both apostrophes, hyphens and dots are one space."""
    lowered = text.lower()
    if not lowered.isascii():
        decomposed = unicodedata.normalize("NFKD", lowered.translate(_LIGATURES))
        lowered = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _APART.sub(" ", lowered).strip()
