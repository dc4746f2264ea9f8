"""Rows found by words: one way to hold every word, and to forgive a misspelt one, for all that keeps its words in a column.

The column holds what `formats.folding.plain` gives, under an index of trigrams.
"""

from __future__ import annotations

from django.db.models import Model, QuerySet

from maison.formats.folding import plain

MOST_WORDS = 8


def words_of(text: str) -> list[str]:
    """The words compared, the first eight."""
    return plain(text).split()[:MOST_WORDS]


def holding[M: Model](rows: QuerySet[M], words: list[str], column: str = "words") -> QuerySet[M]:
    """Rows whose column holds every word; the nearest ones when none does. Without a word, all of them."""
    exact = near = rows
    for word in words:
        exact = exact.filter(**{f"{column}__contains": word})
        near = near.filter(**{f"{column}__trigram_word_similar": word})
    return exact if not words or exact.exists() else near
