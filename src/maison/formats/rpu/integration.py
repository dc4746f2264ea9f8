"""What integrating a file means, without a database: a passage counts once, whatever the number of times it is sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from maison.formats.rpu.model import Establishment, Passage

if TYPE_CHECKING:
    from maison.formats.rpu.controls import FileVerdict

type Key = tuple[str, str, str, str, str, str]
"""FINESS, ORDRE, ENTREE, NAISSANCE, SEXE, CP (R11)."""


def key_of(establishment: Establishment, passage: Passage) -> Key | None:
    """None without a readable entry: such a passage is never kept."""
    if passage.entered_at is None:
        return None
    raw = passage.raw
    entered = passage.entered_at.isoformat(timespec="minutes")
    return (
        establishment.finess,
        establishment.order,
        entered,
        raw.get("NAISSANCE", ""),
        raw.get("SEXE", ""),
        raw.get("CP", ""),
    )


def integrated(held: Mapping[Key, Passage], verdict: "FileVerdict") -> dict[Key, Passage]:
    """`held` after this file: unchanged when the file is refused, else the accepted passages added, the last one winning.

    A file replaces its own period (the seven days sent again each day): what it no longer holds there goes, except what
    it holds and got rejected, whose former version stays rather than nothing.
    """
    if not verdict.is_integrated:
        return dict(held)
    about = verdict.establishment
    judged = [(key_of(about, one.passage), one) for one in verdict.passages]
    rejected = {key for key, one in judged if one.verdict == "rejected"}
    kept = {key: passage for key, passage in held.items() if key in rejected or not _is_replaced(key, passage, about)}
    kept.update({key: one.passage for key, one in judged if key is not None and one.verdict != "rejected"})
    return kept


def _is_replaced(key: Key, passage: Passage, about: Establishment) -> bool:
    if key[:2] != (about.finess, about.order) or passage.entered_at is None:
        return False
    if about.first_day is None or about.last_day is None:
        return False
    return about.first_day <= passage.entered_at.date() <= about.last_day
